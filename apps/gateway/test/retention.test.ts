import { openSqliteLog } from "@segmeter/event-log/sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";

const ACCOUNT = "a";
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const T_MS = Date.UTC(2026, 10, 22, 8, 51, 55, 118);

let folder: Awaited<ReturnType<typeof createTestFolder>>;
beforeEach(async () => (folder = await createTestFolder()));
afterEach(() => folder.remove());

test("a closed conversation goes once its last event is older than what is kept, and not a millisecond before", async () => {
  await runAt(T_MS, (gateway) => take(gateway, [assigned("c", T_MS - HOUR_MS), closed("c", T_MS)]));
  await runAt(T_MS + 72 * HOUR_MS);
  expect(await held()).toEqual({ conversationCount: 1, eventCount: 2 });
  await runAt(T_MS + 72 * HOUR_MS + 1);
  expect(await held()).toEqual({ conversationCount: 0, eventCount: 0 });
});

test("it is the last event by its own time that counts, whatever came last", async () => {
  await runAt(T_MS, (gateway) => take(gateway, [closed("c", T_MS), assigned("c", T_MS - 100 * HOUR_MS)]));
  await runAt(T_MS + 71 * HOUR_MS);
  expect(await held()).toEqual({ conversationCount: 1, eventCount: 2 });
});

test("pruning takes what is over, whole, and nothing else", async () => {
  await runAt(T_MS, (gateway) =>
    take(gateway, [
      assigned("old", T_MS - HOUR_MS),
      closed("old", T_MS),
      assigned("open", T_MS),
      assigned("young", T_MS),
      closed("young", T_MS + MINUTE_MS),
    ]),
  );
  await runAt(T_MS + 72 * HOUR_MS + 1);
  expect(await held()).toEqual({ conversationCount: 2, eventCount: 3 });
});

test("an open conversation is kept whole, and counts in full when it closes at last", async () => {
  await runAt(T_MS, (gateway) => take(gateway, [assigned("c", T_MS), message("c", T_MS + 1000)]));
  const later = T_MS + 1000 * HOUR_MS;
  await runAt(later, async (gateway) => {
    expect(await totalOf(gateway, later)).toMatchObject({ totalAgentConversationSegments: 0 });
    await take(gateway, [closed("c", later - 1)]);
    expect(await totalOf(gateway, later)).toMatchObject({
      totalAgentConversationSegments: 1,
      avgAgentSegmentDuration: 1000 * HOUR_MS - 1,
      avgTimeToResponseFromAgentAssignment: 1000,
    });
  });
});

test("a late event corrects a conversation that is kept, also with what happened before all that may be asked", async () => {
  const start = T_MS - 100 * HOUR_MS;
  await runAt(T_MS, (gateway) => take(gateway, [assigned("c", start), closed("c", T_MS - 1)]));
  await runAt(T_MS + HOUR_MS, async (gateway) => {
    expect(await totalOf(gateway, T_MS)).toMatchObject({ agentSegmentsWithNonResponsiveAgents: 1 });
    await take(gateway, [message("c", start + 2000)]);
    expect(await totalOf(gateway, T_MS)).toMatchObject({
      totalAgentConversationSegments: 1,
      agentSegmentsWithNonResponsiveAgents: 0,
      avgTimeToResponseFromAgentAssignment: 2000,
    });
  });
});

test("what was pruned and is sent again counts nowhere, and goes again", async () => {
  const events = [assigned("c", T_MS - HOUR_MS), closed("c", T_MS)];
  await runAt(T_MS, (gateway) => take(gateway, events));
  const later = T_MS + 73 * HOUR_MS;
  await runAt(later, async (gateway) => {
    expect((await gateway.postEvents(ACCOUNT, events)).body).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
    expect(await totalOf(gateway, T_MS + 2 * HOUR_MS)).toMatchObject({ totalAgentConversationSegments: 0 });
  });
  await runAt(later);
  expect(await held()).toEqual({ conversationCount: 0, eventCount: 0 });
});

test("a window may begin where what is kept begins, and not a millisecond before", async () => {
  await runAt(T_MS, async (gateway) => {
    const keptSinceMs = T_MS - 72 * HOUR_MS;
    expect((await gateway.get(restPath(keptSinceMs, keptSinceMs + HOUR_MS))).status).toBe(200);
    const { status, body } = await gateway.get(restPath(keptSinceMs - 1, keptSinceMs - 1 + HOUR_MS));
    expect([status, body.causes]).toEqual([
      400,
      [`fromMillis: expected a window within what is kept (since ${keptSinceMs}), got one from ${keptSinceMs - 1}`],
    ]);
  });
});

test("what was given up stays so, even if the clock goes back", async () => {
  let nowMs = T_MS;
  const gateway = await startTestGateway({ dataDir: folder.path, now: () => nowMs });
  nowMs -= HOUR_MS;
  const keptSinceMs = T_MS - 72 * HOUR_MS;
  expect((await gateway.get(restPath(keptSinceMs, keptSinceMs + HOUR_MS))).status).toBe(200);
  expect((await gateway.get(restPath(keptSinceMs - 1, keptSinceMs - 1 + HOUR_MS))).body.causes).toEqual([
    expect.stringMatching(/^fromMillis: /),
  ]);
  await gateway.close();
});

test("without an end to what is kept nothing goes, and every window may be asked", async () => {
  await runAt(T_MS, (gateway) => take(gateway, [assigned("c", 0), closed("c", HOUR_MS - 1)]), Infinity);
  await runAt(
    T_MS + 10_000 * HOUR_MS,
    async (gateway) => expect(await totalOf(gateway, HOUR_MS)).toMatchObject({ totalAgentConversationSegments: 1 }),
    Infinity,
  );
  expect(await held()).toEqual({ conversationCount: 1, eventCount: 2 });
});

test("a retention that was made shorter holds from the next start", async () => {
  await runAt(T_MS, (gateway) => take(gateway, [assigned("c", T_MS - 50 * HOUR_MS), closed("c", T_MS - 49 * HOUR_MS)]), Infinity);
  await runAt(T_MS, undefined, 72);
  expect(await held()).toEqual({ conversationCount: 1, eventCount: 2 });
  await runAt(T_MS, undefined, 24);
  expect(await held()).toEqual({ conversationCount: 0, eventCount: 0 });
});

/** Starts a gateway on the test's folder, which prunes first, and closes it again. */
async function runAt(nowMs: number, work: (gateway: TestGateway) => Promise<unknown> = async () => {}, retentionHours = 72): Promise<void> {
  const gateway = await startTestGateway({ dataDir: folder.path, now: () => nowMs, retentionHours });
  try {
    await work(gateway);
  } finally {
    await gateway.close();
  }
}

async function take(gateway: TestGateway, events: readonly object[]): Promise<void> {
  expect((await gateway.postEvents(ACCOUNT, events)).body).toEqual({ accepted: events.length, duplicates: 0, rejected: [] });
}

/** What the log on disk holds. */
async function held(): Promise<{ conversationCount: number; eventCount: number }> {
  const log = await openSqliteLog({ folder: folder.path });
  const { conversationCount, eventCount } = await log.size();
  await log.close();
  return { conversationCount, eventCount };
}

/** Over the hour before a moment. */
async function totalOf(gateway: TestGateway, endMs: number): Promise<Record<string, number>> {
  const { status, body } = await gateway.get(restPath(endMs - HOUR_MS, endMs));
  expect(status).toBe(200);
  return body.metricsTotal;
}

function restPath(fromMs: number, toMs: number): string {
  return `/operations/api/account/${ACCOUNT}/msgagentsegments?v=2&fromMillis=${fromMs}&toMillis=${toMs}`;
}

function assigned(conversationId: string, at: number): object {
  return { eventId: "assigned", conversationId, at, type: "AGENT_ASSIGNED", agentId: "1" };
}

function message(conversationId: string, at: number): object {
  return { eventId: "message", conversationId, at, type: "MESSAGE_SENT", sentBy: "AGENT", agentId: "1" };
}

function closed(conversationId: string, at: number): object {
  return { eventId: "closed", conversationId, at, type: "CONVERSATION_CLOSED", closedBy: "AGENT" };
}
