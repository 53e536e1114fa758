import { accessSync, closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { convertVersion1, convertVersion2 } from "./convert.ts";
import { createCursorTable } from "./cursor.ts";
import { toStorageError } from "./failure.ts";
import { identify, inspect } from "./inspect.ts";
import { createTables } from "./schema.ts";
import { SqliteFile, type FilledFrom } from "./sqlite-file.ts";

const FILE_NAME = "events.sqlite";

/** Where the log of a folder lies. */
export function pathIn(folder: string): string {
  return join(resolve(folder), FILE_NAME);
}

/**
 * The log of a folder on the thread that calls, which waits for the disk: what `openSqliteLog` does on a thread of its own.
 *
 * @throws StorageError as `openSqliteLog`
 */
export function openSqliteFile(folder: string, filledFrom: FilledFrom = "OWNER"): SqliteFile {
  const path = pathIn(folder);
  try {
    createFolder(dirname(path));
    inspect(path);
    // SQLite would open a file that cannot be written, and fail at the first append.
    if (existsSync(path)) accessSync(path, constants.W_OK);
    return claim(path, filledFrom);
  } catch (error) {
    throw toStorageError(error, path);
  }
}

/** Takes the lock, which the system drops with the process, and makes the tables of a new log. */
function claim(path: string, filledFrom: FilledFrom): SqliteFile {
  const db = new DatabaseSync(path);
  try {
    // Exclusive before the first read: the index of the write-ahead log then lives in this process's memory.
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    const found = identify(path, db);
    db.exec(SETTINGS);
    if (found === "NOTHING") inTransaction(db, createTables);
    if (found === "VERSION_1") inTransaction(db, convertVersion1);
    if (found === "VERSION_2") inTransaction(db, convertVersion2);
    // Left by the look that `inspect` took. Nobody else can be using it now.
    rmSync(`${path}-shm`, { force: true });
    syncFolder(dirname(path));
    if (filledFrom === "STREAM") createCursorTable(db);
    const file = new SqliteFile(path, db);
    file.assertFilledFrom(filledFrom);
    return file;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** All of it or, when it fails, nothing: the file is closed then, which undoes the rest. */
function inTransaction(db: DatabaseSync, work: (db: DatabaseSync) => void): void {
  db.exec("BEGIN IMMEDIATE");
  work(db);
  db.exec("COMMIT");
}

const CACHE_KIB = 64 * 1024;
const CHECKPOINT_PAGES = 4000;
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA cache_size = -${CACHE_KIB};
  PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
  PRAGMA journal_size_limit = ${WAL_KEPT_BYTES};
`;

/** What makes a file outlive a power failure is its folder's entry, and so on up to the first folder that was there. */
function createFolder(folder: string): void {
  const firstCreated = mkdirSync(folder, { recursive: true });
  if (firstCreated === undefined) return;
  for (let created = folder; created.length >= firstCreated.length; created = dirname(created)) syncFolder(dirname(created));
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
