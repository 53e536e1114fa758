import type { AppendedBatch } from "../event-log.ts";
import { AT_COLUMN, contentCrc, idsCrcOf, KEY_COLUMN, POSITION_COLUMN } from "./event-row.ts";
import type { EventContent } from "./event-row.ts";
import type { KnownConversation, RecentConversations } from "./recent-conversations.ts";
import type { Statements } from "./statements.ts";
import { readTotals, writeTotals } from "./totals.ts";
import type { Totals } from "./totals.ts";

/** Events that may be new, by index. */
export interface NewEvents {
  readonly count: number;
  readonly conversationIdAt: (index: number) => string;
  /** A row of the caller's, without its conversation's key and its position: these are filled in. */
  readonly contentAt: (index: number) => EventContent;
}

/** A conversation of one call: its row is written once, after all of its events. */
interface TouchedConversation extends KnownConversation {
  readonly accountId: string;
  readonly conversationId: string;
  /** Not held before this call. */
  readonly isNew: boolean;
  /** Added by this call. */
  eventCount: number;
  /** Of the events added by this call; 0 before the first. */
  lastAt: number;
}

/**
 * One call of `append`, inside one transaction: `add` its batches, then `finish`.
 *
 * Only the events are written as they come. What changes in memory alone is kept here, so that a transaction that is
 * rolled back leaves nothing behind.
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
      const [conversationId, content] = [events.conversationIdAt(i), events.contentAt(i)];
      let conversation = touched.get(conversationId);
      if (conversation === undefined) {
        conversation = this.#find(accountId, conversationId);
        touched.set(conversationId, conversation);
        this.#touched.push(conversation);
      }
      content[KEY_COLUMN] = conversation.key;
      content[POSITION_COLUMN] = this.#position + 1;
      const isDuplicate = this.#statements.addEvent.run(...content, contentCrc(content, conversation.idsCrc)).changes === 0;
      if (!isDuplicate) {
        this.#position += 1;
        conversation.eventCount += 1;
        conversation.lastAt = Math.max(conversation.lastAt, content[AT_COLUMN]);
      }
      conversationKeys.push(conversation.key);
      positions.push(isDuplicate ? 0 : this.#position);
      if (conversation.isNew) newConversationKeys.add(conversation.key);
    }
    return { conversationKeys, positions, newConversationKeys };
  }

  /** @returns the new conversations, to be known once the transaction is committed */
  finish(): TouchedConversation[] {
    for (const { key, accountId, conversationId, isNew, eventCount, lastAt } of this.#touched) {
      if (isNew) this.#statements.addConversation.run(key, accountId, conversationId, lastAt, eventCount);
      else if (eventCount > 0) this.#statements.extendConversation.run(key, lastAt, eventCount);
    }
    const { position, newestKey, eventCount, conversationCount } = this.#before;
    const addedCount = this.#position - position;
    if (addedCount > 0) {
      writeTotals(this.#statements, {
        position: this.#position,
        newestKey: this.#newestKey,
        eventCount: eventCount + addedCount,
        conversationCount: conversationCount + this.#newestKey - newestKey,
      });
    }
    return this.#touched.filter(({ isNew }) => isNew);
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
    const { key, idsCrc } = held ?? { key: ++this.#newestKey, idsCrc: idsCrcOf(accountId, conversationId) };
    return { accountId, conversationId, key, idsCrc, isNew: held === undefined, eventCount: 0, lastAt: 0 };
  }

  #lookUp(accountId: string, conversationId: string): KnownConversation | undefined {
    const row = this.#statements.keyOf.get(accountId, conversationId) as readonly [key: number] | undefined;
    if (row === undefined) return undefined;
    const held = { key: row[0], idsCrc: idsCrcOf(accountId, conversationId) };
    this.#recent.add(accountId, conversationId, held);
    return held;
  }
}
