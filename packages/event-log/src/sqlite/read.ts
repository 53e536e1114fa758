import { AT_COLUMN, EVENT_ID_COLUMN, idsCrcOf, KEY_COLUMN, POSITION_COLUMN, toIntactContent } from "./event-row.ts";
import type { EventContent } from "./event-row.ts";
import { Damage } from "./failure.ts";
import type { Statements } from "./statements.ts";

/** A conversation as it was read, whole and checked. */
export interface StoredConversation {
  readonly key: number;
  readonly accountId: string;
  readonly conversationId: string;
  /** In the order of arrival. */
  readonly contents: readonly EventContent[];
}

/** @returns null for a conversation that is not held */
export function readConversation(statements: Statements, key: number): StoredConversation | null {
  const conversation = statements.conversation.get(key) as ConversationRow | undefined;
  return conversation === undefined ? null : toConversation(conversation, statements.eventsOf.all(key) as unknown as Row[]);
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
    eventCount += conversation[4];
    if (eventCount < eventCountMin) continue;
    rangeEnd = conversation[0];
    break;
  }

  const rows = statements.eventsBetween.all(afterKey, rangeEnd) as unknown as Row[];
  let rowIndex = 0;
  const read = conversations.map((conversation) => {
    const ownRows = rows.slice(rowIndex, rowIndex + conversation[4]);
    rowIndex += ownRows.length;
    return toConversation(conversation, ownRows);
  });
  if (rowIndex < rows.length) throw new Damage(`${rows.length - rowIndex} events with keys up to ${rangeEnd} are of no conversation`);
  return read;
}

type Row = unknown[];

/** A row of `conversations`: the columns of `schema.ts`, in order. */
type ConversationRow = readonly [key: number, accountId: string, conversationId: string, lastAt: number, eventCount: number];

/** @throws Damage if the rows are not those that were written for the conversation */
function toConversation([key, accountId, conversationId, lastAt, eventCount]: ConversationRow, rows: readonly Row[]): StoredConversation {
  if (rows.length !== eventCount) throw new Damage(`conversation ${key} has ${rows.length} events where ${eventCount} were written`);
  const idsCrc = idsCrcOf(accountId, conversationId);
  const contents: EventContent[] = [];
  let newestAt = 0;
  for (const row of rows) {
    const content = toIntactContent(row, idsCrc);
    if (content === null || content[KEY_COLUMN] !== key) {
      throw new Damage(`event ${JSON.stringify(row[EVENT_ID_COLUMN])} of conversation ${key} is not what was written`);
    }
    contents.push(content);
    newestAt = Math.max(newestAt, content[AT_COLUMN]);
  }
  if (newestAt !== lastAt) throw new Damage(`conversation ${key} ends at ${newestAt}, and is filed under ${lastAt}`);
  contents.sort((a, b) => a[POSITION_COLUMN] - b[POSITION_COLUMN]);
  return { key, accountId, conversationId, contents };
}
