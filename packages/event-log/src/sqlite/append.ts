import { idsCrcOf } from "./event-row.ts";
import type { EventUnpacker, PackedAppended } from "./packed-events.ts";
import { writePart } from "./part.ts";
import { readConversation, rowsOf, toHistory } from "./read.ts";
import type { KnownConversation, RecentConversations } from "./recent-conversations.ts";
import { HOUR_MS } from "./schema.ts";
import type { Statements } from "./statements.ts";
import { readTotals, writeTotals } from "./totals.ts";
import type { Totals } from "./totals.ts";

/** What a call does to the log. */
export interface Change {
  /** Of conversations that were there before, and go on. */
  readonly keys: readonly number[];
  /** Of the newest conversation ever held, with this. */
  readonly newestKey: number;
}

/** A conversation of one call. */
interface TouchedConversation {
  readonly accountId: string;
  readonly conversationId: string;
  /** As it will be after this call. */
  readonly known: KnownConversation;
  /** Not held before this call. */
  readonly isNew: boolean;
  /** Before this call. */
  readonly lastHour: number;
  /** By this call. */
  addedCount: number;
  /** Of the first of them. */
  position: number;
}

/**
 * One call of `append`, inside one transaction: `add`, then `write`. What is known of the conversations changes meanwhile: once
 * the transaction is committed it is to be remembered, and if it is rolled back forgotten.
 */
export class Appending {
  readonly #statements: Statements;
  readonly #recent: RecentConversations;
  readonly #events: EventUnpacker;
  readonly #touched: TouchedConversation[] = [];
  /** Conversation by conversation, as the events lie: 1 for a duplicate. */
  readonly #isDuplicate: Uint8Array;
  readonly #before: Totals;
  #position: number;
  #newestKey: number;

  constructor(statements: Statements, recent: RecentConversations, events: EventUnpacker) {
    this.#statements = statements;
    this.#recent = recent;
    this.#events = events;
    this.#isDuplicate = new Uint8Array(events.eventIds.length);
    this.#before = readTotals(statements);
    this.#position = this.#before.position;
    this.#newestKey = this.#before.newestKey;
  }

  add(): PackedAppended {
    const { conversations, conversationNumbers, starts, eventIds, ats } = this.#events;
    const places = starts.slice();
    const eventCount = eventIds.length;
    const values = new Float64Array(2 * eventCount);
    for (const [accountId, conversationId] of conversations) this.#touched.push(this.#find(accountId, conversationId));
    for (let i = 0; i < eventCount; i++) {
      const number = conversationNumbers[i]!;
      const conversation = this.#touched[number]!;
      const { known } = conversation;
      const place = places[number]!++;
      const eventId = eventIds[place]!;
      values[i] = known.key;
      if (known.eventIds.has(eventId)) {
        this.#isDuplicate[place] = 1;
        continue;
      }
      values[eventCount + i] = this.#position += 1;
      if (conversation.addedCount++ === 0) conversation.position = this.#position;
      known.eventIds.add(eventId);
      known.lastAt = Math.max(known.lastAt, ats[place]!);
    }
    return { values, newestKeyBefore: this.#before.newestKey };
  }

  /** @returns what has changed; null: nothing */
  write(): Change | null {
    this.#touched.forEach((conversation, number) => {
      if (conversation.addedCount > 0) this.#writeConversation(conversation, number);
    });
    const { position, newestKey, eventCount, conversationCount } = this.#before;
    const newCount = this.#position - position;
    if (newCount === 0) return null;
    writeTotals(this.#statements, {
      position: this.#position,
      newestKey: this.#newestKey,
      eventCount: eventCount + newCount,
      conversationCount: conversationCount + this.#newestKey - newestKey,
    });
    const continued = this.#touched.filter(({ isNew, addedCount }) => !isNew && addedCount > 0);
    return { keys: continued.map(({ known }) => known.key), newestKey: this.#newestKey };
  }

  remember(): void {
    for (const { accountId, conversationId, known, addedCount } of this.#touched)
      if (addedCount > 0) this.#recent.add(accountId, conversationId, known, addedCount);
  }

  forget(): void {
    for (const { accountId, conversationId } of this.#touched) this.#recent.delete(accountId, conversationId);
  }

  #writeConversation(
    { accountId, conversationId, known, isNew, lastHour, position, addedCount }: TouchedConversation,
    number: number,
  ): void {
    const { key, idsCrc, lastAt, eventIds } = known;
    const hour = Math.floor(lastAt / HOUR_MS);
    const { addConversation, extendConversation, extendConversationToHour } = this.#statements;
    if (isNew) addConversation.run(key, accountId, conversationId, lastAt, hour, eventIds.size);
    else if (hour === lastHour) extendConversation.run(key, lastAt, eventIds.size);
    else extendConversationToHour.run(key, lastAt, eventIds.size, hour);
    writePart(this.#statements, key, { position, events: this.#newRowsOf(number, addedCount) }, idsCrc);
  }

  /** @returns JSON */
  #newRowsOf(number: number, addedCount: number): string | Uint8Array {
    const [start, end] = [this.#events.starts[number]!, this.#events.starts[number + 1]!];
    if (addedCount === end - start) return this.#events.rowsOf(number);
    const rows: string[] = [];
    for (let place = start; place < end; place++) if (this.#isDuplicate[place] === 0) rows.push(this.#events.rowAt(number, place));
    return `[${rows.join()}]`;
  }

  #find(accountId: string, conversationId: string): TouchedConversation {
    const held = this.#recent.get(accountId, conversationId) ?? this.#lookUp(accountId, conversationId);
    const known = held ?? { key: ++this.#newestKey, idsCrc: idsCrcOf(accountId, conversationId), eventIds: new Set(), lastAt: 0 };
    const lastHour = Math.floor(known.lastAt / HOUR_MS);
    return { accountId, conversationId, known, isNew: held === undefined, lastHour, addedCount: 0, position: 0 };
  }

  #lookUp(accountId: string, conversationId: string): KnownConversation | undefined {
    const row = this.#statements.keyOf.get(accountId, conversationId) as readonly [key: number] | undefined;
    if (row === undefined) return undefined;
    const stored = readConversation(this.#statements, row[0])!;
    const eventIds = new Set(toHistory(stored, rowsOf(stored)).events.map(({ eventId }) => eventId));
    const held = { key: stored.key, idsCrc: idsCrcOf(accountId, conversationId), eventIds, lastAt: stored.lastAt };
    this.#recent.add(accountId, conversationId, held, eventIds.size);
    return held;
  }
}
