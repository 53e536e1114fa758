import type { AppendedBatch } from "../event-log.ts";
import { idsCrcOf, type EventRow } from "./event-row.ts";
import { writePart } from "./part.ts";
import { readConversation, rowsOf, toHistory } from "./read.ts";
import type { KnownConversation, RecentConversations } from "./recent-conversations.ts";
import { HOUR_MS } from "./schema.ts";
import type { Statements } from "./statements.ts";
import { readTotals, writeTotals } from "./totals.ts";
import type { Totals } from "./totals.ts";

/** Events that may be new, by index. */
export interface NewEvents {
  readonly count: number;
  readonly conversationIdAt: (index: number) => string;
  readonly rowAt: (index: number) => EventRow;
}

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
  /** As it was before this call. */
  readonly known: KnownConversation;
  /** Not held before this call. */
  readonly isNew: boolean;
  /** Added by this call. */
  readonly rows: EventRow[];
  readonly eventIds: Set<string>;
  /** Of the first of them. */
  position: number;
  /** Of all its events. */
  lastAt: number;
}

/**
 * One call of `append`, inside one transaction: `add` its batches, then `write`. What is known of the conversations changes
 * with `remember` alone, so that a transaction that is rolled back leaves nothing behind.
 */
export class Appending {
  readonly #statements: Statements;
  readonly #recent: RecentConversations;
  readonly #touched: TouchedConversation[] = [];
  readonly #touchedByAccount = new Map<string, Map<string, TouchedConversation>>();
  readonly #before: Totals;
  #position: number;
  #newestKey: number;

  constructor(statements: Statements, recent: RecentConversations) {
    this.#statements = statements;
    this.#recent = recent;
    this.#before = readTotals(statements);
    this.#position = this.#before.position;
    this.#newestKey = this.#before.newestKey;
  }

  add(accountId: string, events: NewEvents): AppendedBatch {
    const conversationKeys: number[] = [];
    const positions: number[] = [];
    const newConversationKeys = new Set<number>();
    const touched = this.#touchedOf(accountId);
    for (let i = 0; i < events.count; i++) {
      const [conversationId, row] = [events.conversationIdAt(i), events.rowAt(i)];
      let conversation = touched.get(conversationId);
      if (conversation === undefined) {
        conversation = this.#find(accountId, conversationId);
        touched.set(conversationId, conversation);
        this.#touched.push(conversation);
      }
      const [eventId, at] = row;
      const isDuplicate = conversation.eventIds.has(eventId) || conversation.known.eventIds.has(eventId);
      if (!isDuplicate) {
        this.#position += 1;
        if (conversation.rows.push(row) === 1) conversation.position = this.#position;
        conversation.eventIds.add(eventId);
        conversation.lastAt = Math.max(conversation.lastAt, at);
      }
      conversationKeys.push(conversation.known.key);
      positions.push(isDuplicate ? 0 : this.#position);
      if (conversation.isNew) newConversationKeys.add(conversation.known.key);
    }
    return { conversationKeys, positions, newConversationKeys };
  }

  /** @returns what has changed; null: nothing */
  write(): Change | null {
    for (const conversation of this.#touched) if (conversation.rows.length > 0) this.#writeConversation(conversation);
    const { position, newestKey, eventCount, conversationCount } = this.#before;
    const addedCount = this.#position - position;
    if (addedCount === 0) return null;
    writeTotals(this.#statements, {
      position: this.#position,
      newestKey: this.#newestKey,
      eventCount: eventCount + addedCount,
      conversationCount: conversationCount + this.#newestKey - newestKey,
    });
    const continued = this.#touched.filter(({ isNew, rows }) => !isNew && rows.length > 0);
    return { keys: continued.map(({ known }) => known.key), newestKey: this.#newestKey };
  }

  /** Once the transaction is committed. */
  remember(): void {
    for (const { accountId, conversationId, known, isNew, eventIds, lastAt } of this.#touched) {
      for (const eventId of eventIds) known.eventIds.add(eventId);
      known.lastAt = lastAt;
      if (eventIds.size > 0 || isNew) this.#recent.add(accountId, conversationId, known, eventIds.size);
    }
  }

  #writeConversation({ accountId, conversationId, known, isNew, rows, position, lastAt }: TouchedConversation): void {
    const { key, idsCrc } = known;
    const [lastHour, eventCount] = [Math.floor(lastAt / HOUR_MS), known.eventIds.size + rows.length];
    const { addConversation, extendConversation, extendConversationToHour } = this.#statements;
    if (isNew) addConversation.run(key, accountId, conversationId, lastAt, lastHour, eventCount);
    else if (lastHour === Math.floor(known.lastAt / HOUR_MS)) extendConversation.run(key, lastAt, eventCount);
    else extendConversationToHour.run(key, lastAt, eventCount, lastHour);
    writePart(this.#statements, key, { position, events: JSON.stringify(rows) }, idsCrc);
  }

  #touchedOf(accountId: string): Map<string, TouchedConversation> {
    const known = this.#touchedByAccount.get(accountId);
    if (known !== undefined) return known;
    const touched = new Map<string, TouchedConversation>();
    this.#touchedByAccount.set(accountId, touched);
    return touched;
  }

  #find(accountId: string, conversationId: string): TouchedConversation {
    const held = this.#recent.get(accountId, conversationId) ?? this.#lookUp(accountId, conversationId);
    const known = held ?? { key: ++this.#newestKey, idsCrc: idsCrcOf(accountId, conversationId), eventIds: new Set(), lastAt: 0 };
    const isNew = held === undefined;
    return { accountId, conversationId, known, isNew, rows: [], eventIds: new Set(), position: 0, lastAt: known.lastAt };
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
