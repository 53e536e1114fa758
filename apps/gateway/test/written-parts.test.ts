import { MINUTE_MS, type ConversationEvent } from "@segmeter/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askTwice } from "./doors.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12);

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ now: () => NOW_MS });
  await gateway.postEvents("a", [
    ...conversation("c1", '"quoted" é', "s", NOW_MS - 12 * MINUTE_MS),
    ...conversation("c2", "7", "s", NOW_MS - 2 * MINUTE_MS),
  ]);
  await putNames([{ id: '"quoted" é', displayName: '"Ada" é' }]);
});
afterAll(() => gateway.close());

// `askTwice` fails where compiled code answers otherwise than graphql-js.
const SELECTIONS: readonly (readonly [fact: string, selection: string, definitions?: string])[] = [
  ["ids alone", "agents { id }"],
  ["names, of those who have one", "agents { id name also: name metrics { totalAgentConversationSegments } } skills { agents { name } }"],
  ["names alone", "agents { name }"],
  ["type names alone", "agents { __typename }"],
  ["metrics alone, one twice", "agents { metrics { a: avgAgentSegmentDuration avgAgentSegmentDuration b: avgAgentSegmentDuration } }"],
  ["no metric at all", "agents { id metrics { __typename } }"],
  ["other names for everything", "x: agents { y: id t: __typename z: metrics { n: totalAgentConversationSegments u: __typename } }"],
  ["the same list under two names", "x: agents { id } y: agents { metrics { interactiveAgentSegments } }"],
  ["a field in two pieces", "agents { id metrics { interactiveAgentSegments } } agents { metrics { avgAgentSegmentDuration } }"],
  ["metrics under two names", "agents { x: metrics { interactiveAgentSegments } y: metrics { avgAgentSegmentDuration } }"],
  ["what does not exist, as null", "agents { id metrics { avgTimeToResponseFromAgentAssignment } }"],
  [
    "intervals, empty ones too",
    "intervals(minutes: 5) { start end __typename metrics { totalAgentConversationSegments avgAgentSegmentDuration } }",
  ],
  ["no agents", 'agents(ids: ["nobody"]) { id metrics { totalAgentConversationSegments } }'],
  ["lists in lists", "skills { id agents { id intervals(minutes: 30) { start metrics { totalAgentConversationSegments } } } }"],
  ["parents without parts", "intervals(minutes: 20) { start agents { id } skills { id metrics { totalAgentConversationSegments } } }"],
  ["the whole beside its parts", "start end metrics { totalAgentConversationSegments } agents { id }"],
  [
    "fragments, in fragments",
    "agents { ...Agent ... on Agent { __typename } ... { id } }",
    "fragment Agent on Agent { id metrics { ...Metrics } } fragment Metrics on MetricSet { totalAgentConversationSegments }",
  ],
  [
    "directives",
    "agents @include(if: true) { id @skip(if: true) metrics { totalAgentConversationSegments @include(if: false) __typename } }",
  ],
];

test.each(SELECTIONS)("compiled code gives %s as graphql-js does", async (_, selection, definitions = "") => {
  const { status, body } = await askTwice(
    gateway,
    `{ account(id: "a") { agentSegments(timeframe: 60) { ${selection} } } __typename } ${definitions}`,
  );
  expect([status, body.errors]).toEqual([200, undefined]);
  expect(body.data).not.toBeNull();
});

test("an agent is called what the directory says at the time, and those whom it does not name are called nothing", async () => {
  const query = '{ account(id: "a") { agentSegments(timeframe: 60) { agents { id name } } } }';
  const names = async (): Promise<unknown> => (await askTwice(gateway, query)).body.data.account.agentSegments.agents;
  expect(await names()).toEqual([
    { id: "7", name: null },
    { id: '"quoted" é', name: '"Ada" é' },
  ]);
  await putNames([{ id: "7", displayName: "Grace" }]);
  expect(await names()).toEqual([
    { id: "7", name: "Grace" },
    { id: '"quoted" é', name: null },
  ]);
});

test("operations with introspection are answered, too", async () => {
  const { body } = await askTwice(
    gateway,
    '{ __type(name: "Agent") { name } account(id: "a") { agentSegments(timeframe: 60) { agents { id } } } }',
  );
  expect(body.data).toEqual({
    ["__type"]: { name: "Agent" },
    account: { agentSegments: { agents: [{ id: "7" }, { id: '"quoted" é' }] } },
  });
});

test("nobody can ask for the fields that compiled code uses", async () => {
  const { status, text } = await gateway.graphql('{ account(id: "a") { agentSegments(timeframe: 60) { _written_agents } } }');
  expect([status, text]).toEqual([400, expect.stringContaining("Cannot query field")]);
  const { body } = await gateway.graphql('{ __type(name: "AgentSegments") { fields { name } } }');
  expect(JSON.stringify(body)).not.toContain("written");
});

async function putNames(agents: readonly object[]): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${gateway.url}/v1/accounts/a/agents`, { method: "PUT", headers, body: JSON.stringify(agents) });
  expect(response.status).toBe(204);
}

function conversation(conversationId: string, agentId: string, skillId: string, endMs: number): ConversationEvent[] {
  const header = { conversationId, sequence: 0 };
  return [
    {
      ...header,
      eventId: "1",
      at: endMs - 1000,
      type: "AGENT_ASSIGNED",
      agentId,
      skillId,
      groupId: null,
      userType: "HUMAN",
      takeover: false,
    },
    { ...header, eventId: "2", at: endMs, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
