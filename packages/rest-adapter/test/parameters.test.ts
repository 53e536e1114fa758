import { METRIC_NAMES, MINUTE_MS, NO_FILTER, TOTAL_METRIC, type Filter, type Limits } from "@segmeter/engine";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseParameters, type ParsedParameters, type Question, type RawParameters } from "../src/index.ts";

const NOW_MS = 1_763_801_515_118;
const KEPT_SINCE_MS = NOW_MS - 72 * 60 * MINUTE_MS;
const LIMITS: Limits = { nowMs: NOW_MS, keptSinceMs: KEPT_SINCE_MS };

const HOUR: Question = {
  window: { startMs: NOW_MS - 60 * MINUTE_MS, endMs: NOW_MS },
  filter: NO_FILTER,
  perSkill: null,
  intervalMs: null,
  metrics: METRIC_NAMES,
};

/** Ids that a list may hold, however odd. */
const ODD_IDS = ["1", "01", "a b", " ", "Zoë ✓", "💬", "__proto__", "constructor", "-1", "a+b", "x".repeat(128), "alles"];

/** Window of version 2, in ms from now. */
const v2 = (from: number, to: number): string => `v=2&fromMillis=${NOW_MS + from}&toMillis=${NOW_MS + to}`;
const LAST_HOUR = v2(-60 * MINUTE_MS, 0);

describe("a question in version 1", () => {
  const FACTS: readonly (readonly [string, string, Partial<Question>])[] = [
    ["is about the minutes before now", "v=1&timeframe=60", {}],
    ["may be about one minute", "v=1&timeframe=1", { window: { startMs: NOW_MS - MINUTE_MS, endMs: NOW_MS } }],
    ["may be about a day", "v=1&timeframe=1440", { window: { startMs: NOW_MS - 1440 * MINUTE_MS, endMs: NOW_MS } }],
    ["ignores the other version's window", `v=1&timeframe=60&fromMillis=x&toMillis=`, {}],
    ["ignores unknown parameters, also twice or empty", "v=1&timeframe=60&x=1&x=2&__proto__=1&constructor=&V=9", {}],
    ["narrows to agents", "v=1&timeframe=60&agentIds=12,13", { filter: filter({ agentIds: ["12", "13"] }) }],
    ["narrows to groups", "v=1&timeframe=60&groupIds=7", { filter: filter({ groupIds: ["7"] }) }],
    ["narrows to sources, in any case", "v=1&timeframe=60&source=web,Écran", { filter: filter({ sources: ["WEB", "ÉCRAN"] }) }],
    ["narrows to humans, in any case", "v=1&timeframe=60&userType=Human", { filter: filter({ userType: "HUMAN" }) }],
    ["narrows to bots", "v=1&timeframe=60&userType=bot", { filter: filter({ userType: "BOT" }) }],
    ["takes `all`, in any case, as no narrowing", "v=1&timeframe=60&agentIds=all&groupIds=ALL&source=All&userType=aLL&metrics=aLl", {}],
    ["without `skillIds` asks for no skills", "v=1&timeframe=60", { perSkill: null }],
    ["with `all` skills asks for every one", "v=1&timeframe=60&skillIds=ALL", { perSkill: { skillIds: null } }],
    ["with some skills asks for these, and narrows nothing else", "v=1&timeframe=60&skillIds=1,2", { perSkill: { skillIds: ["1", "2"] } }],
    [
      "takes ids as they are",
      `v=1&timeframe=60&agentIds=${ODD_IDS.map(encodeURIComponent).join(",")}`,
      { filter: filter({ agentIds: ODD_IDS }) },
    ],
    ["may be cut into intervals that divide it", "v=1&timeframe=60&interval=5", { intervalMs: 5 * MINUTE_MS }],
    ["may be one interval", "v=1&timeframe=60&interval=60", { intervalMs: 60 * MINUTE_MS }],
    ["takes numbers with leading zeros", "v=1&timeframe=060&interval=005", { intervalMs: 5 * MINUTE_MS }],
    ["always has the total", "v=1&timeframe=60&metrics=interactiveAgentSegments", { metrics: [TOTAL_METRIC, "interactiveAgentSegments"] }],
    [
      "has its metrics in the table's order, each once",
      "v=1&timeframe=60&metrics=avgTimeToResponseFromAgentAssignment,avgAgentSegmentDuration,totalAgentConversationSegments,avgAgentSegmentDuration",
      { metrics: [TOTAL_METRIC, "avgAgentSegmentDuration", "avgTimeToResponseFromAgentAssignment"] },
    ],
  ];

  for (const [fact, query, question] of FACTS)
    test(fact, () => expect(ask(query)).toEqual({ ok: true, question: { ...HOUR, ...question } }));
});

describe("a question in version 2", () => {
  const FACTS: readonly (readonly [string, string, Partial<Question>])[] = [
    ["is about its window", LAST_HOUR, {}],
    ["ignores the other version's window", `${LAST_HOUR}&timeframe=x&timeframe=`, {}],
    ["may be cut into intervals that divide its window", `${LAST_HOUR}&interval=12`, { intervalMs: 12 * MINUTE_MS }],
    ["may end 60 s after now", v2(-60 * MINUTE_MS + 60_000, 60_000), { window: minutesFrom(-59 * MINUTE_MS, 60) }],
    [
      "may begin where what is kept begins",
      v2(KEPT_SINCE_MS - NOW_MS, KEPT_SINCE_MS - NOW_MS + MINUTE_MS),
      { window: minutesFrom(KEPT_SINCE_MS - NOW_MS, 1) },
    ],
    ["may be a day long", v2(-1440 * MINUTE_MS, 0), { window: minutesFrom(-1440 * MINUTE_MS, 1440) }],
  ];

  for (const [fact, query, question] of FACTS)
    test(fact, () => expect(ask(query)).toEqual({ ok: true, question: { ...HOUR, ...question } }));

  test("may begin anywhere where everything is kept", () => {
    expect(parseParameters({ v: 2, fromMillis: 0, toMillis: 60_000 }, { nowMs: NOW_MS, keptSinceMs: -Infinity })).toMatchObject({
      ok: true,
    });
  });
});

describe("wrong parameters are named, each once and all of them", () => {
  const CASES: readonly (readonly [query: string, ...names: string[]])[] = [
    // The version, and the window that goes with it.
    ["", "v", "timeframe"],
    ["v=1", "timeframe"],
    ["timeframe=60", "v"],
    ["timeframe=0", "v", "timeframe"],
    ["v=3&timeframe=60", "v"],
    ["v=3", "v"],
    ["v=3&timeframe=0&fromMillis=x", "v"],
    ["v=&timeframe=60", "v"],
    ["v=1.0&timeframe=60", "v"],
    ["v=01&timeframe=60", "v"],
    ["v=1&v=1&timeframe=60", "v"],
    ["v=2", "fromMillis", "toMillis"],
    ["v=2&timeframe=60", "fromMillis", "toMillis"],
    [`v=2&fromMillis=${NOW_MS - MINUTE_MS}`, "toMillis"],
    [`v=2&toMillis=${NOW_MS}`, "fromMillis"],
    // The length of the window.
    ...["0", "1441", "60.5", "-60", "+60", "abc", "1e2", "0x3c", "", " 60", "60 ", "١", "99999999999999999"].map(
      (minutes): [string, string] => [`v=1&timeframe=${encodeURIComponent(minutes)}`, "timeframe"],
    ),
    ["v=1&timeframe=60&timeframe=60", "timeframe"],
    [v2(-MINUTE_MS, -MINUTE_MS), "toMillis"],
    [v2(-MINUTE_MS, -2 * MINUTE_MS), "toMillis"],
    [v2(-90_001, 0), "toMillis"],
    [v2(-1441 * MINUTE_MS, 0), "toMillis"],
    [v2(-60 * MINUTE_MS + 60_001, 60_001), "toMillis"],
    [v2(60 * MINUTE_MS, 120 * MINUTE_MS), "toMillis"],
    [v2(KEPT_SINCE_MS - NOW_MS - 1, KEPT_SINCE_MS - NOW_MS - 1 + MINUTE_MS), "fromMillis"],
    ["v=2&fromMillis=0&toMillis=3600000", "fromMillis"],
    [`v=2&fromMillis=0&toMillis=${NOW_MS + 60_001}`, "fromMillis", "toMillis"],
    ["v=2&fromMillis=now&toMillis=then", "fromMillis", "toMillis"],
    [`v=2&fromMillis=-1&toMillis=${NOW_MS}`, "fromMillis"],
    [`v=2&fromMillis=${NOW_MS}.5&toMillis=${NOW_MS}`, "fromMillis"],
    [`v=2&fromMillis=&toMillis=`, "fromMillis", "toMillis"],
    [`${LAST_HOUR}&fromMillis=1&toMillis=2`, "fromMillis", "toMillis"],
    // Intervals.
    ...["0", "4", "31", "61", "-5", "5.5", "five", "", "1e1"].map((minutes): [string, string] => [
      `v=1&timeframe=60&interval=${minutes}`,
      "interval",
    ]),
    ["v=1&timeframe=60&interval=5&interval=5", "interval"],
    ["v=1&timeframe=3&interval=3", "interval"],
    [`${LAST_HOUR}&interval=31`, "interval"],
    ["v=1&timeframe=0&interval=31", "timeframe"],
    ["v=1&timeframe=0&interval=4", "timeframe", "interval"],
    ["v=2&interval=4", "fromMillis", "toMillis", "interval"],
    // Lists.
    ...["agentIds", "skillIds", "groupIds", "source", "metrics"].flatMap((name) =>
      ["", ",", "1,,2", ",1", "1,", "all,1", "1,ALL", "%00", "x%0A", "x".repeat(129)].map((list): [string, string] => [
        `v=1&timeframe=60&${name}=${list}`,
        name,
      ]),
    ),
    ["v=1&timeframe=60&agentIds=1&agentIds=2", "agentIds"],
    ["v=1&timeframe=60&metrics=avgNothing", "metrics"],
    ["v=1&timeframe=60&metrics=TOTALAGENTCONVERSATIONSEGMENTS", "metrics"],
    ["v=1&timeframe=60&metrics=toString,__proto__", "metrics"],
    ["v=1&timeframe=60&userType=agent", "userType"],
    ["v=1&timeframe=60&userType=", "userType"],
    ["v=1&timeframe=60&userType=human,bot", "userType"],
    ["v=1&timeframe=60&userType=human&userType=bot", "userType"],
    // Many at once.
    ["v=1&timeframe=2000&interval=3&userType=x&metrics=y", "timeframe", "userType", "interval", "metrics"],
    [
      "v=9&agentIds=&skillIds=,&groupIds=all,1&userType=x&source=a,,b&interval=1&metrics=y",
      "v",
      "agentIds",
      "skillIds",
      "groupIds",
      "userType",
      "source",
      "interval",
      "metrics",
    ],
  ];

  for (const [query, ...names] of CASES) {
    test(`${shown(query)} → ${names.join(", ")}`, () => expect(namesIn(ask(query))).toEqual(names));
  }

  test("a cause says what was expected and what came", () => {
    const CAUSES: readonly (readonly [string, string])[] = [
      ["v=1&timeframe=60&interval=31", "interval: must divide timeframe (60), got 31"],
      [`${LAST_HOUR}&interval=31`, "interval: must divide the window (60), got 31"],
      ["v=1&timeframe=60&interval=4", "interval: expected whole minutes, at least 5, got 4"],
      ["v=1&timeframe=1441", "timeframe: expected whole minutes, 1 to 1440, got 1441"],
      ["v=1", "timeframe: required, got nothing"],
      ["v=1&timeframe=", "timeframe: expected a value, got none"],
      ["v=1&timeframe=1&timeframe=1", "timeframe: expected once, got it twice or as a list"],
      ["v=1&timeframe=60&userType=x", 'userType: expected one of human, bot, all, got "x"'],
      ["v=1&timeframe=60&agentIds=1,,2", 'agentIds: expected no empty entry, got "1,,2"'],
      ["v=1&timeframe=60&agentIds=1,all", 'agentIds: expected an id, got "all", which stands for all of them'],
      [
        v2(-MINUTE_MS, 60_001 - 1000),
        "toMillis: expected a window of whole minutes, 1 to 1440, got 119001 ms (1763801455118 to 1763801574119)",
      ],
      [v2(1, 60_001), `toMillis: expected at most 60 s after the server's clock (${NOW_MS}), got ${NOW_MS + 60_001}`],
      ["v=2&fromMillis=0&toMillis=60000", `fromMillis: expected a window within what is kept (since ${KEPT_SINCE_MS}), got one from 0`],
    ];
    for (const [query, cause] of CAUSES) expect(ask(query)).toEqual({ ok: false, causes: [cause] });
  });
});

test("whatever parameters are, they are a question or causes that each name one of them", () => {
  const NAMES = [
    "v",
    "timeframe",
    "fromMillis",
    "toMillis",
    "agentIds",
    "skillIds",
    "groupIds",
    "userType",
    "source",
    "interval",
    "metrics",
  ];
  const likely = fc.constantFrom<unknown>(
    "1",
    "2",
    1,
    2,
    60,
    "60",
    5,
    NOW_MS,
    NOW_MS - 60 * MINUTE_MS,
    "all",
    "1,2",
    "human",
    TOTAL_METRIC,
    null,
    "",
  );
  const values = fc.oneof({ weight: 3, arbitrary: likely }, fc.anything(), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(
      fc.dictionary(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...NAMES) }, fc.string()), values, { maxKeys: 11 }),
      (raw) => {
        const parsed = read(raw);
        if (parsed.ok) {
          const { window, intervalMs } = parsed.question;
          const lengthMs = window.endMs - window.startMs;
          expect([lengthMs % (intervalMs ?? MINUTE_MS), lengthMs > 0, lengthMs <= 1440 * MINUTE_MS]).toEqual([0, true, true]);
          return;
        }
        const names = namesIn(parsed);
        expect(names.length).toBeGreaterThan(0);
        expect(new Set(names).size).toBe(names.length);
        expect(names.filter((name) => !NAMES.includes(name))).toEqual([]);
      },
    ),
    { numRuns: 2000 },
  );
});

describe("values of a JSON body", () => {
  const HOURLY = { v: 1, timeframe: 60 };

  test("may be numbers, and null is the same as absent", () => {
    const nulls = { agentIds: null, skillIds: null, groupIds: null, userType: null, source: null, interval: null, metrics: null };
    expect(read({ ...HOURLY, ...nulls, fromMillis: null })).toEqual({ ok: true, question: HOUR });
    expect(read({ v: 2, fromMillis: NOW_MS - 60 * MINUTE_MS, toMillis: NOW_MS, interval: 5, agentIds: 12, skillIds: 0 })).toEqual({
      ok: true,
      question: { ...HOUR, intervalMs: 5 * MINUTE_MS, filter: filter({ agentIds: ["12"] }), perSkill: { skillIds: ["0"] } },
    });
    expect(namesIn(read({ v: null, timeframe: null }))).toEqual(["v", "timeframe"]);
  });

  test("are judged as their text is", () => {
    for (const timeframe of [60.5, -60, 0, 1441, 1e21, Number.NaN]) expect(namesIn(read({ v: 1, timeframe }))).toEqual(["timeframe"]);
  });

  test("may be nothing else", () => {
    for (const value of [true, false, [], ["1"], [60], {}, { length: 1 }]) {
      expect(namesIn(read({ ...HOURLY, agentIds: value, metrics: value }))).toEqual(["agentIds", "metrics"]);
      expect(namesIn(read({ v: value, timeframe: value }))).toEqual(["v"]);
    }
  });

  test("count only as the body's own", () => {
    expect(namesIn(read(Object.create(HOURLY) as RawParameters))).toEqual(["v", "timeframe"]);
    expect(read(JSON.parse(`{"__proto__":{"interval":7},"v":"1","timeframe":"60"}`) as RawParameters)).toEqual({
      ok: true,
      question: HOUR,
    });
  });
});

function filter(kept: Partial<Filter>): Filter {
  return { ...NO_FILTER, ...kept };
}

function minutesFrom(fromNowMs: number, minutes: number): Question["window"] {
  return { startMs: NOW_MS + fromNowMs, endMs: NOW_MS + fromNowMs + minutes * MINUTE_MS };
}

/** Parameters as a query string's reader gives them: a list where one comes twice. */
function ask(query: string): ParsedParameters {
  const raw = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URLSearchParams(query)) {
    const before = raw[name];
    raw[name] = before === undefined ? value : [before, value].flat();
  }
  return read(raw);
}

function read(raw: RawParameters): ParsedParameters {
  return parseParameters(raw, LIMITS);
}

function namesIn(parsed: ParsedParameters): string[] {
  return parsed.ok ? [] : parsed.causes.map((cause) => cause.slice(0, cause.indexOf(":")));
}

function shown(query: string): string {
  return query === "" ? "nothing" : query.replaceAll(/x{20,}/g, "x…x");
}
