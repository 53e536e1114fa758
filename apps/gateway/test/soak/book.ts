import { hash } from "node:crypto";
import type { ConversationEvent } from "@segmeter/engine";
import type { EventLog } from "@segmeter/event-log";

/** A sum over events that does not depend on their order: differs if one is missing, stands twice or is another. */
interface Entry {
  count: number;
  sum: number;
}

/** What a log holds beside what was acknowledged. */
export interface Held {
  readonly eventCount: number;
  /** Acknowledged, and not there. */
  readonly lostCount: number;
  /** There more than once, or never acknowledged. */
  readonly doubleCount: number;
  /** Conversations with as many events as acknowledged, though not the same ones. */
  readonly alteredCount: number;
  /** The first of the conversations that differ. */
  readonly examples: readonly string[];
}

const EXAMPLES_MAX = 10;

/** The client's own account of what was acknowledged, conversation by conversation. */
export class Book {
  readonly #entries = new Map<string, Entry>();
  eventCount = 0;

  /** @param events that were acknowledged, and not before */
  add(accountId: string, events: readonly ConversationEvent[]): void {
    this.eventCount += events.length;
    addTo(this.#entries, accountId, events);
  }

  /** Holds everything that a log has against the book. */
  async compare(log: Pick<EventLog, "readAll">): Promise<Held> {
    const found = new Map<string, Entry>();
    for await (const histories of log.readAll()) for (const { accountId, events } of histories) addTo(found, accountId, events);
    const counts = { eventCount: 0, lostCount: 0, doubleCount: 0, alteredCount: 0 };
    const examples: string[] = [];
    for (const key of new Set([...this.#entries.keys(), ...found.keys()])) {
      const [booked, held] = [this.#entries.get(key) ?? NONE, found.get(key) ?? NONE];
      counts.eventCount += held.count;
      if (booked.count === held.count && booked.sum === held.sum) continue;
      counts.lostCount += Math.max(0, booked.count - held.count);
      counts.doubleCount += Math.max(0, held.count - booked.count);
      if (booked.count === held.count) counts.alteredCount += 1;
      if (examples.length < EXAMPLES_MAX) examples.push(`${key}: ${booked.count} acknowledged, ${held.count} in the log`);
    }
    return { ...counts, examples };
  }
}

const NONE: Entry = { count: 0, sum: 0 };

function addTo(entries: Map<string, Entry>, accountId: string, events: readonly ConversationEvent[]): void {
  for (const event of events) {
    const key = `${accountId} ${event.conversationId}`;
    const entry = entries.get(key) ?? { count: 0, sum: 0 };
    entries.set(key, entry);
    entry.count += 1;
    entry.sum = (entry.sum + numberOf(event)) % Number.MAX_SAFE_INTEGER;
  }
}

/** 48 bits of a digest. */
function numberOf(event: ConversationEvent): number {
  return hash("sha1", JSON.stringify(event, Object.keys(event).toSorted()), "buffer").readUIntBE(0, 6);
}
