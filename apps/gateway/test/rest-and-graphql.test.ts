import { MINUTE_MS, type ConversationEvent, type Dimension, type Query } from "@segmeter/engine";
import { referenceAnswer, referenceSegments, type ReferenceCell } from "@segmeter/reference";
import { eventLogArbitrary, GOLDEN_CASES, LOG_RANGE, queryArbitrary } from "@segmeter/testkit";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askTwice, graphqlDoor, restDoor, type Door } from "./doors.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const NOW_MS = LOG_RANGE.endMs + 2880 * MINUTE_MS;
const DOORS: readonly Door[] = [restDoor("GET"), restDoor("POST"), graphqlDoor];

let gateway: TestGateway;
let accountCount = 0;
beforeAll(async () => (gateway = await startTestGateway({ now: () => NOW_MS, retentionHours: Infinity })));
afterAll(() => gateway.close());

describe("golden", () => {
  for (const { name, events, answers } of GOLDEN_CASES) {
    test(name, async () => {
      const accountId = await post(events, [2], false);
      for (const door of DOORS) {
        for (const { query, cells } of answers.filter((answer) => door.canAsk(answer.query)))
          expect(await door.ask(gateway, accountId, [query]), door.name).toEqual([cells]);
      }
    });
  }

  test("REST can ask all but what is parted by skills alone, or narrowed to skills", () => {
    const asked = GOLDEN_CASES.flatMap(({ answers }) => answers.map(({ query }) => query));
    const unasked = asked.filter((query) => !DOORS[0]!.canAsk(query));
    expect(unasked.filter(({ grouping, filter }) => grouping.join(" ") !== "skill" && filter.skillIds === null)).toEqual([]);
    expect(unasked.length).toBeLessThan(asked.length / 4);
    expect(asked.filter((query) => !graphqlDoor.canAsk(query))).toEqual([]);
  });
});

describe("the ids of a GraphQL field keep", () => {
  // Agents 1, 2 and 3 in skills 1, 2 and 3: 1 in all, 2 in 2 and 3, 3 in 3 alone.
  const PAIRS = ["1 1", "1 2", "1 3", "2 2", "2 3", "3 3"];
  const SELECTIONS: readonly (readonly [fact: string, filter: string, fields: string, pairs: readonly string[]])[] = [
    ["all, when there are none", "", "agents { id skills { id } }", PAIRS],
    ["all, when they are null", "", "agents(ids: null) { id skills(ids: null) { id } }", PAIRS],
    ["nothing, when they are an empty list", "", "agents(ids: []) { id skills { id } }", []],
    ["those that they name", "", 'agents(ids: ["3", "2", "2", "9"]) { id skills { id } }', ["2 2", "2 3", "3 3"]],
    ["of each parent's parts those that they name", "", 'agents { id skills(ids: ["2", "1"]) { id } }', ["1 1", "1 2", "2 2"]],
    [
      "of what the filter keeps those that they name",
      'agentIds: ["1", "2"]',
      'agents(ids: ["2", "3"]) { id skills { id } }',
      ["2 2", "2 3"],
    ],
    ["nothing, when the filter keeps none of them", 'agentIds: ["1"]', 'agents(ids: ["2"]) { id skills { id } }', []],
    ["what the filter keeps, at every depth", 'skillIds: ["3"]', 'agents { id skills(ids: ["2", "3"]) { id } }', ["1 3", "2 3", "3 3"]],
    ["nothing, when the filter is an empty list", "agentIds: []", "agents { id skills { id } }", []],
    ["of a parent's own kind that parent", "", "agents { id skills { id agents { id } } }", PAIRS],
  ];

  for (const [fact, filter, fields, pairs] of SELECTIONS) {
    test(fact, async () => {
      const accountId = await post(
        PAIRS.flatMap((pair) => conversationOf(...(pair.split(" ") as [string, string]))),
        [100],
        false,
      );
      const { body } = await gateway.graphql(
        `{ account(id: "${accountId}") { agentSegments(timeframe: 1, filter: { ${filter} }) { ${fields} } } }`,
      );
      const agents: { id: string; skills: { id: string; agents?: { id: string }[] }[] }[] = body.data.account.agentSegments.agents;
      expect(agents.flatMap(({ id, skills }) => skills.map((skill) => `${id} ${skill.id}`))).toEqual(pairs);
      for (const { id, skills } of agents) for (const skill of skills) expect(skill.agents ?? [{ id }]).toEqual([{ id }]);
    });
  }
});

test("the intervals of agents that are not there are all listed, without segments", async () => {
  const accountId = await post(conversationOf("1", "1"), [100], false);
  const { body } = await askTwice(
    gateway,
    `{ account(id: "${accountId}") { agentSegments(timeframe: 10, filter: { agentIds: ["9"] }) {
      metrics { totalAgentConversationSegments }
      intervals(minutes: 5) { metrics { totalAgentConversationSegments } agents { id } }
    } } }`,
  );
  const none = { metrics: { totalAgentConversationSegments: 0 } };
  const empty = { ...none, agents: [] };
  expect(body.data.account.agentSegments).toEqual({ ...none, intervals: [empty, empty] });
});

describe("over random logs and queries", () => {
  const logAndQuery = eventLogArbitrary().chain((log) => fc.record({ log: fc.constant(log), query: queryArbitrary({ log }) }));
  const batchSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

  test("REST and GraphQL answer as the reference does", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(logAndQuery, batchSizes, fc.boolean(), async ({ log, query }, sizes, asLines) => {
        const accountId = await post(log, sizes, asLines);
        const segments = referenceSegments(log);
        const [get, postMethod, graphql] = DOORS as [Door, Door, Door];
        await expectReference(asLines ? get : postMethod, accountId, segments, withNestings(query, REST_NESTINGS));
        await expectReference(graphql, accountId, segments, withNestings(query, GRAPHQL_NESTINGS));
      }),
      { numRuns: 150 },
    );
  });
});

const REST_NESTINGS: readonly (readonly Dimension[])[] = [
  [],
  ["agent"],
  ["skill", "agent"],
  ["interval"],
  ["interval", "agent"],
  ["interval", "skill", "agent"],
];

const GRAPHQL_NESTINGS: readonly (readonly Dimension[])[] = [
  [],
  ["agent", "skill"],
  ["agent", "interval"],
  ["skill", "agent", "interval"],
  ["interval", "agent", "skill"],
  ["interval", "skill"],
];

/** The same question under every grouping; by intervals where the query has some. */
function withNestings(query: Query, nestings: readonly (readonly Dimension[])[]): Query[] {
  const askable = nestings.filter((grouping) => query.intervalMs !== undefined || !grouping.includes("interval"));
  return [...askable, query.grouping].map((grouping) => grouped(query, grouping));
}

function grouped({ intervalMs, ...query }: Query, grouping: readonly Dimension[]): Query {
  return intervalMs === undefined || !grouping.includes("interval") ? { ...query, grouping } : { ...query, grouping, intervalMs };
}

async function expectReference(
  door: Door,
  accountId: string,
  segments: ReturnType<typeof referenceSegments>,
  queries: readonly Query[],
): Promise<void> {
  // REST cannot narrow its other parts to skills: there, as in its answer, all of them stay.
  const asked = door === graphqlDoor ? queries : queries.map(withoutSkillFilterOutsideSkills).filter(door.canAsk);
  const expected = asked.map((query): ReferenceCell[] => referenceAnswer(segments, query));
  expect(await door.ask(gateway, accountId, asked), door.name).toEqual(expected);
}

function withoutSkillFilterOutsideSkills(query: Query): Query {
  return query.grouping.includes("skill") ? query : { ...query, filter: { ...query.filter, skillIds: null } };
}

function conversationOf(agentId: string, skillId: string): ConversationEvent[] {
  const header = { conversationId: `${agentId} ${skillId}`, at: NOW_MS - 1 };
  return [
    { ...header, eventId: "1", sequence: 0, type: "AGENT_ASSIGNED", agentId, skillId, groupId: null, userType: "HUMAN", takeover: false },
    { ...header, eventId: "2", sequence: 1, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

/** Sends a log to an account of its own. */
async function post(events: readonly ConversationEvent[], sizes: readonly number[], asLines: boolean): Promise<string> {
  const accountId = `account_${accountCount++}`;
  const path = `/v1/accounts/${accountId}/events`;
  let taken = 0;
  for (let at = 0, batch = 0; at < events.length; batch++) {
    const size = sizes[batch % sizes.length]!;
    const part = events.slice(at, at + size);
    const { status, body } = asLines
      ? await gateway.post(path, part.map((event) => JSON.stringify(event)).join("\n"), "application/x-ndjson")
      : await gateway.post(path, part);
    expect([status, body.rejected]).toEqual([200, []]);
    taken += body.accepted + body.duplicates;
    at += size;
  }
  expect(taken).toBe(events.length);
  return accountId;
}
