import { afterEach, expect, test } from "vitest";
import { spawnGateway, type GatewayProcess } from "./gateway-process.ts";
import { createTestFolder } from "./test-gateway.ts";

const ACCOUNT = "killed";
const BATCH_CONVERSATIONS = 40;
const KILLS = 3;

let running: GatewayProcess | undefined;
afterEach(() => running?.kill());

test(
  "every acknowledged event counts once after kill -9 in the middle of posts, and none twice after sending all again",
  { timeout: 60_000 },
  async () => {
    const folder = await createTestFolder();
    const environment = { DATA_DIR: folder.path };
    let batch = 0;
    let acknowledged = 0;
    const sent: object[][] = [];
    for (let round = 0; round < KILLS; round++) {
      running = await spawnGateway(environment);
      const { url, kill } = running;
      expect(await totalOf(url)).toBeGreaterThanOrEqual(acknowledged);
      const post = async (): Promise<void> => {
        for (;;) {
          const events = batchOf(batch++);
          sent.push(events);
          const response = await fetch(`${url}/v1/accounts/${ACCOUNT}/events`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(events),
          });
          if (response.status === 200) acknowledged += BATCH_CONVERSATIONS;
        }
      };
      const posting = Promise.allSettled([post(), post(), post()]);
      await waitUntil(() => acknowledged >= (round + 1) * 10 * BATCH_CONVERSATIONS);
      await kill();
      await posting;
    }

    running = await spawnGateway(environment);
    const { url } = running;
    const held = await totalOf(url);
    expect(held).toBeGreaterThanOrEqual(acknowledged);
    // A batch that was never acknowledged is there whole or not at all.
    expect(held % BATCH_CONVERSATIONS).toBe(0);

    for (const events of sent) {
      const response = await fetch(`${url}/v1/accounts/${ACCOUNT}/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(events),
      });
      expect(response.status).toBe(200);
    }
    expect(await totalOf(url)).toBe(sent.length * BATCH_CONVERSATIONS);
    expect(await running.stop()).toBe(0);
    running = undefined;
    await folder.remove();
  },
);

/** Conversations of one closed segment each. */
function batchOf(batch: number): object[] {
  const at = Date.now() - 3_600_000;
  return Array.from({ length: BATCH_CONVERSATIONS }, (_, i) => {
    const conversationId = `${batch}-${i}`;
    return [
      { eventId: "a", conversationId, at, type: "AGENT_ASSIGNED", agentId: String(i % 7) },
      { eventId: "b", conversationId, at: at + 1000, type: "MESSAGE_SENT", sentBy: "AGENT", agentId: String(i % 7) },
      { eventId: "c", conversationId, at: at + 2000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
    ];
  }).flat();
}

async function totalOf(url: string): Promise<number> {
  const response = await fetch(
    `${url}/operations/api/account/${ACCOUNT}/msgagentsegments?v=1&timeframe=1440&metrics=avgAgentSegmentDuration`,
  );
  const { metricsTotal } = (await response.json()) as { metricsTotal: { totalAgentConversationSegments: number } };
  return metricsTotal.totalAgentConversationSegments;
}

async function waitUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}
