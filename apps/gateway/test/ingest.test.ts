import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem } from "./problem.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const NDJSON = "application/x-ndjson";
const NOW_MS = Date.UTC(2026, 10, 22, 8, 51, 55);
const MIB = 1024 * 1024;

let gateway: TestGateway;
let accountCount = 0;
beforeAll(async () => (gateway = await startTestGateway({ now: () => NOW_MS })));
afterAll(() => gateway.close());

describe("events are taken", () => {
  const [A, B, C] = [event("a"), event("b"), event("c")].map((one) => JSON.stringify(one)) as [string, string, string];
  const BODIES: readonly (readonly [fact: string, body: string | Uint8Array, type: string, accepted: number])[] = [
    ["as a JSON array", `[${A},${B}]`, "application/json", 2],
    ["as a JSON array with a charset", `[${A}]`, "application/json; charset=utf-8", 1],
    ["as a JSON array over many lines", `[\r\n${A},\n\n${B}\n]\n`, "application/json", 2],
    ["as an empty array", "[]", "application/json", 0],
    ["as lines", `${A}\n${B}\n`, NDJSON, 2],
    ["as lines of any spelling of the type", `${A}\n${B}\n`, "Application/X-NDJSON; Charset=UTF-8", 2],
    ["without a newline at the end", `${A}\n${B}`, NDJSON, 2],
    ["with blank lines", `\n\n${A}\n \t \n${B}\n\n`, NDJSON, 2],
    ["with CRLF", `${A}\r\n\r\n${B}\r\n${C}`, NDJSON, 3],
    ["with separators that only Unicode knows inside", `{"x":"\u2028\u2029\u0085",${A.slice(1)}\n${B}`, NDJSON, 2],
    ["as no lines", "", NDJSON, 0],
    ["after a byte order mark, as lines", `\uFEFF${A}\n${B}`, NDJSON, 2],
    ["after a byte order mark, as an array", `\uFEFF[${A}]`, "application/json", 1],
  ];

  for (const [fact, body, type, accepted] of BODIES) {
    test(fact, async () => {
      const account = anAccount();
      expect(await send(account, body, type)).toEqual([200, { accepted, duplicates: 0, rejected: [] }]);
      expect(await send(account, body, type)).toEqual([200, { accepted: 0, duplicates: accepted, rejected: [] }]);
    });
  }

  test("once: again, in the same request or a later one, they are duplicates", async () => {
    const account = anAccount();
    expect(await send(account, [event("a"), event("b"), event("a")])).toEqual([200, { accepted: 2, duplicates: 1, rejected: [] }]);
    expect(await send(account, [event("b"), event("c"), { ...event("a"), agentId: "9" }])).toEqual([
      200,
      { accepted: 1, duplicates: 2, rejected: [] },
    ]);
  });

  test("by the event's id within its conversation and its account", async () => {
    const account = anAccount();
    const same = event("a");
    expect(await send(account, [same, { ...same, conversationId: "other" }])).toEqual([200, { accepted: 2, duplicates: 0, rejected: [] }]);
    expect(await send(anAccount(), [same])).toEqual([200, { accepted: 1, duplicates: 0, rejected: [] }]);
  });

  test("of any age", async () => {
    expect(await send(anAccount(), [{ ...event("a"), at: 0 }])).toEqual([200, { accepted: 1, duplicates: 0, rejected: [] }]);
  });

  test("but for the bad ones, each named by its place, its id and all that is wrong with it", async () => {
    const account = anAccount();
    const bad = [7, null, [], "text", { ...event("x"), at: -1, eventId: 5 }, { ...event("y"), at: NOW_MS + 60_001 }];
    const wanted = [
      { index: 0, eventId: null, message: "expected a JSON object, got 7" },
      { index: 1, eventId: null, message: "expected a JSON object, got null" },
      { index: 2, eventId: null, message: "expected a JSON object, got a list" },
      { index: 3, eventId: null, message: 'expected a JSON object, got "text"' },
      { index: 4, eventId: null, message: "eventId: expected a string, got 5; at: expected a whole number, 0 or more, got -1" },
      { index: 5, eventId: "y", message: `at: expected at most 60 s after the server's clock (${NOW_MS}), got ${NOW_MS + 60_001}` },
    ];
    expect(await send(account, [...bad, event("good")])).toEqual([200, { accepted: 1, duplicates: 0, rejected: wanted }]);
    const lines = `\n${bad.map((one) => JSON.stringify(one)).join("\n\n")}\n${JSON.stringify(event("good"))}`;
    expect(await send(account, lines, NDJSON)).toEqual([200, { accepted: 0, duplicates: 1, rejected: wanted }]);
  });

  test("up to 10,000 a request", async () => {
    const account = anAccount();
    const events = Array.from({ length: 10_001 }, (_, i) => event(String(i)));
    for (const [body, type] of [
      [JSON.stringify(events), "application/json"],
      [toLines(events), NDJSON],
    ] as const) {
      const answer = await gateway.post(pathOf(account), body, type);
      expect([answer.status, answer.body.message]).toEqual([413, "expected at most 10000 events a request, got more; none was taken"]);
      expectProblem(answer);
    }
    expect(await send(account, toLines(events.slice(0, 10_000)), NDJSON)).toEqual([200, { accepted: 10_000, duplicates: 0, rejected: [] }]);
  });

  test("up to 16 MiB a request", async () => {
    const account = anAccount();
    const body = JSON.stringify([event("a")]).padEnd(16 * MIB, " ");
    const refused = await gateway.post(pathOf(account), `${body} `);
    expect(refused.status).toBe(413);
    expectProblem(refused);
    expect(await send(account, body)).toEqual([200, { accepted: 1, duplicates: 0, rejected: [] }]);
  });

  test("once each from posts that overlap, at the same time", async () => {
    const account = anAccount();
    const events = Array.from({ length: 200 }, (_, i) => conversation(String(i))).flat();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => gateway.postEvents(account, [...events.slice(i * 20), ...events.slice(0, 100)])),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const sums = answers.map(({ body }) => [body.accepted as number, body.duplicates as number] as const);
    expect(sums.reduce((sum, [accepted]) => sum + accepted, 0)).toBe(400);
    for (const [i, [accepted, duplicates]] of sums.entries()) expect(accepted + duplicates).toBe(500 - i * 20);
    expect(await totalOf(account)).toBe(200);
  });

  test("into every answer, as soon as they are acknowledged", async () => {
    const account = anAccount();
    for (let count = 1; count <= 5; count++) {
      await send(account, conversation(String(count)));
      expect(await totalOf(account)).toBe(count);
    }
  });
});

describe("nothing of a body is taken", () => {
  const good = JSON.stringify(event("a"));
  const BODIES: readonly (readonly [fact: string, status: number, body: string | Uint8Array, type: string])[] = [
    ["that is not JSON", 400, `[${good},`, "application/json"],
    ["that is no array", 400, good, "application/json"],
    ["that is null", 400, "null", "application/json"],
    ["that is empty", 400, "", "application/json"],
    ["of which one line is not JSON", 400, `${good}\n{"eventId":\n${good}`, NDJSON],
    ["that is an array of lines", 400, `${good}\n[${good}`, NDJSON],
    ["that is not UTF-8", 400, Buffer.from(good.replace('"a"', '"\u00E9"'), "latin1"), NDJSON],
    ["that is UTF-16", 400, Buffer.from(`[${good}]`, "utf16le"), "application/json"],
    ["that is packed", 400, gzipSync(`[${good}]`), "application/json"],
    ["of a type that is not said", 415, `[${good}]`, ""],
    ["of plain text", 415, `[${good}]`, "text/plain"],
    ["of a form", 415, `[${good}]`, "application/x-www-form-urlencoded"],
    ["of a type that only begins like lines", 415, good, "application/x-ndjson-seq"],
    ["of no type at all", 415, good, "no type"],
  ];

  for (const [fact, status, body, type] of BODIES) {
    test(`${fact}: ${status}`, async () => {
      const account = anAccount();
      const answer = await gateway.post(pathOf(account), body, type);
      expect(answer.status).toBe(status);
      expectProblem(answer);
      if (status === 400) expect(answer.body.causes).toEqual([expect.stringMatching(/^body: /)]);
      expect(await send(account, [event("a")])).toEqual([200, { accepted: 1, duplicates: 0, rejected: [] }]);
    });
  }

  test("that is not there: 400", async () => {
    const response = await fetch(gateway.url + pathOf("a"), { method: "POST" });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ causes: ["body: expected events, got nothing"] }),
    ]);
  });

  test("for a wrong account: 400", async () => {
    for (const account of ["a-b", "a%20b", "x".repeat(21), "x".repeat(5000), "a%00", "é", "a%2Fb"]) {
      const answer = await gateway.postEvents(account, [event("a")]);
      expect([answer.status, answer.body.causes]).toEqual([
        400,
        [expect.stringMatching(/^accountId: expected 1 to 20 letters, digits or underscores, got /)],
      ]);
      expectProblem(answer);
    }
  });
});

describe("ids survive the way through the log into both answers", () => {
  const IDS = [
    "__proto__",
    "constructor",
    "toString",
    "7",
    "007",
    "9007199254740993",
    "Zoë ✓",
    "💬",
    " ",
    '"\\',
    "\u2028",
    "x".repeat(128),
  ];

  test("of agents, skills, groups, conversations, events and sources", async () => {
    const account = anAccount();
    for (const id of IDS) {
      const ids = { agentId: id, skillId: id, groupId: id, source: id };
      const header = { conversationId: id, at: NOW_MS - 1000 };
      const events = [
        { ...header, eventId: id, type: "CONVERSATION_STARTED", ...ids },
        { ...header, eventId: "1", type: "AGENT_ASSIGNED", sequence: 1, ...ids },
        { ...header, eventId: "2", type: "CONVERSATION_CLOSED", sequence: 2, closedBy: "AGENT" },
      ];
      expect(await send(account, events)).toEqual([200, { accepted: 3, duplicates: 0, rejected: [] }]);
    }
    const rest = await gateway.get(restPathOf(account, { skillIds: "all" }));
    expect(Object.keys(rest.body.metricsPerSkill).toSorted()).toEqual(IDS.toSorted());
    expect(Object.keys(rest.body.agentsMetrics.metricsPerAgent).toSorted()).toEqual(IDS.toSorted());
    const graphql = await gateway.graphql(`{ account(id: "${account}") { agentSegments(timeframe: 5) { agents { id skills { id } } } } }`);
    const agents: { id: string; skills: { id: string }[] }[] = graphql.body.data.account.agentSegments.agents;
    expect(agents.map(({ id }) => id).toSorted()).toEqual(IDS.toSorted());
    for (const { id, skills } of agents) expect(skills).toEqual([{ id }]);

    for (const id of IDS) {
      const narrowed = await gateway.get(restPathOf(account, { agentIds: id, skillIds: id, groupIds: id, source: id }));
      expect(narrowed.body.metricsPerSkill[id].metricsPerAgent).toEqual(narrowed.body.agentsMetrics.metricsPerAgent);
      expect(Object.keys(narrowed.body.agentsMetrics.metricsPerAgent)).toEqual([id]);
      const filter = { agentIds: [id], skillIds: [id], groupIds: [id], sources: [id] };
      const same = await gateway.graphql(
        `query ($filter: SegmentFilter, $ids: [ID!]) { account(id: "${account}") {
          agentSegments(timeframe: 5, filter: $filter) { skills(ids: $ids) { id agents(ids: $ids) { id } } }
        } }`,
        { filter, ids: [id] },
      );
      expect(same.body.data.account.agentSegments.skills).toEqual([{ id, agents: [{ id }] }]);
    }
  });
});

function event(eventId: string): Record<string, unknown> {
  return { eventId, conversationId: "c", at: NOW_MS - 1000, type: "MESSAGE_SENT", sentBy: "CONSUMER" };
}

/** A conversation of one closed segment. */
function conversation(conversationId: string): object[] {
  return [
    { eventId: "1", conversationId, at: NOW_MS - 2000, type: "AGENT_ASSIGNED", agentId: "1" },
    { eventId: "2", conversationId, at: NOW_MS - 1000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

async function totalOf(accountId: string): Promise<number> {
  const { body } = await gateway.get(restPathOf(accountId, {}));
  return body.metricsTotal.totalAgentConversationSegments;
}

function toLines(events: readonly object[]): string {
  return events.map((one) => JSON.stringify(one)).join("\n");
}

function anAccount(): string {
  return `account_${accountCount++}`;
}

function pathOf(accountId: string): string {
  return `/v1/accounts/${accountId}/events`;
}

function restPathOf(accountId: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ v: "1", timeframe: "5", ...parameters });
  return `/operations/api/account/${accountId}/msgagentsegments?${query.toString()}`;
}

async function send(accountId: string, body: unknown, type?: string): Promise<[number, unknown]> {
  const answer = await gateway.post(pathOf(accountId), body, type);
  return [answer.status, answer.body];
}
