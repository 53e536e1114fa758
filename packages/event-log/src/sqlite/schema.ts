import type { DatabaseSync } from "node:sqlite";
import { prepareStatements } from "./statements.ts";
import { EMPTY_TOTALS, writeTotals } from "./totals.ts";

/** `SegE`: marks the file as an event log of Segmeter (`file events.sqlite` shows it). */
export const APPLICATION_ID = 0x53656745;
/** Raised with every change of the tables below, or of what stands in them. */
export const FORMAT_VERSION = 1;

/**
 * The tables, with the words behind their codes: the comments are kept in the file, and `.schema` of the sqlite3 shell
 * shows them. `events` is clustered by conversation: a history is one range, and a duplicate meets its own key.
 */
export const SCHEMA: readonly string[] = [
  `CREATE TABLE conversations (
  key INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  last_at INTEGER NOT NULL, -- the greatest "at" of its events
  event_count INTEGER NOT NULL,
  UNIQUE (account_id, conversation_id)
) STRICT`,
  `CREATE INDEX conversations_by_last_at ON conversations (last_at)`,
  `CREATE TABLE events (
  conversation_key INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  position INTEGER NOT NULL, -- order of arrival
  at INTEGER NOT NULL, -- event time, UTC epoch ms
  sequence INTEGER NOT NULL,
  type INTEGER NOT NULL, -- 1 CONVERSATION_STARTED, 2 _RESUMED, 3 AGENT_ASSIGNED, 4 _UNASSIGNED, 5 MESSAGE_SENT, 6 CONVERSATION_CLOSED
  skill_id TEXT,
  agent_id TEXT,
  group_id TEXT,
  source TEXT,
  user_type INTEGER, -- 1 HUMAN, 2 BOT
  takeover INTEGER, -- 0 false, 1 true
  reason INTEGER, -- 1 AGENT_TRANSFER, 2 SKILL_TRANSFER, 3 BACK_TO_QUEUE
  sender INTEGER, -- who sent the message or closed: 1 CONSUMER, 2 AGENT, 3 SYSTEM
  crc INTEGER NOT NULL, -- CRC-32 of account, conversation and all of the above
  PRIMARY KEY (conversation_key, event_id)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE totals (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  position INTEGER NOT NULL, -- of the newest event ever appended
  newest_key INTEGER NOT NULL, -- of the newest conversation ever held
  event_count INTEGER NOT NULL,
  conversation_count INTEGER NOT NULL,
  crc INTEGER NOT NULL -- CRC-32 of all of the above
) STRICT`,
];

/** Makes the tables of a new log, all or none. */
export function createSchema(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE");
  for (const statement of SCHEMA) db.exec(statement);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`);
  writeTotals(prepareStatements(db), EMPTY_TOTALS);
  db.exec("COMMIT");
}
