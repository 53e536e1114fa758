import { setTimeout as delay } from "node:timers/promises";

export const ACCOUNT = "loaded";
/** Of one segment each. */
export const BATCH_CONVERSATIONS = 40;

/** Posts batches of whole conversations, one closed segment each, and remembers which were acknowledged. */
export class Load {
  readonly #sent: object[][] = [];
  readonly #atMs: number;
  /** Segments of batches that were answered 200. */
  acknowledged = 0;
  /** How often a batch was answered otherwise. */
  readonly refusals = new Map<number, number>();

  /** @param atMs when its conversations begin */
  constructor(atMs = Date.now() - 3_600_000) {
    this.#atMs = atMs;
  }

  /** Segments of all that was sent, acknowledged or not. */
  get sent(): number {
    return this.#sent.length * BATCH_CONVERSATIONS;
  }

  /** Posts one batch after another until it is told to stop, or the gateway is gone. */
  async run(url: string, stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      const status = await this.postNext(url).catch(() => null);
      if (status === null) return;
      if (status !== 200) await delay(20);
    }
  }

  /** @returns the status */
  async postNext(url: string): Promise<number> {
    const batch = this.#sent.length;
    const events = batchOf(batch, this.#atMs);
    this.#sent.push(events);
    const { status, headers } = await post(url, events);
    if (status === 200) this.acknowledged += BATCH_CONVERSATIONS;
    else {
      this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
      if (status !== 503 || !headers.has("retry-after")) throw new Error(`a batch was answered ${status}`);
    }
    return status;
  }

  /** Sends everything again, as whoever is not sure should. */
  async sendAgain(url: string): Promise<void> {
    for (const events of this.#sent) {
      for (let tries = 0; ; tries++) {
        const { status } = await post(url, events);
        if (status === 200) break;
        if (status !== 503 || tries > 100) throw new Error(`a batch was answered ${status}`);
        await delay(50);
      }
    }
  }
}

/** Each batch comes with a late message of a conversation of the batch before, which changes no total. */
export function batchOf(batch: number, at: number): object[] {
  const late = { eventId: "late", conversationId: `${batch - 1}-0`, at: at + 1_500, type: "MESSAGE_SENT", sentBy: "CONSUMER" };
  const conversations = Array.from({ length: BATCH_CONVERSATIONS }, (_, i) => {
    const [conversationId, agentId] = [`${batch}-${i}`, String(i % 7)];
    return [
      { eventId: "a", conversationId, at, type: "AGENT_ASSIGNED", agentId, skillId: String(i % 3) },
      { eventId: "b", conversationId, at: at + 1_000, type: "MESSAGE_SENT", sentBy: "AGENT", agentId },
      { eventId: "c", conversationId, at: at + 2_000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
    ];
  });
  return batch === 0 ? conversations.flat() : [...conversations.flat(), late];
}

/** How many segments a gateway counts that ended in the last 24 hours. */
export async function totalOf(url: string): Promise<number> {
  const response = await fetch(`${url}/operations/api/account/${ACCOUNT}/msgagentsegments?v=1&timeframe=1440`);
  if (response.status !== 200) throw new Error(`the total was answered ${response.status}: ${await response.text()}`);
  const { metricsTotal } = (await response.json()) as { metricsTotal: { totalAgentConversationSegments: number } };
  return metricsTotal.totalAgentConversationSegments;
}

export function post(url: string, events: readonly object[], signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/accounts/${ACCOUNT}/events`, {
    ...(signal && { signal }),
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(events),
  });
}
