import { idsCrcOf } from "./event-row.ts";
import type { EventUnpacker, PackedAppended } from "./packed-events.ts";
import { writePart } from "./part.ts";
import { readConversation, rowsOf, toHistory } from "./read.ts";
import { nameOf, type KnownConversation, type RecentConversations } from "./recent-conversations.ts";
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
  /** Where its events lie: once a block that has some. */
  readonly numbers: number[];
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
  /** By `nameOf`. */
  readonly #touched = new Map<string, TouchedConversation>();
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
    const touched = conversations.map(([accountId, conversationId], number) => this.#touch(accountId, conversationId, number));
    for (let i = 0; i < eventCount; i++) {
      const number = conversationNumbers[i]!;
      const conversation = touched[number]!;
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
    const continuedKeys: number[] = [];
    for (const conversation of this.#touched.values()) {
      if (conversation.addedCount === 0) continue;
      this.#writeConversation(conversation);
      if (!conversation.isNew) continuedKeys.push(conversation.known.key);
    }
    const { position, newestKey, eventCount, conversationCount } = this.#before;
    const newCount = this.#position - position;
    if (newCount === 0) return null;
    writeTotals(this.#statements, {
      position: this.#position,
      newestKey: this.#newestKey,
      eventCount: eventCount + newCount,
      conversationCount: conversationCount + this.#newestKey - newestKey,
    });
    return { keys: continuedKeys, newestKey: this.#newestKey };
  }

  remember(): void {
    for (const [name, { known, addedCount }] of this.#touched) if (addedCount > 0) this.#recent.add(name, known, addedCount);
  }

  forget(): void {
    for (const name of this.#touched.keys()) this.#recent.delete(name);
  }

  #writeConversation(conversation: TouchedConversation): void {
    const { accountId, conversationId, known, isNew, lastHour, position } = conversation;
    const { key, idsCrc, lastAt, eventIds } = known;
    const hour = Math.floor(lastAt / HOUR_MS);
    const { addConversation, extendConversation, extendConversationToHour } = this.#statements;
    if (isNew) addConversation.run(key, accountId, conversationId, lastAt, hour, eventIds.size);
    else if (hour === lastHour) extendConversation.run(key, lastAt, eventIds.size);
    else extendConversationToHour.run(key, lastAt, eventIds.size, hour);
    writePart(this.#statements, key, { position, events: this.#newRowsOf(conversation) }, idsCrc);
  }

  /** @returns JSON */
  #newRowsOf({ numbers, addedCount }: TouchedConversation): Uint8Array {
    const { starts } = this.#events;
    const eventCount = numbers.reduce((sum, number) => sum + starts[number + 1]! - starts[number]!, 0);
    if (numbers.length === 1 && addedCount === eventCount) return this.#events.listOf(numbers[0]!);
    return this.#events.joinedList(numbers, this.#isDuplicate);
  }

  #touch(accountId: string, conversationId: string, number: number): TouchedConversation {
    const name = nameOf(accountId, conversationId);
    let conversation = this.#touched.get(name);
    if (conversation === undefined) this.#touched.set(name, (conversation = this.#find(name, accountId, conversationId)));
    conversation.numbers.push(number);
    return conversation;
  }

  #find(name: string, accountId: string, conversationId: string): TouchedConversation {
    const held = this.#recent.get(name) ?? this.#lookUp(name, accountId, conversationId);
    const known = held ?? { key: ++this.#newestKey, idsCrc: idsCrcOf(accountId, conversationId), eventIds: new Set(), lastAt: 0 };
    const lastHour = Math.floor(known.lastAt / HOUR_MS);
    return { accountId, conversationId, known, isNew: held === undefined, lastHour, numbers: [], addedCount: 0, position: 0 };
  }

  #lookUp(name: string, accountId: string, conversationId: string): KnownConversation | undefined {
    const row = this.#statements.keyOf.get(accountId, conversationId) as readonly [key: number] | undefined;
    if (row === undefined) return undefined;
    const stored = readConversation(this.#statements, row[0])!;
    const eventIds = new Set(toHistory(stored, rowsOf(stored)).events.map(({ eventId }) => eventId));
    const held = { key: stored.key, idsCrc: idsCrcOf(accountId, conversationId), eventIds, lastAt: stored.lastAt };
    this.#recent.add(name, held, eventIds.size);
    return held;
  }
}
