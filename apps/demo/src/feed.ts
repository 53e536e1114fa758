import { setTimeout as delay } from "node:timers/promises";
import type { ConversationEvent } from "@segmeter/engine";
import { ask } from "./ask.ts";
import type { Traffic } from "@segmeter/testkit/traffic";

const HOUR_MS = 3_600_000;
/** A day, and the hour before it: conversations that were under way when the day began are whole then. */
const PAST_MS = 25 * HOUR_MS;
const BATCH_EVENTS = 5_000;
const STEP_MS = 500;
const RETRY_MS = 1_000;

export interface FeedOptions {
  /** Of gateways that share their log: the next one is asked where one does not take it. */
  readonly urls: readonly string[];
  readonly accountId: string;
  readonly traffic: Traffic;
  readonly signal: AbortSignal;
  /** For a gateway that asks for a credential. */
  readonly token: string | undefined;
  /** Told once the last 24 hours are in. */
  readonly onFilled: (eventCount: number) => void;
}

/** The gateway does not take events from the demo. */
export class FeedRefused extends Error {
  override readonly name = "FeedRefused";
}

/**
 * Posts the last 24 hours at once, and from then on every event at its time, until it is told to stop.
 *
 * @throws FeedRefused if the token is none that may
 */
export async function feed({ urls, accountId, traffic, signal, token, onFilled }: FeedOptions): Promise<void> {
  let fedUntilMs = Date.now();
  let turn = 0;
  const past = traffic.eventsBetween(fedUntilMs - PAST_MS, fedUntilMs);
  for (let at = 0; at < past.length && !signal.aborted; at += BATCH_EVENTS) await post(past.slice(at, at + BATCH_EVENTS));
  if (!signal.aborted) onFilled(past.length);
  while (!signal.aborted) {
    await delay(STEP_MS, undefined, { signal }).catch(() => undefined);
    const nowMs = Date.now();
    const events = traffic.eventsBetween(fedUntilMs, nowMs);
    if (events.length > 0) await post(events);
    fedUntilMs = nowMs;
  }

  /** What a gateway that is gone for a moment did not take, it gets again. */
  async function post(events: readonly ConversationEvent[]): Promise<void> {
    while (!signal.aborted) {
      const asked = await ask(`${urls[turn++ % urls.length]}/v1/accounts/${accountId}/events`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(events),
        signal,
      }).catch(() => null);
      if (asked?.status === 200) return;
      if (asked?.status === 401 || asked?.status === 403) throw new FeedRefused(asked.text);
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
