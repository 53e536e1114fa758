import { crc32 } from "node:zlib";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LogSize } from "../event-log.ts";
import { idsCrcOf, type EventRow } from "./event-row.ts";
import { Damage } from "./failure.ts";
import type { StoredConversation } from "./read.ts";
import { readTotals, type Totals } from "./totals.ts";

// The first format had one row an event. It is read, and made into the present one, never written.

/** Its tables, as they stand in the file. */
export const SCHEMA_1: readonly string[] = [
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

interface Version1Conversation extends StoredConversation {
  /** Of its first event. */
  readonly position: number;
}

export class Version1File {
  readonly #db: DatabaseSync;
  readonly #prefix: string;

  /** @param prefix of the names of the tables */
  constructor(db: DatabaseSync, prefix = "") {
    this.#db = db;
    this.#prefix = prefix;
  }

  /** @throws Damage */
  size(): LogSize {
    const { eventCount, conversationCount, position } = this.totals();
    return { eventCount, conversationCount, position };
  }

  /** @throws Damage */
  totals(): Totals {
    return readTotals({ totals: this.#prepare("SELECT position, newest_key, event_count, conversation_count, crc FROM", "totals") });
  }

  /**
   * Every conversation once, by ascending key, in chunks of bounded size.
   *
   * @throws Damage if anything is not what was written
   */
  *readAll(): Generator<Version1Conversation[], void> {
    const conversations = this.#prepare("SELECT * FROM", "conversations", "ORDER BY key");
    const eventsOf = this.#prepare("SELECT * FROM", "events", "WHERE conversation_key = ?");
    let chunk: Version1Conversation[] = [];
    for (const row of conversations.iterate() as Iterable<unknown>) {
      const [key] = row as ConversationRow;
      chunk.push(toConversation(row as ConversationRow, eventsOf.all(key) as unknown as unknown[][]));
      if (chunk.length < CHUNK_CONVERSATIONS) continue;
      yield chunk;
      chunk = [];
    }
    if (chunk.length > 0) yield chunk;
  }

  close(): void {
    this.#db.close();
  }

  #prepare(before: string, table: string, after = ""): StatementSync {
    return this.#db.prepare(`${before} ${this.#prefix}${table} ${after}`, { returnArrays: true });
  }
}

const CHUNK_CONVERSATIONS = 500;

type ConversationRow = readonly [key: number, accountId: string, conversationId: string, lastAt: number, eventCount: number];

function toConversation([key, accountId, conversationId, lastAt, eventCount]: ConversationRow, rows: unknown[][]): Version1Conversation {
  const idsCrc = idsCrcOf(accountId, conversationId);
  const intact = rows.map((row) => assertIntact(row, idsCrc)).toSorted((a, b) => a[POSITION] - b[POSITION]);
  const events = JSON.stringify(intact.map(toRow));
  return { key, accountId, conversationId, lastAt, eventCount, events, position: intact[0]?.[POSITION] ?? 0 };
}

const POSITION = 2;
type Version1Row = readonly [
  key: number,
  eventId: string,
  position: number,
  at: number,
  sequence: number,
  type: number,
  skillId: string | null,
  agentId: string | null,
  groupId: string | null,
  source: string | null,
  userType: number | null,
  takeover: number | null,
  reason: number | null,
  sender: number | null,
];

function assertIntact(row: unknown[], idsCrc: number): Version1Row {
  const crc = row.pop();
  if (crc === crc32(JSON.stringify(row), idsCrc)) return row as unknown as Version1Row;
  throw new Damage(`event ${JSON.stringify(row[1])} of conversation ${String(row[0])} is not what was written`);
}

/** The codes are the same. */
function toRow(row: Version1Row): EventRow {
  const [, eventId, , at, sequence, type, skillId, agentId, groupId, source, userType, takeover, reason, sender] = row;
  const fieldsByType = [
    [],
    [skillId, source],
    [skillId, source],
    [skillId, agentId, groupId, userType, takeover],
    [skillId, reason],
    [agentId, sender],
    [sender],
  ];
  return [eventId, at, sequence, type, ...(fieldsByType[type] ?? [])];
}
