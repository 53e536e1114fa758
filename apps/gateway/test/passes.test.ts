import { METRIC_NAMES, type MetricName } from "@segmeter/engine";
import { createTraffic } from "@segmeter/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestAnswer, type TestGateway } from "./test-gateway.ts";

const NOW_MS = 1_763_856_000_000;
const DAY_MS = 86_400_000;
const ACCOUNT = "centre";
const METRICS = `metrics { ${METRIC_NAMES.join(" ")} }`;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ now: () => NOW_MS });
  const events = createTraffic({ seed: 1, conversationsPerDay: 1500 }).eventsBetween(NOW_MS - DAY_MS, NOW_MS);
  for (let at = 0; at < events.length; at += 10_000) {
    const { status } = await gateway.postEvents(ACCOUNT, events.slice(at, at + 10_000));
    expect(status).toBe(200);
  }
});
afterAll(() => gateway.close());

describe("over 24 hours of traffic, an operation takes", () => {
  const OPERATIONS: readonly (readonly [fact: string, passCount: number, fields: string])[] = [
    ["no engine pass for what needs no engine", 0, "start end __typename"],
    ["one pass for the whole", 1, METRICS],
    [
      "one pass a level: skills → agents → intervals",
      3,
      `skills { id ${METRICS} agents { id ${METRICS} intervals(minutes: 60) { start ${METRICS} } } }`,
    ],
    [
      "one pass a level: agents → skills → intervals",
      3,
      `agents { id ${METRICS} skills { id ${METRICS} intervals(minutes: 60) { start ${METRICS} } } }`,
    ],
    [
      "one pass a level: intervals → agents → skills",
      3,
      `intervals(minutes: 60) { start ${METRICS} agents { id ${METRICS} skills { id ${METRICS} } } }`,
    ],
    [
      "one pass a level: intervals → agents → intervals",
      3,
      `intervals(minutes: 60) { start agents { id intervals(minutes: 30) { start ${METRICS} } } }`,
    ],
    ["one pass a level, the whole being one", 4, `${METRICS} skills { id agents { id intervals(minutes: 60) { start ${METRICS} } } }`],
    [
      "one pass for each way of parting a level",
      3,
      `agents { id ${METRICS} } skills { id ${METRICS} } intervals(minutes: 60) { start ${METRICS} }`,
    ],
    [
      "one pass a level for two aliases of a field",
      2,
      `a: agents { id skills { id } } b: agents { id ${METRICS} skills { id ${METRICS} } }`,
    ],
    ["one pass for each choice of ids", 2, `a: agents(ids: ["4501"]) { id ${METRICS} } b: agents(ids: ["4502"]) { id ${METRICS} }`],
    [
      "one pass for each width of intervals",
      2,
      `a: intervals(minutes: 60) { start ${METRICS} } b: intervals(minutes: 30) { start ${METRICS} }`,
    ],
    ["one pass a level for fragments in fragments", 2, "agents { ...Outer ... on Agent { id metrics { avgAgentSegmentDuration } } }"],
    ["no pass for what is not included", 0, "agents @include(if: $no) { id } skills @skip(if: $yes) { id }"],
  ];

  for (const [fact, passCount, fields] of OPERATIONS) {
    test(fact, async () => {
      const { answer } = await ask(fields);
      expect(passesOf(answer)).toBe(passCount);
    });
  }

  test("one pass for each window and account", async () => {
    const windows = `a: agentSegments(timeframe: 60) { ${METRICS} } b: agentSegments(timeframe: 60) { ${METRICS} } c: agentSegments(timeframe: 30) { ${METRICS} }`;
    const answer = await gateway.graphql(`{ x: account(id: "${ACCOUNT}") { ${windows} } y: account(id: "other") { ${windows} } }`);
    expect(answer.body.errors).toBeUndefined();
    expect(passesOf(answer)).toBe(4);
  });
});

describe("an operation answers what it selects, and nothing else", () => {
  const NAMES: readonly MetricName[] = ["totalAgentConversationSegments", "avgAgentSegmentDuration"];
  const [TOTAL, DURATION] = NAMES as [MetricName, MetricName];
  const SELECTIONS: readonly (readonly [fact: string, fields: string, to: (metrics: Record<string, number>) => object])[] = [
    ["one metric", `agents { id metrics { ${DURATION} } }`, ({ [DURATION]: mean }) => ({ metrics: { [DURATION]: mean } })],
    [
      "metrics by aliases",
      `agents { id metrics { a: ${DURATION} b: ${DURATION} } }`,
      ({ [DURATION]: mean }) => ({ metrics: { a: mean, b: mean } }),
    ],
    [
      "sets of metrics by aliases",
      `agents { id a: metrics { ${DURATION} } b: metrics { ${TOTAL} } }`,
      ({ [DURATION]: mean, [TOTAL]: total }) => ({ a: { [DURATION]: mean }, b: { [TOTAL]: total } }),
    ],
    [
      "metrics of a fragment beside those of the field",
      `agents { ...Outer metrics { ${DURATION} } }`,
      ({ [DURATION]: mean, interactiveAgentSegments, [TOTAL]: total }) => ({
        metrics: { interactiveAgentSegments, [DURATION]: mean },
        skills: expect.anything(),
        total: { [TOTAL]: total },
      }),
    ],
    [
      "metrics that are included and those not skipped",
      `agents { id metrics { ${TOTAL} @include(if: $no) ${DURATION} @include(if: $yes) interactiveAgentSegments @skip(if: $yes) } }`,
      ({ [DURATION]: mean }) => ({ metrics: { [DURATION]: mean } }),
    ],
    ["a set without a metric", "agents { id metrics { __typename } }", () => ({ metrics: { __typename: "MetricSet" } })],
    ["no set at all", "agents { id }", () => ({})],
  ];

  for (const [fact, fields, to] of SELECTIONS) {
    test(fact, async () => {
      const all: { id: string; metrics: Record<string, number> }[] = (await ask(`agents { id ${METRICS} }`)).segments.agents;
      expect(all.length).toBeGreaterThan(50);
      expect((await ask(fields)).segments.agents).toEqual(all.map(({ id, metrics }) => Object.assign({ id }, to(metrics))));
    });
  }
});

test("intervals within intervals are those of the whole, and so is what hangs under them", async () => {
  const inner = `intervals(minutes: 30) { start end ${METRICS} skills { id ${METRICS} } }`;
  const { segments } = await ask(`nested: intervals(minutes: 120) { agents { id ${inner} } } flat: agents { id ${inner} }`);
  interface Part {
    readonly metrics: Readonly<Record<string, number>>;
  }
  interface AgentPart {
    readonly id: string;
    readonly intervals: readonly Part[];
  }
  const nonEmpty = (agents: readonly AgentPart[]): string[] =>
    agents.flatMap(({ id, intervals }) =>
      intervals.filter(({ metrics }) => metrics["totalAgentConversationSegments"] !== 0).map((part) => JSON.stringify([id, part])),
    );
  const nested = (segments.nested as { agents: AgentPart[] }[]).flatMap(({ agents }) => nonEmpty(agents));
  expect(nested.length).toBeGreaterThan(500);
  const flat = new Set(nonEmpty(segments.flat));
  expect([nested.length, nested.filter((part) => !flat.has(part)).slice(0, 3)]).toEqual([flat.size, []]);
});

describe("a REST answer takes", () => {
  const QUERIES: readonly (readonly [string, number, string])[] = [
    ["one pass, for agents and total", 1, ""],
    ["no more by intervals", 1, "&interval=60"],
    ["one more for skills", 2, "&skillIds=all"],
    ["two more for skills by intervals", 3, "&skillIds=all&interval=60"],
  ];

  for (const [fact, passCount, parameters] of QUERIES) {
    test(fact, async () => {
      const path = `/operations/api/account/${ACCOUNT}/msgagentsegments`;
      expect(passesOf(await gateway.get(`${path}?v=1&timeframe=1440${parameters}`))).toBe(passCount);
      const body = Object.fromEntries(new URLSearchParams(`v=1&timeframe=1440${parameters}`));
      expect(passesOf(await gateway.post(path, body))).toBe(passCount);
    });
  }
});

const FRAGMENTS = `
  fragment Outer on Agent { id ...Inner total: metrics { totalAgentConversationSegments } skills { id } }
  fragment Inner on Agent { metrics { interactiveAgentSegments } }`;

/** Asks the same three times: what comes again is executed by other code, and answered alike. */
// oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
async function ask(fields: string): Promise<{ answer: TestAnswer; segments: any }> {
  const query = `query ($yes: Boolean! = true, $no: Boolean = false) {
    account(id: "${ACCOUNT}") { agentSegments(timeframe: 1440) { ${fields} } }
    used: __typename @include(if: $no) @skip(if: $yes)
  } ${fields.includes("...Outer") ? FRAGMENTS : ""}`;
  const [first, second, answer] = [await gateway.graphql(query), await gateway.graphql(query), await gateway.graphql(query)];
  expect([first.body.errors, first.text === second.text, first.text === answer.text]).toEqual([undefined, true, true]);
  expect([passesOf(second), passesOf(answer)]).toEqual([passesOf(first), passesOf(first)]);
  return { answer, segments: answer.body.data.account.agentSegments };
}

function passesOf({ headers }: TestAnswer): number {
  const [, passCount] = /^engine;dur=\d+\.\d{3};desc="(\d+) passes"$/.exec(headers.get("server-timing") ?? "") ?? [];
  return Number(passCount);
}
