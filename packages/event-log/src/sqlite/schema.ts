import type { DatabaseSync } from "node:sqlite";
import { Changes } from "./changes.ts";
import { prepareStatements } from "./statements.ts";
import { EMPTY_TOTALS, writeTotals } from "./totals.ts";

/** `SegE`: marks the file as an event log of Segmeter (`file events.sqlite` shows it). */
export const APPLICATION_ID = 0x53656745;
/** Raised with every change of the tables below, or of what stands in them. */
export const FORMAT_VERSION = 3;

export const HOUR_MS = 3_600_000;

/**
 * The tables, with what stands in them: the comments are kept in the file, and `.schema` of the sqlite3 shell shows them.
 * What one append adds to a conversation is one row of `parts`, which lie clustered by conversation: a history is one range.
 */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE conversations (
  key INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  last_at INTEGER NOT NULL, -- the greatest "at" of its events, UTC epoch ms
  last_hour INTEGER NOT NULL, -- last_at / 3600000: an index that seldom changes
  event_count INTEGER NOT NULL,
  UNIQUE (account_id, conversation_id)
) STRICT`,
  `CREATE INDEX conversations_by_last_hour ON conversations (last_hour)`,
  `CREATE TABLE parts (
  conversation_key INTEGER NOT NULL,
  position INTEGER NOT NULL, -- order of arrival: of its first event
  events TEXT NOT NULL, -- JSON [[event_id, at, sequence, type, ...], ...] in the order of arrival; after the type come,
  -- 1 CONVERSATION_STARTED, 2 _RESUMED: skill, source; 3 AGENT_ASSIGNED: skill, agent, group, user type, takeover;
  -- 4 _UNASSIGNED: skill, reason; 5 MESSAGE_SENT: agent, sender; 6 CONVERSATION_CLOSED: sender
  -- user type: 1 HUMAN, 2 BOT; takeover: 0, 1; reason: 1 AGENT_TRANSFER, 2 SKILL_TRANSFER, 3 BACK_TO_QUEUE;
  -- sender: 1 CONSUMER, 2 AGENT, 3 SYSTEM
  crc INTEGER NOT NULL, -- CRC-32 of account, conversation and all of the above
  PRIMARY KEY (conversation_key, position)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE totals (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  position INTEGER NOT NULL, -- of the newest event ever appended
  newest_key INTEGER NOT NULL, -- of the newest conversation ever held
  event_count INTEGER NOT NULL,
  conversation_count INTEGER NOT NULL,
  crc INTEGER NOT NULL -- CRC-32 of all of the above
) STRICT`,
  `CREATE TABLE changes (
  number INTEGER PRIMARY KEY, -- 1, 2, 3... one more with every transaction that changes what is held
  token INTEGER NOT NULL, -- random: tells this transaction from any other
  newest_key INTEGER NOT NULL, -- of the newest conversation ever held, with this
  keys TEXT NOT NULL, -- JSON [key, ...] of conversations that were held before, and went on or were removed
  key_count INTEGER NOT NULL, -- of these, and of all changes before
  crc INTEGER NOT NULL -- CRC-32 of all of the above
) STRICT`,
];

/** Version 2 has no changes. */
export const SCHEMA_2 = SCHEMA.slice(0, -1);

/** Makes the tables of a new log. Within a transaction: it is the caller's to commit. */
export function createTables(db: DatabaseSync): void {
  for (const statement of SCHEMA) db.exec(statement);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`);
  writeTotals(prepareStatements(db), EMPTY_TOTALS);
  new Changes(db).add([], EMPTY_TOTALS.newestKey);
}
