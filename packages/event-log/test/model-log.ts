import type { ConversationEvent } from "@segmeter/engine";
import type { AppendedBatch, ConversationHistory, EventBatch } from "../src/index.ts";

const HOUR_MS = 3_600_000;

/** A log as a plain list of events: slow, and plainly right. */
export class ModelLog {
  #rows: { readonly key: number; readonly accountId: string; readonly event: ConversationEvent }[] = [];
  #position: number;

  constructor(position: number) {
    this.#position = position;
  }

  /**
   * What an append has to answer. The log is free to choose the keys of new conversations: they are taken from `chosen`.
   *
   * @param chosen the log's own answer
   */
  append(batches: readonly EventBatch[], chosen: readonly AppendedBatch[]): AppendedBatch[] {
    const keysBefore = new Set(this.#rows.map(({ key }) => key));
    return batches.map(({ accountId, events }, batchIndex) => {
      const conversationKeys: number[] = [];
      const positions: number[] = [];
      for (const [index, event] of events.entries()) {
        const own = this.#rows.filter((row) => row.accountId === accountId && row.event.conversationId === event.conversationId);
        const key = own[0]?.key ?? chosen[batchIndex]!.conversationKeys[index]!;
        if (own.length === 0 && this.#rows.some((row) => row.key === key))
          throw new Error(`expected a new key, got ${key}, which is in use`);
        const isDuplicate = own.some((row) => row.event.eventId === event.eventId);
        if (!isDuplicate) this.#rows.push({ key, accountId, event });
        conversationKeys.push(key);
        positions.push(isDuplicate ? 0 : ++this.#position);
      }
      return { conversationKeys, positions, newConversationKeys: new Set(conversationKeys.filter((key) => !keysBefore.has(key))) };
    });
  }

  remove(keys: readonly number[]): void {
    this.#rows = this.#rows.filter(({ key }) => !keys.includes(key));
  }

  /** By ascending key. */
  histories(): ConversationHistory[] {
    const rowsByKey = Map.groupBy(this.#rows, ({ key }) => key);
    return [...rowsByKey]
      .map(([key, rows]) => ({ key, accountId: rows[0]!.accountId, events: rows.map(({ event }) => event) }))
      .toSorted((a, b) => a.key - b.key);
  }

  quietSince(lastEventBeforeMs: number): ConversationHistory[] {
    return this.histories()
      .filter(({ events }) => events.every(({ at }) => at < lastEventBeforeMs))
      .toSorted((a, b) => lastHourOf(a) - lastHourOf(b));
  }

  size(): { eventCount: number; conversationCount: number; position: number } {
    return { eventCount: this.#rows.length, conversationCount: this.histories().length, position: this.#position };
  }
}

function lastHourOf({ events }: ConversationHistory): number {
  return Math.floor(Math.max(...events.map(({ at }) => at)) / HOUR_MS);
}
