import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { join } from "node:path";
import { openSqliteLog } from "@segmeter/event-log/sqlite";
import { atLeast, atMost, SHOWN, toRow, type Benchmark, type Row, type Target } from "./benchmark.ts";
import { ACCOUNT_ID } from "./dataset.ts";
import { medianOf, time } from "./measure.ts";
import { startBenchGateway } from "./served.ts";
import type { Stage } from "./stage.ts";

const BATCH_EVENTS = 5_000;
/** About 400,000 events. */
const POSTED_SEGMENTS_MAX = 80_000;
const SLICE_BATCHES = 8;
const IN_FLIGHT = 2;
const LATE_SHARE = 0.01;

/** Events on their way to disk and back. */
export const LOG_BENCHMARKS: readonly Benchmark[] = [
  { name: "I", question: "events in over HTTP, NDJSON, 5,000 a batch (ms: a batch)", run: compareIngest },
  { name: "S", question: "start to ready (run once)", run: compareStart },
];

interface Posted {
  readonly folder: string;
  /** The median of its slices. */
  readonly eventsPerSecond: number;
}

async function compareIngest(stage: Stage): Promise<readonly Row[]> {
  stage.tell("I: posting events in order");
  const ordered = await post(stage, 0);
  stage.tell("I: posting with 1 % of them late");
  const late = await post(stage, LATE_SHARE);
  stage.tell("I: inserting the same rows directly");
  const direct = await insertDirectly(stage, join(ordered.folder, "events.sqlite"));
  const oursMs = batchMs(ordered.eventsPerSecond);
  return [
    toRow(
      {
        name: "I",
        oursMs,
        peer: "node:sqlite, the same rows ready-made",
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
  const eventsPerSecond = await client.run("post", {
    url: `${gateway.url}/v1/accounts/${ACCOUNT_ID}/events`,
    prefix: "",
    segmentCount: Math.min(stage.segmentCount, POSTED_SEGMENTS_MAX),
    batchEvents: BATCH_EVENTS,
    sliceBatches: SLICE_BATCHES,
    inFlight: IN_FLIGHT,
    lateShare,
  });
  await client.close();
  await gateway.close();
  // The first slice warms up; the last one may be short.
  return { folder, eventsPerSecond: medianOf(eventsPerSecond.length > 2 ? eventsPerSecond.slice(1, -1) : eventsPerSecond) };
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

/** Inserts what another log holds, row by row as it stands there, one transaction a batch. */
async function insertDirectly(
  stage: Stage,
  fromPath: string,
): Promise<{ readonly eventsPerSecond: number; readonly rowCount: number; readonly isSame: boolean }> {
  const folder = await stage.folder();
  await openSqliteLog({ folder }).then((log) => log.close());
  const from = new DatabaseSync(fromPath, { readOnly: true });
  const to = new DatabaseSync(join(folder, "events.sqlite"));
  to.exec(SETTINGS);
  const events = readRows(from, "SELECT * FROM events ORDER BY position");
  const conversations = readRows(from, "SELECT * FROM conversations ORDER BY key");
  const addEvent = prepareInsert(to, "events", events);
  const addConversation = prepareInsert(to, "conversations", conversations);
  const rates: number[] = [];
  let addedConversations = 0;
  for (let start = 0; start < events.length; start += BATCH_EVENTS * SLICE_BATCHES) {
    const slice = events.slice(start, start + BATCH_EVENTS * SLICE_BATCHES);
    const ms = await time(() => {
      for (let batch = 0; batch < slice.length; batch += BATCH_EVENTS) insertBatch(slice.slice(batch, batch + BATCH_EVENTS));
    });
    rates.push((slice.length / ms) * 1000);
  }
  const isSame = sumOf(from) === sumOf(to);
  from.close();
  to.close();
  return { eventsPerSecond: medianOf(rates.length > 2 ? rates.slice(1, -1) : rates), rowCount: events.length, isSame };

  /** Keys of conversations ascend as they first appear. */
  function insertBatch(rows: readonly SqlRow[]): void {
    const newestKey = rows.reduce((newest, [key]) => Math.max(newest, Number(key)), 0);
    to.exec("BEGIN IMMEDIATE");
    for (const row of rows) addEvent(row);
    for (; addedConversations < conversations.length && Number(conversations[addedConversations]![0]) <= newestKey; addedConversations++)
      addConversation(conversations[addedConversations]!);
    to.exec("COMMIT");
  }
}

type SqlRow = readonly SQLInputValue[];

function readRows(db: DatabaseSync, sql: string): SqlRow[] {
  return db.prepare(sql, { returnArrays: true }).all() as unknown as SqlRow[];
}

function prepareInsert(db: DatabaseSync, table: string, rows: readonly SqlRow[]): (row: SqlRow) => void {
  const places = (rows[0] ?? []).map(() => "?").join(", ");
  const statement = db.prepare(`INSERT INTO ${table} VALUES (${places}) ON CONFLICT DO NOTHING`);
  return (row) => void statement.run(...row);
}

function sumOf(db: DatabaseSync): string {
  return JSON.stringify(readRows(db, "SELECT count(*), sum(crc), (SELECT count(*) FROM conversations) FROM events"));
}

async function compareStart(stage: Stage): Promise<readonly Row[]> {
  const { eventCount, readMs, selectMs, startMs: oursMs } = await stage.served();
  const checksum = `${eventCount} events`;
  const compare = (peer: string, peerMs: number, target: Target): Row =>
    toRow({ name: "S", oursMs, peer, peerMs, ratio: oursMs / peerMs, checksum }, target);
  return [
    compare("the log's readAll, nothing folded", readMs, atMost(1.5)),
    compare("SQLite's rows, neither checked nor made events", selectMs, SHOWN),
  ];
}
