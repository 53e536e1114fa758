import { describe, expect, test } from "vitest";
import {
  Engine,
  METRIC_NAMES,
  NO_FILTER,
  TOTAL_METRIC,
  type Arrivals,
  type ConversationEvent,
  type History,
  type MetricName,
  type Query,
} from "../src/index.ts";

const ACCOUNT = "a";
const DAY_MS = 86_400_000;
const NOW_MS = 1_763_801_515_118;
const DAY: Query = { window: { startMs: NOW_MS - DAY_MS, endMs: NOW_MS }, filter: NO_FILTER, grouping: [], metrics: METRIC_NAMES };

const ASSIGNED = { type: "AGENT_ASSIGNED", agentId: "1", groupId: null, userType: "HUMAN", skillId: null, takeover: false } as const;

describe("an engine", () => {
  const KNOWN = [
    event("1", NOW_MS - 100, { ...ASSIGNED, skillId: "1" }),
    event("2", NOW_MS - 50, { type: "CONVERSATION_CLOSED", closedBy: "AGENT" }),
  ] as const;
  const OTHERS: readonly (readonly [string, ConversationEvent, ConversationEvent])[] = [
    ["another agent", event("1", NOW_MS - 100, { ...ASSIGNED, skillId: "1", agentId: "2" }), KNOWN[1]],
    ["another skill", event("1", NOW_MS - 100, { ...ASSIGNED, skillId: "2" }), KNOWN[1]],
    ["another group", event("1", NOW_MS - 100, { ...ASSIGNED, skillId: "1", groupId: "1" }), KNOWN[1]],
    ["another start reason", event("1", NOW_MS - 100, { ...ASSIGNED, skillId: "1", takeover: true }), KNOWN[1]],
    ["another end", KNOWN[0], event("2", NOW_MS - 49, { type: "CONVERSATION_CLOSED", closedBy: "AGENT" })],
    ["another outcome", KNOWN[0], event("2", NOW_MS - 50, { type: "CONVERSATION_CLOSED", closedBy: "CONSUMER" })],
  ];
  // With it the segment is another one, so the one without it is taken back.
  const LATE = event("3", NOW_MS - 75, { type: "MESSAGE_SENT", sentBy: "AGENT", agentId: "1" });

  test("takes back a segment that it holds", () => {
    const engine = loaded(KNOWN);
    apply(engine, arrivals([LATE]), [{ key: 1, accountId: ACCOUNT, events: [...KNOWN, LATE] }]);
    expect(read(engine, "agentSegmentsWithNonResponsiveConsumers")).toBe(1);
    expect(read(engine, TOTAL_METRIC)).toBe(1);
  });

  for (const [what, ...events] of OTHERS) {
    test(`refuses to take back a segment that it never was given, be it but of ${what}`, () => {
      const arrived = { ...LATE, agentId: what === "another agent" ? "2" : "1" } as ConversationEvent;
      const history = { key: 1, accountId: ACCOUNT, events: [...events, arrived] };
      expect(() => apply(loaded(KNOWN), arrivals([arrived]), [history])).toThrow(/conversation 1 is taken back, but was never added/);
    });
  }

  test("refuses to fold a conversation on without its history", () => {
    const late = [event("1", 5, { type: "CONVERSATION_CLOSED", closedBy: "AGENT" })];
    const engine = new Engine();
    expect(keysToRefold(engine, arrivals(late))).toEqual([1]);
    expect(() => apply(engine, arrivals(late), [])).toThrow("conversation 1 is folded on without its history");

    const seen = event("2", NOW_MS - 50, { type: "CONVERSATION_STARTED", source: null, skillId: null });
    const ahead = new Engine();
    apply(ahead, arrivals([seen], [1]), []);
    expect(keysToRefold(ahead, arrivals(late))).toEqual([1]);
    expect(() => apply(ahead, arrivals(late), [])).toThrow("conversation 1 is folded on without its history");
  });

  test("has no reader for a metric that was not asked for", () => {
    const answer = new Engine().ask(ACCOUNT, { ...DAY, metrics: ["interactiveAgentSegments"] });
    expect(answer.reader("interactiveAgentSegments")(0)).toBe(0);
    expect(() => answer.reader("avgAgentSegmentDuration")).toThrow("avgAgentSegmentDuration was not among the metrics asked for");
  });

  test("of an account without events has one empty cell as its total, and no parts", () => {
    const engine = new Engine();
    expect(engine.ask(ACCOUNT, DAY).cellCount).toBe(1);
    for (const grouping of [["agent"], ["skill"], ["interval"], ["skill", "agent", "interval"]] as const) {
      const { cellCount, intervals, skills, agents } = engine.ask(ACCOUNT, { ...DAY, grouping, intervalMs: 300_000 });
      expect(cellCount).toBe(0);
      const columns = { interval: intervals, skill: skills, agent: agents };
      for (const dimension of grouping) expect(columns[dimension]).toMatchObject({ indexes: new Uint32Array(0) });
    }
  });

  test("refuses intervals that do not part the window", () => {
    const window = { startMs: 0, endMs: 600_000 };
    for (const intervalMs of [420_000, 0, Number.NaN, undefined]) {
      const query: Query = { ...DAY, window, grouping: ["interval"], ...(intervalMs !== undefined && { intervalMs }) };
      expect(() => new Engine().ask(ACCOUNT, query)).toThrow(RangeError);
    }
  });

  test("takes corrections of segments so long that their sums are rounded", () => {
    const engine = new Engine();
    const histories = Array.from({ length: 7000 }, (_, i): History => {
      const key = i + 1;
      const closed = event(`c${key}`, NOW_MS - DAY_MS + 3 * i + 1, { type: "CONVERSATION_CLOSED", closedBy: "AGENT" });
      return { key, accountId: ACCOUNT, events: [event(`a${key}`, i, ASSIGNED), closed] };
    });
    engine.load(histories);
    for (let i = 0; i < histories.length; i += 97) {
      const { key, events } = histories[i]!;
      const late = event(`m${key}`, NOW_MS - DAY_MS - 5, { type: "MESSAGE_SENT", sentBy: "AGENT", agentId: "1" });
      apply(engine, arrivals([late], [], key), [{ key, accountId: ACCOUNT, events: [...events, late] }]);
    }
    const total = read(engine, TOTAL_METRIC);
    expect(total).toBe(7000);
    expect(read(engine, "agentSegmentsWithNonResponsiveConsumers")).toBe(Math.ceil(7000 / 97));
  });
});

function apply(engine: Engine, arrived: Arrivals, histories: readonly History[]): void {
  for (const step of engine.plan(arrived)) engine.fold(step, histories);
  engine.show();
}

function keysToRefold(engine: Engine, arrived: Arrivals): number[] {
  return engine.plan(arrived).flatMap((step) => step.keysToRefold);
}

type Said = ConversationEvent extends infer Event
  ? Event extends ConversationEvent
    ? Omit<Event, "eventId" | "conversationId" | "at" | "sequence">
    : never
  : never;

function event(eventId: string, at: number, said: Said): ConversationEvent {
  return { eventId, conversationId: "c", at, sequence: 0, ...said };
}

function arrivals(events: readonly ConversationEvent[], newKeys: readonly number[] = [], key = 1): Arrivals {
  return { accountId: ACCOUNT, events, conversationKeys: events.map(() => key), newConversationKeys: new Set(newKeys) };
}

function read(engine: Engine, metric: MetricName): number | null {
  return engine.ask(ACCOUNT, DAY).reader(metric)(0);
}

function loaded(events: readonly ConversationEvent[]): Engine {
  const engine = new Engine();
  engine.load([{ key: 1, accountId: ACCOUNT, events }]);
  return engine;
}
