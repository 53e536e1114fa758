import { Engine, METRIC_NAMES, MINUTE_MS, type AnswerSize, type ConversationEvent } from "@segmeter/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCaller, NO_RESTRICTION } from "../src/access/caller.ts";
import { readableBy } from "../src/access/readable-engine.ts";
import { startTestGateway, type TestAnswer, type TestGateway } from "./test-gateway.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const AGENTS = 400;
const SKILLS = 10;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ now: () => NOW_MS });
  const events = Array.from({ length: AGENTS * SKILLS }, (_, i) => conversation(i)).flat();
  for (let at = 0; at < events.length; at += 10_000) await gateway.postEvents("a", events.slice(at, at + 10_000));
});
afterAll(() => gateway.close());

const METRICS = `metrics { ${METRIC_NAMES.join(" ")} }`;

function ask(selection: string, definitions = ""): Promise<TestAnswer> {
  return gateway.graphql(`{ account(id: "a") { agentSegments(timeframe: 1440) { ${selection} } } } ${definitions}`);
}

describe("an operation's cost", () => {
  test("is agents × skills × intervals × metrics, named with the limit where it is too much", async () => {
    // 10 skills, 4,000 agents of skills, in 288 intervals each, of 11 metrics each.
    const cost = AGENTS * SKILLS * 288 * METRIC_NAMES.length;
    expect(await ask(`skills { agents { intervals(minutes: 5) { ${METRICS} } } }`)).toMatchObject({
      status: 400,
      body: {
        errors: [
          {
            message: `the operation is too expensive: it has up to ${cost} cells (agents × skills × intervals × metrics), and may have 200000`,
            extensions: { code: "TOO_EXPENSIVE", cost, limit: 200_000 },
          },
        ],
      },
    });
  });

  test("is less with fewer ids, a shorter window, wider intervals, or what is skipped", async () => {
    const few = [
      `skills(ids: ["1"]) { agents(ids: ["1", "2"]) { intervals(minutes: 5) { ${METRICS} } } }`,
      `skills { agents { intervals(minutes: 720) { ${METRICS} } } }`,
      `skills { agents { intervals(minutes: 5) @skip(if: true) { ${METRICS} } id } }`,
      `skills { agents { skills { agents { skills { ${METRICS} } } } } }`,
    ];
    for (const selection of few) expect(await ask(selection)).toMatchObject({ status: 200, body: { data: {} } });
    const short = `{ account(id: "a") { agentSegments(timeframe: 60) { skills { agents { intervals(minutes: 20) { ${METRICS} } } } } } }`;
    expect(await gateway.graphql(short)).toMatchObject({ status: 200, body: { data: {} } });
  });

  test("counts what aliases ask again", async () => {
    const level = `skills { agents { intervals(minutes: 60) { ${METRICS} } } }`;
    expect(await ask(`a: ${level}`)).toMatchObject({ status: 400, body: { errors: [{ extensions: { code: "TOO_EXPENSIVE" } }] } });
    const half = `skills { agents { intervals(minutes: 480) { ${METRICS} } } }`;
    expect(await ask(`a: ${half}`)).toMatchObject({ status: 200 });
    expect(await ask(`a: ${half} b: ${half}`)).toMatchObject({
      status: 400,
      body: { errors: [{ extensions: { code: "TOO_EXPENSIVE" } }] },
    });
  });

  test("tells a caller nothing of what it may not see", () => {
    const engine = new Engine();
    engine.load(Array.from({ length: 20 }, (_, i) => ({ key: i + 1, accountId: "a", events: conversation(i) })));
    const window = { startMs: NOW_MS - 60 * MINUTE_MS, endMs: NOW_MS };
    const restriction = { agentIds: ["1", "2", "nobody"], groupIds: null, skillIds: null };
    const sizeFor = (ofCaller: typeof restriction | typeof NO_RESTRICTION): AnswerSize =>
      readableBy(
        createCaller("x", { accounts: ["a"], scopes: ["read"], restriction: ofCaller }, () => true),
        engine,
      ).sizeOf("a", window);
    expect(sizeFor(NO_RESTRICTION)).toEqual({ agents: 20, skills: 1, segments: 20 });
    expect(sizeFor(restriction)).toEqual({ agents: 2, skills: 1, segments: Infinity });
  });

  test("holds for what is subscribed to", async () => {
    const query = `subscription { agentSegments(accountId: "a", timeframe: 1440) { skills { agents { intervals(minutes: 5) { ${METRICS} } } } } }`;
    expect(await streamed(gateway, query)).toContain("TOO_EXPENSIVE");
  });
});

describe("what an operation may look like", () => {
  const aliases = Array.from({ length: 101 }, (_, i) => `a${i}: start`).join(" ");
  const doubling = Array.from({ length: 40 }, (_, i) => `fragment F${i} on AgentSegments { ...F${i + 1} ...F${i + 1} }`).join(" ");
  const WRONG: readonly (readonly [string, string, string?])[] = [
    ["101 aliases, and may have 100", aliases],
    ["13 levels of nested fields, and may have 12", "agents { skills { ".repeat(5) + "id" + " } }".repeat(5)],
    ["fields, fragments unfolded, and may have 2000", "...F0", `${doubling} fragment F40 on AgentSegments { start }`],
  ];
  for (const [message, selection, definitions] of WRONG) {
    test(`is bounded: ${message}`, async () => {
      const { status, text } = await ask(selection, definitions);
      expect([status, text]).toEqual([400, expect.stringContaining(message)]);
    });
  }

  test("is bounded in tokens", async () => {
    expect(await ask("start ".repeat(2_000))).toMatchObject({ status: 400, text: expect.stringContaining("2000 tokens") });
  });
});

describe("introspection", () => {
  test("can be switched off", async () => {
    const asked = "{ __schema { queryType { name } } }";
    expect(await gateway.graphql(asked)).toMatchObject({ status: 200 });
    const silent = await startTestGateway({ introspection: false });
    try {
      expect(await silent.graphql(asked)).toMatchObject({ status: 400, text: expect.stringContaining("introspection is not allowed") });
      expect(await streamed(silent, asked)).toContain("introspection is not allowed");
      expect(await silent.graphql("{ __typename }")).toMatchObject({ status: 200 });
    } finally {
      await silent.close();
    }
  });
});

async function streamed({ url }: TestGateway, query: string): Promise<string> {
  const body = JSON.stringify({ query });
  return (await fetch(`${url}/graphql/stream`, { method: "POST", headers: { "content-type": "application/json" }, body })).text();
}

function conversation(index: number): ConversationEvent[] {
  const conversationId = `c${index}`;
  const at = NOW_MS - 30 * MINUTE_MS;
  const agentId = String(index % AGENTS);
  const skillId = String(Math.floor(index / AGENTS));
  return [
    {
      eventId: "1",
      conversationId,
      sequence: 0,
      at,
      type: "AGENT_ASSIGNED",
      agentId,
      groupId: null,
      userType: "HUMAN",
      skillId,
      takeover: false,
    },
    { eventId: "2", conversationId, sequence: 0, at: at + 1_000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
