import type { ConversationHistory } from "../event-log.ts";
import { idsCrcOf, toEvent, type EventRow } from "./event-row.ts";
import { Damage } from "./failure.ts";
import { toPart, type PartRow } from "./part.ts";
import { HOUR_MS } from "./schema.ts";
import type { Statements } from "./statements.ts";

/** A conversation as it was read, every part checked. */
export interface StoredConversation {
  readonly key: number;
  readonly accountId: string;
  readonly conversationId: string;
  readonly lastAt: number;
  readonly eventCount: number;
  /** JSON list of them, each an `EventRow`, in the order of arrival. */
  readonly events: string;
}

/** @returns null for a conversation that is not held */
export function readConversation(statements: Statements, key: number): StoredConversation | null {
  const conversation = statements.conversation.get(key) as ConversationRow | undefined;
  return conversation === undefined ? null : toConversation(conversation, statements.partsOf.all(key) as unknown as PartRow[]);
}

/**
 * The conversations with keys in `(afterKey, lastKey]`, by ascending key, up to the one that brings their events to
 * `eventCountMin`. One range of each table, side by side.
 *
 * @returns none when there are none left
 */
export function readChunk(statements: Statements, afterKey: number, lastKey: number, eventCountMin: number): StoredConversation[] {
  const conversations: ConversationRow[] = [];
  let eventCount = 0;
  let rangeEnd = lastKey;
  for (const row of statements.conversationsBetween.iterate(afterKey, lastKey)) {
    const conversation = row as unknown as ConversationRow;
    conversations.push(conversation);
    eventCount += conversation[5];
    if (eventCount < eventCountMin) continue;
    rangeEnd = conversation[0];
    break;
  }

  const rows = statements.partsBetween.all(afterKey, rangeEnd) as unknown as PartRow[];
  let rowIndex = 0;
  const read = conversations.map((conversation) => {
    const start = rowIndex;
    while (rowIndex < rows.length && rows[rowIndex]![0] === conversation[0]) rowIndex += 1;
    return toConversation(conversation, rows.slice(start, rowIndex));
  });
  if (rowIndex < rows.length) throw new Damage(`conversation ${rows[rowIndex]![0]} has events, and is not there itself`);
  return read;
}

/** A row of `conversations`: the columns of `schema.ts`, in order. */
type ConversationRow = readonly [
  key: number,
  accountId: string,
  conversationId: string,
  lastAt: number,
  lastHour: number,
  eventCount: number,
];

/** @throws Damage if the rows are not those that were written for the conversation */
function toConversation(row: ConversationRow, partRows: readonly PartRow[]): StoredConversation {
  const [key, accountId, conversationId, lastAt, lastHour, eventCount] = row;
  if (lastHour !== Math.floor(lastAt / HOUR_MS))
    throw new Damage(`conversation ${key} ends at ${lastAt}, and is filed under hour ${lastHour}`);
  const idsCrc = idsCrcOf(accountId, conversationId);
  const lists = partRows.map((partRow) => toPart(partRow, key, idsCrc).events);
  const events = lists.length === 1 ? lists[0]! : `[${lists.map((list) => list.slice(1, -1)).join(",")}]`;
  return { key, accountId, conversationId, lastAt, eventCount, events };
}

/**
 * @param rows what `events` of the conversation holds
 * @throws Damage if these are not the events that were written for it
 */
export function toHistory(conversation: Omit<StoredConversation, "events">, rows: readonly EventRow[]): ConversationHistory {
  const { key, accountId, conversationId, lastAt, eventCount } = conversation;
  if (rows.length !== eventCount) throw new Damage(`conversation ${key} has ${rows.length} events where ${eventCount} were written`);
  let newestAt = 0;
  const events = rows.map((row) => {
    newestAt = Math.max(newestAt, row[1]);
    return toEvent(row, conversationId);
  });
  if (newestAt !== lastAt) throw new Damage(`conversation ${key} ends at ${newestAt}, and is filed under ${lastAt}`);
  return { key, accountId, events };
}

/** The events of a conversation that was read. */
export function rowsOf({ events }: StoredConversation): EventRow[] {
  return JSON.parse(events) as EventRow[];
}
