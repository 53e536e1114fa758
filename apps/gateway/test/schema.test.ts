import { METRICS, UNKNOWN_SOURCE } from "@segmeter/engine";
import { buildSchema, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { typeDefs } from "../src/graphql/generated/type-defs.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 8, 51, 55, 118);
const HOUR_MS = 3_600_000;

const UNIT_TEXTS = { segments: "A count", "responses per segment": "In responses per segment", ms: "In ms" } as const;
const UNIT_NAMES = { segments: "SEGMENTS", "responses per segment": "RESPONSES_PER_SEGMENT", ms: "MS" } as const;

test("every metric's field says what the metric table says: its meaning, its unit, and when it is null", () => {
  const metricSet = buildSchema(typeDefs).getType("MetricSet");
  if (!isObjectType(metricSet)) throw new Error("MetricSet is an object type");
  const described = Object.values(metricSet.getFields()).map(({ name, type, description }) => ({ name, type: String(type), description }));
  expect(described).toEqual(
    METRICS.map(({ name, type, unit, denominator, definition }) => {
      const isAverage = denominator.length > 0;
      return {
        name,
        type: `${type === "Long" ? "Long" : "Float"}${isAverage ? "" : "!"}`,
        description: `${definition} ${UNIT_TEXTS[unit]}${isAverage ? "; null when there is nothing to average" : ""}.`,
      };
    }),
  );
});

describe("asked over GraphQL", () => {
  let gateway: TestGateway;
  beforeAll(async () => (gateway = await startTestGateway({ now: () => NOW_MS })));
  afterAll(() => gateway.close());

  test("metricDefinitions are the metric table", async () => {
    const { body } = await gateway.graphql("{ metricDefinitions { name unit definition source isAverage } }");
    expect(body.data.metricDefinitions).toEqual(
      METRICS.map(({ name, unit, definition, source, denominator }) => ({
        name,
        unit: UNIT_NAMES[unit],
        definition,
        source,
        isAverage: denominator.length > 0,
      })),
    );
  });

  test("filterValues are what occurs in the account's closed segments, in the order of ids", async () => {
    await gateway.postEvents("one", [
      ...segment("a", { agentId: "10", skillId: "s", groupId: "7", source: "sms" }),
      ...segment("b", { agentId: "9", skillId: "21", groupId: "11", source: "WEB" }),
      ...segment("c", { agentId: "9", skillId: null, groupId: null, source: "WEB" }),
      // Still open: there is no segment of it yet.
      ...segment("d", { agentId: "8", skillId: "5", groupId: "5", source: "APP" }).slice(0, -1),
    ]);
    await gateway.postEvents("other", segment("a", { agentId: "77", skillId: "77", groupId: "77", source: "APP" }));
    expect(await filterValues("one")).toEqual({
      agentIds: ["9", "10"],
      skillIds: ["21", "s"],
      groupIds: ["7", "11"],
      sources: ["SMS", "WEB"],
    });
    expect(await filterValues("nobody")).toEqual({ agentIds: [], skillIds: [], groupIds: [], sources: [] });
  });

  test("a value whose only segment was taken back by a late event does not occur any more", async () => {
    const [started, ...rest] = segment("e", { agentId: "1", skillId: "2", groupId: "3", source: "WEB" });
    await gateway.postEvents("late", rest);
    expect((await filterValues("late")).sources).toEqual([UNKNOWN_SOURCE]);
    await gateway.postEvents("late", [started]);
    expect((await filterValues("late")).sources).toEqual(["WEB"]);
  });

  test("filterValues of an account that cannot be are bad user input", async () => {
    const { body } = await gateway.graphql('{ account(id: "no such id!") { filterValues { agentIds } } }');
    expect(body.errors[0].extensions).toMatchObject({
      code: "BAD_USER_INPUT",
      causes: ['id: expected 1 to 20 letters, digits or underscores, got "no such id!"'],
    });
  });

  async function filterValues(accountId: string): Promise<Record<"agentIds" | "skillIds" | "groupIds" | "sources", string[]>> {
    const query = "query ($id: ID!) { account(id: $id) { filterValues { agentIds skillIds groupIds sources } } }";
    const { body } = await gateway.graphql(query, { id: accountId });
    return body.data.account.filterValues;
  }
});

interface SegmentFacts {
  readonly agentId: string;
  readonly skillId: string | null;
  readonly groupId: string | null;
  readonly source: string;
}

/** A conversation of one segment; its last event closes it. */
function segment(conversationId: string, { agentId, skillId, groupId, source }: SegmentFacts): object[] {
  const at = NOW_MS - HOUR_MS;
  return [
    { eventId: "1", conversationId, at, type: "CONVERSATION_STARTED", source, skillId },
    { eventId: "2", conversationId, at: at + 1000, type: "AGENT_ASSIGNED", agentId, groupId, skillId },
    { eventId: "3", conversationId, at: at + 2000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
