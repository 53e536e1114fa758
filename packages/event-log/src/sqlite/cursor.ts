import { crc32 } from "node:zlib";
import type { DatabaseSync } from "node:sqlite";
import type { Cursor } from "../event-log.ts";
import { Damage } from "./failure.ts";

/** Beside the tables of every log, in one that is filled from a stream. */
const CURSOR_TABLE = `CREATE TABLE cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  source TEXT NOT NULL, -- which stream, and what of it
  sequence INTEGER NOT NULL, -- of the newest message that is stored
  at INTEGER NOT NULL, -- when the stream took it, UTC epoch ms
  crc INTEGER NOT NULL -- CRC-32 of all of the above
) STRICT`;

/** Makes the table where it is missing. */
export function createCursorTable(db: DatabaseSync): void {
  if (!hasCursorTable(db)) db.exec(CURSOR_TABLE);
}

export function readCursor(db: DatabaseSync): Cursor | null {
  if (!hasCursorTable(db)) return null;
  const row = db.prepare("SELECT source, sequence, at, crc FROM cursor", { returnArrays: true }).get() as unknown[] | undefined;
  if (row === undefined) return null;
  const crc = row.pop();
  if (crc !== crc32(JSON.stringify(row))) throw new Damage("its place in the stream is not what was written");
  const [source, sequence, at] = row as [string, number, number];
  return { source, sequence, at };
}

/** Within a transaction: it is the caller's to commit. */
export function writeCursor(db: DatabaseSync, { source, sequence, at }: Cursor): void {
  const row = [source, sequence, at] as const;
  db.prepare("INSERT OR REPLACE INTO cursor (one, source, sequence, at, crc) VALUES (1, ?, ?, ?, ?)").run(
    ...row,
    crc32(JSON.stringify(row)),
  );
}

function hasCursorTable(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'cursor'").get() !== undefined;
}
