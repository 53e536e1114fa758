import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { SENDERS, UNASSIGNMENT_REASONS, USER_TYPES } from "@segmeter/engine";
import { openSqliteLog } from "@segmeter/event-log/sqlite";
import { atLeast, atMost, toRow, type Benchmark, type Row } from "./benchmark.ts";
import { ACCOUNT_ID, eventsInOrder } from "./dataset.ts";
import { startBenchGateway } from "./served.ts";
import type { Stage } from "./stage.ts";

const BATCH_EVENTS = 5_000;
/** About 400,000 events. */
const POSTED_SEGMENTS_MAX = 80_000;
const IN_FLIGHT = 2;
/** Neither side is timed before. */
const WARM_UP_MS = 400;
const LATE_SHARE = 0.01;

/** Events on their way to disk and back. */
export const LOG_BENCHMARKS: readonly Benchmark[] = [
  { name: "I", question: "events in over HTTP, NDJSON, 5,000 a batch (ms: a batch)", run: compareIngest },
];

interface Posted {
  readonly folder: string;
  readonly eventsPerSecond: number;
}

async function compareIngest(stage: Stage): Promise<readonly Row[]> {
  stage.tell("I: posting events in order");
  const ordered = await post(stage, 0);
  stage.tell("I: posting with 1 % of them late");
  const late = await post(stage, LATE_SHARE);
  stage.tell("I: inserting the same rows directly");
  const direct = await insertDirectly(stage, ordered.folder);
  const oursMs = batchMs(ordered.eventsPerSecond);
  return [
    toRow(
      {
        name: "I",
        oursMs,
        peer: "node:sqlite, the same events as rows, ready-made",
        peerMs: batchMs(direct.eventsPerSecond),
        ratio: ordered.eventsPerSecond / direct.eventsPerSecond,
        checksum: `${direct.rowCount} rows`,
        note: `${Math.round(ordered.eventsPerSecond)} events/s against ${Math.round(direct.eventsPerSecond)}`,
      },
      atLeast(0.5),
      direct.isSame,
    ),
    toRow(
      {
        name: "late",
        oursMs: batchMs(late.eventsPerSecond),
        peer: "the same in order",
        peerMs: oursMs,
        ratio: ordered.eventsPerSecond / late.eventsPerSecond,
        note: "1 % of the events come 7,000 events late",
      },
      atMost(1.5),
    ),
  ];
}

function batchMs(eventsPerSecond: number): number {
  return (BATCH_EVENTS / eventsPerSecond) * 1000;
}

/** Into an empty gateway of its own. */
async function post(stage: Stage, lateShare: number): Promise<Posted> {
  const folder = await stage.folder();
  const gateway = await startBenchGateway(folder);
  const client = stage.client();
  await client.run("prepare", { prefix: "", segmentCount: postedSegments(stage), batchEvents: BATCH_EVENTS, lateShare });
  const { eventsPerSecond } = await client.run("post", {
    url: `${gateway.url}/v1/accounts/${ACCOUNT_ID}/events`,
    inFlight: IN_FLIGHT,
    warmUpMs: warmUpMs(stage),
  });
  await client.close();
  await gateway.close();
  return { folder, eventsPerSecond };
}

function warmUpMs({ budgetMs }: Stage): number {
  return budgetMs > 0 ? WARM_UP_MS : 0;
}

function postedSegments({ segmentCount }: Stage): number {
  return Math.min(segmentCount, POSTED_SEGMENTS_MAX);
}

/** The settings that the log itself works with. */
const SETTINGS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA cache_size = -65536;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
`;

/** The events as SQLite holds rows best: one each, clustered by conversation, so that a duplicate meets its own key. */
const TABLES = `
  CREATE TABLE conversations (
    key INTEGER PRIMARY KEY, account_id TEXT NOT NULL, conversation_id TEXT NOT NULL, last_at INTEGER NOT NULL, event_count INTEGER NOT NULL,
    UNIQUE (account_id, conversation_id)
  ) STRICT;
  CREATE INDEX conversations_by_last_at ON conversations (last_at);
  CREATE TABLE events (
    conversation_key INTEGER NOT NULL, event_id TEXT NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL, sequence INTEGER NOT NULL,
    type INTEGER NOT NULL, skill_id TEXT, agent_id TEXT, group_id TEXT, source TEXT, user_type INTEGER, takeover INTEGER, reason INTEGER,
    sender INTEGER,
    crc INTEGER NOT NULL,
    PRIMARY KEY (conversation_key, event_id)
  ) STRICT, WITHOUT ROWID;
`;

/** Inserts the events that a log holds row by row, one transaction a batch. */
async function insertDirectly(
  stage: Stage,
  fromFolder: string,
): Promise<{ readonly eventsPerSecond: number; readonly rowCount: number; readonly isSame: boolean }> {
  const db = new DatabaseSync(join(await stage.folder(), "events.sqlite"));
  db.exec(SETTINGS);
  db.exec(TABLES);
  const { conversations, events } = toRows(postedSegments(stage));
  const addEvent = prepareInsert(db, "events", events);
  const addConversation = prepareInsert(db, "conversations", conversations);
  let addedConversations = 0;
  const startMs = performance.now() + warmUpMs(stage);
  let timed: { readonly startMs: number; readonly startRow: number } | undefined;
  for (let start = 0; start < events.length; start += BATCH_EVENTS) {
    const beganMs = performance.now();
    if (beganMs >= startMs) timed ??= { startMs: beganMs, startRow: start };
    insertBatch(events.slice(start, start + BATCH_EVENTS));
  }
  const eventsPerSecond = ((events.length - timed!.startRow) / (performance.now() - timed!.startMs)) * 1000;
  const [sums] = db.prepare("SELECT count(*), sum(at % 86400000), sum(length(event_id)) FROM events", { returnArrays: true }).all();
  db.close();
  const isSame = JSON.stringify(sums) === JSON.stringify(await sumsOf(fromFolder));
  return { eventsPerSecond, rowCount: events.length, isSame };

  /** Keys of conversations ascend as they first appear. */
  function insertBatch(rows: readonly SqlRow[]): void {
    const newestKey = rows.reduce((newest, [key]) => Math.max(newest, Number(key)), 0);
    db.exec("BEGIN IMMEDIATE");
    for (const row of rows) addEvent(row);
    for (; addedConversations < conversations.length && Number(conversations[addedConversations]![0]) <= newestKey; addedConversations++)
      addConversation(conversations[addedConversations]!);
    db.exec("COMMIT");
  }
}

type SqlRow = readonly SQLInputValue[];

/** The rows of the events that are posted in order. */
function toRows(segmentCount: number): { readonly conversations: SqlRow[]; readonly events: SqlRow[] } {
  const conversations = new Map<string, [key: number, accountId: string, conversationId: string, lastAt: number, eventCount: number]>();
  const events = eventsInOrder(segmentCount).map((event, i): SqlRow => {
    const { conversationId, eventId, at, sequence, type } = event;
    const conversation = conversations.get(conversationId) ?? [conversations.size + 1, ACCOUNT_ID, conversationId, 0, 0];
    conversations.set(conversationId, conversation);
    conversation[3] = at;
    conversation[4] += 1;
    const { skillId, agentId, groupId, source, userType, takeover, reason, sentBy, closedBy } = event as Partial<AnyFields>;
    const sender = sentBy ?? closedBy;
    const row = [conversation[0], eventId, i + 1, at, sequence, codeOf(TYPES, type), skillId, agentId, groupId, source];
    row.push(codeOf(USER_TYPES, userType), takeover === undefined ? null : Number(takeover));
    row.push(codeOf(UNASSIGNMENT_REASONS, reason), codeOf(SENDERS, sender), crc32(JSON.stringify(event)));
    return row.map((value) => value ?? null);
  });
  return { conversations: [...conversations.values()], events };
}

interface AnyFields extends Readonly<
  Record<"skillId" | "agentId" | "groupId" | "source" | "userType" | "reason" | "sentBy" | "closedBy", string | null>
> {
  readonly takeover: boolean;
}

const TYPES = ["CONVERSATION_STARTED", "CONVERSATION_RESUMED", "AGENT_ASSIGNED", "AGENT_UNASSIGNED", "MESSAGE_SENT", "CONVERSATION_CLOSED"];

/** @returns null for a field that the event has not */
function codeOf(words: readonly string[], word: string | null | undefined): number | null {
  return typeof word === "string" ? words.indexOf(word) + 1 : null;
}

function prepareInsert(db: DatabaseSync, table: string, rows: readonly SqlRow[]): (row: SqlRow) => void {
  const places = (rows[0] ?? []).map(() => "?").join(", ");
  const statement = db.prepare(`INSERT INTO ${table} VALUES (${places}) ON CONFLICT DO NOTHING`);
  return (row) => void statement.run(...row);
}

/** Of what a log holds, as SQLite tells them of the rows. */
async function sumsOf(folder: string): Promise<readonly number[]> {
  const log = await openSqliteLog({ folder });
  const sums = [0, 0, 0] as [number, number, number];
  for await (const chunk of log.readAll()) {
    for (const { at, eventId } of chunk.flatMap(({ events }) => events)) {
      sums[0] += 1;
      sums[1] += at % 86_400_000;
      sums[2] += eventId.length;
    }
  }
  await log.close();
  return sums;
}
