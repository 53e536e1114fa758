import { MINUTE_MS } from "@segmeter/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestFolder, startTestGateway, type TestGateway } from "../test-gateway.ts";

const DAY_MS = 1_440 * MINUTE_MS;
const START_MS = Date.UTC(2026, 10, 22, 12);

let nowMs: number;
let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: TestGateway;

beforeEach(async () => {
  nowMs = START_MS;
  folder = await createTestFolder();
  gateway = await start();
});

afterEach(async () => {
  await gateway.close();
  await folder.remove();
});

function start(): Promise<TestGateway> {
  return startTestGateway({ dataDir: folder.path, now: () => nowMs });
}

async function post(conversationId: string, at: number): Promise<unknown> {
  const { body } = await gateway.postEvents("a", [
    { eventId: "1", conversationId, at, type: "AGENT_ASSIGNED", agentId: "1" },
    { eventId: "2", conversationId, at: at + 1_000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ]);
  return body;
}

async function total(toMs = nowMs): Promise<number | string> {
  const { status, body } = await gateway.get(
    `/operations/api/account/a/msgagentsegments?v=2&fromMillis=${toMs - 60 * MINUTE_MS}&toMillis=${toMs}`,
  );
  return status === 200 ? body.metricsTotal.totalAgentConversationSegments : body.causes.join();
}

test("a clock that jumps back refuses events that it has not come to yet, says so, and takes them then", async () => {
  expect(await post("c1", nowMs - MINUTE_MS)).toMatchObject({ accepted: 2 });
  nowMs -= 2 * 60 * MINUTE_MS;
  expect(await post("c2", START_MS)).toMatchObject({
    accepted: 0,
    rejected: [{ message: expect.stringContaining("after the server's clock") }, {}],
  });
  expect(await total()).toBe(0);
  expect(await total(START_MS)).toContain("after the server's clock");
  nowMs = START_MS + MINUTE_MS;
  expect(await post("c2", START_MS)).toMatchObject({ accepted: 2 });
  expect(await total()).toBe(2);
});

test("a clock that jumps ahead and comes back has cost nothing that was acknowledged", async () => {
  await post("c1", nowMs - MINUTE_MS);
  nowMs += 2 * DAY_MS;
  expect(await total()).toBe(0);
  expect(await post("c2", START_MS - MINUTE_MS)).toMatchObject({ accepted: 2 });
  nowMs = START_MS;
  expect(await total()).toBe(2);
});

test("a clock that is ahead at a start, by less than what is kept, has cost nothing either once it is right", async () => {
  await post("c1", nowMs - MINUTE_MS);
  await gateway.close();
  nowMs = START_MS + 2 * DAY_MS;
  gateway = await start();
  await gateway.close();
  nowMs = START_MS;
  gateway = await start();
  expect(await total()).toBe(1);
  expect(await post("c1", START_MS - MINUTE_MS)).toMatchObject({ accepted: 0, duplicates: 2 });
});
