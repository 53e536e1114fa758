import type { DatabaseSync, StatementSync } from "node:sqlite";

export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

/** Everything the log asks of a file. Rows come as arrays, in the order of the columns named here. */
export function prepareStatements(db: DatabaseSync): Statements {
  const prepare = ([name, sql]: [string, string]) => [name, db.prepare(sql, { returnArrays: true })];
  return Object.fromEntries(Object.entries(SQL).map(prepare)) as Statements;
}

const CONVERSATION = "key, account_id, conversation_id, last_at, last_hour, event_count";
const PART = "conversation_key, position, events, crc";

const SQL = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",

  totals: "SELECT position, newest_key, event_count, conversation_count, crc FROM totals",
  writeTotals: "INSERT OR REPLACE INTO totals (one, position, newest_key, event_count, conversation_count, crc) VALUES (1, ?, ?, ?, ?, ?)",

  keyOf: "SELECT key FROM conversations WHERE account_id = ? AND conversation_id = ?",
  addPart: `INSERT INTO parts (${PART}) VALUES (?, ?, CAST(? AS TEXT), ?)`,
  addConversation: `INSERT INTO conversations (${CONVERSATION}) VALUES (?, ?, ?, ?, ?, ?)`,
  extendConversation: "UPDATE conversations SET last_at = ?2, event_count = ?3 WHERE key = ?1",
  // Setting a column of an index costs its entry, also where the value stays the same.
  extendConversationToHour: "UPDATE conversations SET last_at = ?2, event_count = ?3, last_hour = ?4 WHERE key = ?1",

  conversation: `SELECT ${CONVERSATION} FROM conversations WHERE key = ?`,
  conversationsBetween: `SELECT ${CONVERSATION} FROM conversations WHERE key > ? AND key <= ? ORDER BY key`,
  // In the order of the index, so that a page costs what is in it.
  quietKeys: `SELECT key FROM conversations INDEXED BY conversations_by_last_hour
    WHERE last_hour <= ?1 AND last_at < ?2 AND (last_hour, key) > (?3, ?4) ORDER BY last_hour, key LIMIT ?5`,
  partsOf: `SELECT ${PART} FROM parts WHERE conversation_key = ?`,
  partsBetween: `SELECT ${PART} FROM parts WHERE conversation_key > ? AND conversation_key <= ? ORDER BY conversation_key, position`,

  removeConversation: "DELETE FROM conversations WHERE key = ? RETURNING account_id, conversation_id, event_count",
  removeParts: "DELETE FROM parts WHERE conversation_key = ?",
} as const;
