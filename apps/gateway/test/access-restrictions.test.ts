import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MINUTE_MS, type ConversationEvent, type Query, type Segment } from "@segmeter/engine";
import { referenceAnswer, referenceSegments } from "@segmeter/reference";
import { eventLogArbitrary, ID_POOLS, LOG_RANGE, queryArbitrary } from "@segmeter/testkit";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Restriction } from "../src/access/caller.ts";
import { askTwice, graphqlDoor, restDoor, type Door } from "./doors.ts";
import { PUSH_DOORS } from "./push-clients.ts";
import { createTestFolder, startTestGateway, type TestAsker, type TestGateway } from "./test-gateway.ts";
import { createTokenIssuer, type TokenIssuer } from "./token-issuer.ts";

const NOW_MS = LOG_RANGE.endMs + 1440 * MINUTE_MS;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let issuer: TokenIssuer;
let gateway: TestGateway;
let feeder: TestAsker;
let accountCount = 0;
beforeAll(async () => {
  folder = await createTestFolder();
  issuer = await createTokenIssuer(["EdDSA"]);
  const jwks = join(folder.path, "jwks.json");
  await writeFile(jwks, JSON.stringify(issuer.jwks));
  const access = { mode: "auto", tokens: issuer.configFor(jwks), requestsPerSecond: 100_000 } as const;
  gateway = await startTestGateway({ dataDir: folder.path, access, now: () => NOW_MS, retentionHours: Infinity });
  // Of the gateway's clock no less than of the issuer's.
  feeder = gateway.as(await signAt({ scope: "ingest" }));
});
afterAll(async () => {
  await gateway.close();
  await folder.remove();
});

/** Mostly some, perhaps one that is unknown; rarely none at all. */
function listArbitrary(ids: readonly string[]): fc.Arbitrary<string[] | null> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 5, arbitrary: fc.subarray([...ids, "nobody"], { minLength: 1 }) },
    { weight: 1, arbitrary: fc.constant<string[]>([]) },
  );
}

const restrictionArbitrary: fc.Arbitrary<Restriction> = fc.record({
  agentIds: listArbitrary(ID_POOLS.agents),
  groupIds: listArbitrary(ID_POOLS.groups),
  skillIds: listArbitrary(ID_POOLS.skills),
});

describe("whoever may see only some agents, groups or skills", () => {
  const caseArbitrary = eventLogArbitrary().chain((log) =>
    fc.record({ log: fc.constant(log), query: queryArbitrary({ log }), restriction: restrictionArbitrary }),
  );

  for (const door of [restDoor("GET"), restDoor("POST"), graphqlDoor]) {
    test(`gets over ${door.name} what there would be if there were nothing else`, { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(caseArbitrary, async ({ log, query, restriction }) => {
          const { accountId, caller, segments } = await prepare(log, restriction);
          const asked = withNestings(query, door).filter(door.canAsk);
          expect(await door.ask(caller, accountId, asked), door.name).toEqual(asked.map((each) => referenceAnswer(segments, each)));
        }),
        { numRuns: 150 },
      );
    });
  }

  test("finds no more to filter by", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async ({ log, restriction }) => {
        const { accountId, caller, segments } = await prepare(log, restriction);
        const { body } = await caller.graphql(`{ account(id: "${accountId}") { filterValues { agentIds skillIds groupIds sources } } }`);
        const found = Object.values<string[]>(body.data.account.filterValues).map((values) => values.toSorted());
        expect(found).toEqual(
          (["agentId", "skillId", "groupId", "source"] as const).map((name) =>
            [...new Set(segments.map((segment) => segment[name]).filter((value) => value !== null))].toSorted(),
          ),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("is told the names of those agents, and asks for others in vain", async () => {
    const at = NOW_MS - MINUTE_MS;
    const log = ["seen", "hidden"].flatMap((agentId): ConversationEvent[] => [
      { ...assignmentOf(agentId), at },
      { eventId: "2", conversationId: agentId, at: at + 1000, sequence: 0, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
    ]);
    const { accountId, caller } = await prepare(log, { agentIds: ["seen"], groupIds: null, skillIds: null });
    const names = ["seen", "hidden"].map((id) => ({ id, displayName: `name of ${id}` }));
    const put = await fetch(`${gateway.url}/v1/accounts/${accountId}/agents`, {
      method: "PUT",
      headers: { authorization: `Bearer ${await signAt({ scope: "ingest" })}`, "content-type": "application/json" },
      body: JSON.stringify(names),
    });
    expect(put.status).toBe(204);
    const query = `{ account(id: "${accountId}") { agentSegments(timeframe: 60) { agents { id name } asked: agents(ids: ["hidden"]) { name } } } }`;
    const { body } = await askTwice(caller, query);
    expect(body.data.account.agentSegments).toEqual({ agents: [{ id: "seen", name: "name of seen" }], asked: [] });
  });

  for (const { name, connect } of PUSH_DOORS) {
    test(`is pushed no more over ${name}`, { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(eventLogArbitrary(), restrictionArbitrary, async (log, restriction) => {
          const { accountId, token, segments } = await prepare(shifted(log), restriction);
          const client = connect(gateway, { headers: { authorization: `Bearer ${token}` } });
          const pushed = client.subscribe(
            `subscription { agentSegments(accountId: "${accountId}", timeframe: 1440) { metrics { ${TOTAL} ${MEAN} } agents { id metrics { ${TOTAL} } } } }`,
          );
          const { data } = await pushed.next();
          client.close();
          const window = { startMs: NOW_MS - 1440 * MINUTE_MS, endMs: NOW_MS };
          const query: Query = { window, filter: NOTHING_MORE, grouping: [], metrics: [TOTAL, MEAN] };
          expect(data.agentSegments.metrics).toEqual(referenceAnswer(segments, query)[0]!.metrics);
          const byAgent = referenceAnswer(segments, { ...query, grouping: ["agent"], metrics: [TOTAL] });
          expect(data.agentSegments.agents).toEqual(byAgent.map(({ agent, metrics }) => ({ id: agent, metrics })));
        }),
        { numRuns: 25 },
      );
    });
  }
});

const TOTAL = "totalAgentConversationSegments";
const MEAN = "avgAgentSegmentDuration";
const NOTHING_MORE = { agentIds: null, skillIds: null, groupIds: null, userType: null, sources: null };

interface Prepared {
  readonly accountId: string;
  readonly token: string;
  readonly caller: TestAsker;
  /** Those that the caller may see. */
  readonly segments: readonly Segment[];
}

/** Sends a log to an account of its own. */
async function prepare(log: readonly ConversationEvent[], restriction: Restriction): Promise<Prepared> {
  const accountId = `account_${accountCount++}`;
  const { status, body } = await feeder.postEvents(accountId, log);
  expect([status, body.rejected]).toEqual([200, []]);
  const { agentIds, groupIds, skillIds } = restriction;
  const token = await signAt({
    ...(agentIds && { agents: agentIds }),
    ...(groupIds && { groups: groupIds }),
    ...(skillIds && { skills: skillIds }),
  });
  const segments = referenceSegments(log).filter((segment) => isSeen(segment, restriction));
  return { accountId, token, caller: gateway.as(token), segments };
}

function assignmentOf(agentId: string): Omit<Extract<ConversationEvent, { type: "AGENT_ASSIGNED" }>, "at"> {
  const nothingMore = { skillId: null, groupId: null, userType: "HUMAN", takeover: false } as const;
  return { eventId: "1", conversationId: agentId, sequence: 0, type: "AGENT_ASSIGNED", agentId, ...nothingMore };
}

function isSeen({ agentId, groupId, skillId }: Segment, { agentIds, groupIds, skillIds }: Restriction): boolean {
  return isIn(agentId, agentIds) && isIn(groupId, groupIds) && isIn(skillId, skillIds);
}

function isIn(id: string | null, ids: readonly string[] | null): boolean {
  return ids === null || ids.some((each) => each === id);
}

function signAt(claims: Readonly<Record<string, unknown>>): Promise<string> {
  return issuer.sign({ exp: Math.floor(NOW_MS / 1000) + 3600, ...claims });
}

/** So late that a window that ends now holds what it may. */
function shifted(log: readonly ConversationEvent[]): ConversationEvent[] {
  return log.map((event) => ({ ...event, at: event.at + NOW_MS - LOG_RANGE.endMs }));
}

/** The same question under the groupings that the doors have between them. */
function withNestings(query: Query, door: Door): Query[] {
  const groupings: Query["grouping"][] = [[], ["agent"], ["skill", "agent"], ["skill"]];
  const byIntervals: Query["grouping"][] = [["interval"], ["interval", "agent"], ["interval", "skill", "agent"]];
  return [...groupings, ...(query.intervalMs === undefined ? [] : byIntervals)].map((grouping) => grouped(query, grouping, door));
}

function grouped({ intervalMs, ...query }: Query, grouping: Query["grouping"], door: Door): Query {
  // REST keeps its filter on skills to what is parted by skills.
  const skillIds = door === graphqlDoor || grouping.includes("skill") ? query.filter.skillIds : null;
  const asked = { ...query, filter: { ...query.filter, skillIds }, grouping };
  return intervalMs === undefined || !grouping.includes("interval") ? asked : { ...asked, intervalMs };
}
