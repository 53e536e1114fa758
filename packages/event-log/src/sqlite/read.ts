import type { ConversationHistory } from "../event-log.ts";
import { AT_COLUMN, EVENT_ID_COLUMN, idsCrcOf, isIntact, KEY_COLUMN, POSITION_COLUMN, toEvent } from "./event-row.ts";
import type { EventRow } from "./event-row.ts";
import { Damage } from "./failure.ts";
import type { Statements } from "./statements.ts";

/** @returns null for a conversation that is not held */
export function readHistory(statements: Statements, key: number): ConversationHistory | null {
  const conversation = statements.conversation.get(key) as ConversationRow | undefined;
  return conversation === undefined ? null : toHistory(conversation, statements.eventsOf.all(key) as unknown as Row[]);
}

/**
 * The conversations with keys in `(afterKey, lastKey]`, by ascending key, up to the one that brings their events to
 * `eventCountMin`. One range of each table, side by side.
 *
 * @returns none when there are none left
 */
export function readChunk(statements: Statements, afterKey: number, lastKey: number, eventCountMin: number): ConversationHistory[] {
  const conversations: ConversationRow[] = [];
  let eventCount = 0;
  let rangeEnd = lastKey;
  for (const row of statements.conversationsBetween.iterate(afterKey, lastKey)) {
    const conversation = row as unknown as ConversationRow;
    conversations.push(conversation);
    eventCount += conversation[4];
    if (eventCount < eventCountMin) continue;
    rangeEnd = conversation[0];
    break;
  }

  const rows = statements.eventsBetween.all(afterKey, rangeEnd) as unknown as Row[];
  let rowIndex = 0;
  const histories = conversations.map((conversation) => {
    const ownRows = rows.slice(rowIndex, rowIndex + conversation[4]);
    rowIndex += ownRows.length;
    return toHistory(conversation, ownRows);
  });
  if (rowIndex < rows.length) throw new Damage(`${rows.length - rowIndex} events with keys up to ${rangeEnd} are of no conversation`);
  return histories;
}

type Row = readonly unknown[];

/** A row of `conversations`: the columns of `schema.ts`, in order. */
type ConversationRow = readonly [key: number, accountId: string, conversationId: string, lastAt: number, eventCount: number];

/** @throws Damage if the rows are not those that were written for the conversation */
function toHistory([key, accountId, conversationId, lastAt, eventCount]: ConversationRow, rows: readonly Row[]): ConversationHistory {
  if (rows.length !== eventCount) throw new Damage(`conversation ${key} has ${rows.length} events where ${eventCount} were written`);
  const idsCrc = idsCrcOf(accountId, conversationId);
  const intact: EventRow[] = [];
  let newestAt = 0;
  for (const row of rows) {
    if (row[KEY_COLUMN] !== key || !isIntact(row, idsCrc)) {
      throw new Damage(`event ${JSON.stringify(row[EVENT_ID_COLUMN])} of conversation ${key} is not what was written`);
    }
    intact.push(row);
    newestAt = Math.max(newestAt, row[AT_COLUMN]);
  }
  if (newestAt !== lastAt) throw new Damage(`conversation ${key} ends at ${newestAt}, and is filed under ${lastAt}`);
  const events = intact.toSorted((a, b) => a[POSITION_COLUMN] - b[POSITION_COLUMN]).map((row) => toEvent(row, conversationId));
  return { key, accountId, events };
}
