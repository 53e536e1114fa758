import { closeSync, openSync, readSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { COMPANIONS_TABLE } from "./companions.ts";
import { Damage, SQLITE_CODES, sqliteCodeOf, storageError } from "./failure.ts";
import { APPLICATION_ID, FORMAT_VERSION, SCHEMA, SCHEMA_2 } from "./schema.ts";
import { SCHEMA_1 } from "./version-1.ts";
import { findWalDamage } from "./wal-damage.ts";

/**
 * Looks at a file before it is opened for writing, through a connection that cannot write: SQLite mends and tidies up
 * what it finds in a file that it may write to, when it opens it and again when it closes it.
 *
 * @throws StorageError, Damage or SQLite's own error, if it is not a sound log of a version that is known, or is in use
 */
export function inspect(path: string): void {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isFile() === false) throw storageError("NOT_A_LOG", path, "it is not a file");
  if (file === undefined || file.size === 0) return assertNothingIsLost(path);
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const found = identify(path, db);
    if (found !== "NOTHING") assertSound(db, SCHEMAS[found]);
    // Of a new log, all of it may still be there.
    assertWalIsWhole(path);
  } catch (error) {
    const code = sqliteCodeOf(error);
    // The making of the file was cut short, before there was anything in it. SQLite starts it over.
    if (code === SQLITE_CODES.READONLY_ROLLBACK) return;
    const isUnreadable = code === SQLITE_CODES.ERROR || (code === SQLITE_CODES.NOTADB && startsLikeADatabase(path));
    throw isUnreadable ? new Damage("its first page is not what was written", { cause: error }) : error;
  } finally {
    db.close();
  }
}

const SCHEMAS = { LOG: SCHEMA, VERSION_2: SCHEMA_2, VERSION_1: SCHEMA_1 };

/**
 * Whether a file is a log of this version, of an earlier one, or has nothing in it yet.
 *
 * @throws StorageError NOT_A_LOG or NEWER_VERSION
 */
export function identify(path: string, db: DatabaseSync): keyof typeof SCHEMAS | "NOTHING" {
  const applicationId = Number(pragma(db, "application_id"));
  const version = Number(pragma(db, "user_version"));
  if (applicationId === APPLICATION_ID) {
    if (version === FORMAT_VERSION) return "LOG";
    if (version === 2) return "VERSION_2";
    if (version === 1) return "VERSION_1";
    if (version < FORMAT_VERSION) throw new Damage(`its format is version ${version}, which never was`);
    throw storageError("NEWER_VERSION", path, `its format is version ${version}, and this one knows version ${FORMAT_VERSION}`);
  }
  const hasTables = db.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined;
  if (applicationId === 0 && version === 0 && !hasTables) return "NOTHING";
  throw storageError("NOT_A_LOG", path, `it is another application's database (application_id ${applicationId}, user_version ${version})`);
}

/** The tables are those of its version, and every page is in its place. */
function assertSound(db: DatabaseSync, schema: readonly string[]): void {
  const tables = db
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT IN ('cursor', ?) ORDER BY rowid")
    .all(COMPANIONS_TABLE);
  if (JSON.stringify(tables.map(({ sql }) => sql)) !== JSON.stringify(schema)) throw new Damage("its tables are not those that were made");
  const verdict = pragma(db, "integrity_check(1)");
  if (verdict !== "ok") throw new Damage(String(verdict));
}

function assertWalIsWhole(path: string): void {
  const damage = findWalDamage(`${path}-wal`);
  if (damage !== null) throw new Damage(damage);
}

/** SQLite deletes a write-ahead log whose file is gone, and the events in it. */
function assertNothingIsLost(path: string): void {
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (wal !== undefined && wal.size > 0) throw new Damage(`it is empty or missing, but ${path}-wal, which continues it, is there`);
}

function pragma(db: DatabaseSync, call: string): unknown {
  const row = db.prepare(`PRAGMA ${call}`, { returnArrays: true }).get() as readonly unknown[] | undefined;
  return row?.[0];
}

const MAGIC = Buffer.from("SQLite format 3\0");

/** Only for a file that nobody holds: closing a file drops all locks that this process has on it. */
function startsLikeADatabase(path: string): boolean {
  const start = Buffer.alloc(MAGIC.length);
  const file = openSync(path, "r");
  try {
    const byteCount = readSync(file, start);
    return start.subarray(0, byteCount).equals(MAGIC.subarray(0, byteCount));
  } finally {
    closeSync(file);
  }
}
