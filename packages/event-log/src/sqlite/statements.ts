import type { DatabaseSync, StatementSync } from "node:sqlite";

export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

/** Everything the log asks of a file. Rows come as arrays, in the order of the columns named here. */
export function prepareStatements(db: DatabaseSync): Statements {
  const prepare = ([name, sql]: [string, string]) => [name, db.prepare(sql, { returnArrays: true })];
  return Object.fromEntries(Object.entries(SQL).map(prepare)) as Statements;
}

const CONVERSATION = "key, account_id, conversation_id, last_at, event_count";
const EVENT =
  "conversation_key, event_id, position, at, sequence, type, skill_id, agent_id, group_id, source, user_type, takeover, reason, sender, crc";

const SQL = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",

  totals: "SELECT position, newest_key, event_count, conversation_count, crc FROM totals",
  writeTotals: "INSERT OR REPLACE INTO totals (one, position, newest_key, event_count, conversation_count, crc) VALUES (1, ?, ?, ?, ?, ?)",

  keyOf: "SELECT key FROM conversations WHERE account_id = ? AND conversation_id = ?",
  addEvent: `INSERT INTO events (${EVENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  addConversation: `INSERT INTO conversations (${CONVERSATION}) VALUES (?, ?, ?, ?, ?)`,
  extendConversation: "UPDATE conversations SET last_at = max(last_at, ?2), event_count = event_count + ?3 WHERE key = ?1",

  conversation: `SELECT ${CONVERSATION} FROM conversations WHERE key = ?`,
  conversationsBetween: `SELECT ${CONVERSATION} FROM conversations WHERE key > ? AND key <= ? ORDER BY key`,
  // The planner would rather walk all conversations in order of key; few of them are quiet.
  quietKeys: "SELECT key FROM conversations INDEXED BY conversations_by_last_at WHERE last_at < ? AND key > ? ORDER BY key LIMIT ?",
  eventsOf: `SELECT ${EVENT} FROM events WHERE conversation_key = ?`,
  eventsBetween: `SELECT ${EVENT} FROM events WHERE conversation_key > ? AND conversation_key <= ? ORDER BY conversation_key`,

  removeConversation: "DELETE FROM conversations WHERE key = ? RETURNING account_id, conversation_id, event_count",
  removeEvents: "DELETE FROM events WHERE conversation_key = ?",
} as const;
