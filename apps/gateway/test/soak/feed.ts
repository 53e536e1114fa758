import { MINUTE_MS, type ConversationEvent } from "@segmeter/engine";
import { createTraffic, type Random } from "@segmeter/testkit";

export const BATCH_EVENTS = 50;
/** What the traffic covers: it begins so long before the run, and ends with its beginning. */
const PAST_MS = 20 * 60 * MINUTE_MS;
const EVENTS_A_CONVERSATION = 14;
const LATE = 0.02;
/** As many wait to come late, each behind some thousand events. */
const HELD_EVENTS = 60;

export interface FeedOptions {
  readonly seed: number;
  readonly random: Random;
  /** When the run began. */
  readonly beginMs: number;
  /** At least so many events can be taken. */
  readonly eventCountMin: number;
}

/** The traffic of one account in the order in which it comes: a little of it late. */
export class Feed {
  readonly #batches: Generator<ConversationEvent[]>;
  /** Up to here the traffic has come, but for what is late. */
  edgeMs: number;

  constructor({ seed, random, beginMs, eventCountMin }: FeedOptions) {
    const perDay = (eventCountMin / EVENTS_A_CONVERSATION) * ((24 * 60 * MINUTE_MS) / PAST_MS);
    // The hours of its night are quieter; what is left of it when the run ends is not sent.
    const traffic = createTraffic({ seed, conversationsPerDay: Math.ceil(2 * perDay) + 1_000 });
    this.edgeMs = beginMs - PAST_MS;
    this.#batches = this.#toBatches((fromMs, toMs) => traffic.eventsBetween(fromMs, toMs), random, beginMs);
  }

  /** @throws Error if there is no more */
  next(): ConversationEvent[] {
    const { value } = this.#batches.next() as IteratorResult<ConversationEvent[], undefined>;
    if (value === undefined) throw new Error("the feed has no more events: it was made for a shorter run");
    return value;
  }

  *#toBatches(
    eventsBetween: (fromMs: number, toMs: number) => readonly ConversationEvent[],
    random: Random,
    endMs: number,
  ): Generator<ConversationEvent[], undefined> {
    const held: ConversationEvent[] = [];
    let batch: ConversationEvent[] = [];
    for (; this.edgeMs < endMs; this.edgeMs += MINUTE_MS) {
      for (const event of eventsBetween(this.edgeMs, this.edgeMs + MINUTE_MS)) {
        if (random.chance(LATE)) held.push(event);
        else batch.push(event);
        if (held.length > HELD_EVENTS) batch.push(held.shift()!);
        if (batch.length < BATCH_EVENTS) continue;
        yield batch;
        batch = [];
      }
    }
    return undefined;
  }
}
