import { setTimeout as delay } from "node:timers/promises";

const PATIENCE_MS = 60_000;
const COME_AGAIN_MS = 100;

/** Does what clients do who are told to come again, as a node does while servers choose a leader: sends it again, for a time. */
export async function comeAgain<Answer extends { readonly status: number }>(send: () => Promise<Answer>): Promise<Answer> {
  for (const sinceMs = performance.now(); ; await delay(COME_AGAIN_MS)) {
    const answer = await send();
    if (answer.status !== 503 || performance.now() - sinceMs > PATIENCE_MS) return answer;
  }
}
