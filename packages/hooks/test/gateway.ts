import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig, startGateway, type Gateway } from "@segmeter/gateway";
import { onTestFinished } from "vitest";

export interface TestGateway {
  readonly url: string;
  /** Adds a closed segment that ended just now. */
  readonly closeSegment: (segment: { readonly agentId: string; readonly skillId?: string }) => Promise<void>;
  readonly stop: () => Promise<void>;
  /** On the same port and folder, after `stop`. */
  readonly startAgain: () => Promise<void>;
}

/** A real gateway with the account `mine`, for one test. */
export async function startTestGateway(): Promise<TestGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), "segmeter-"));
  const start = async (port: number): Promise<Gateway> => {
    const gateway = await startGateway({ config: readConfig({ PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: "silent" }) });
    await gateway.ready;
    return gateway;
  };
  let gateway: Gateway | null = null;
  const stop = async (): Promise<void> => {
    await gateway?.close();
    gateway = null;
  };
  onTestFinished(async () => {
    await stop();
    await rm(dataDir, { recursive: true });
  });
  gateway = await start(0);
  const { url } = gateway;
  let segmentCount = 0;
  return {
    url,
    closeSegment: async ({ agentId, skillId = "21" }) => {
      const conversationId = `c${segmentCount++}`;
      const at = Date.now();
      const events = [
        { conversationId, eventId: "0", at: at - 3_000, type: "CONVERSATION_STARTED", source: "WEB", skillId },
        { conversationId, eventId: "1", at: at - 2_000, type: "AGENT_ASSIGNED", agentId, groupId: "3" },
        { conversationId, eventId: "2", at: at - 1_000, type: "MESSAGE_SENT", sentBy: "AGENT", agentId },
        { conversationId, eventId: "3", at: at - 1, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
      ];
      const response = await fetch(`${url}/v1/accounts/mine/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(events),
      });
      if (response.status !== 200) throw new Error(`expected the events to be taken, got ${response.status}`);
    },
    stop,
    startAgain: async () => {
      gateway = await start(Number(new URL(url).port));
    },
  };
}
