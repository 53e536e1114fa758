import { closeSync, openSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { crc32 } from "node:zlib";
import type { DatabaseSync } from "node:sqlite";
import { Damage } from "./failure.ts";

/** Only copies have this table, and only if something lay beside the log. Of each file the last piece is empty. */
export const COMPANIONS_TABLE = "companions";
const CREATE = `CREATE TABLE IF NOT EXISTS ${COMPANIONS_TABLE} (
  name TEXT NOT NULL, -- of a file that lay beside the log
  number INTEGER NOT NULL, -- of this piece of it, from 0
  bytes BLOB NOT NULL,
  crc INTEGER NOT NULL, -- CRC-32 of all of the above
  PRIMARY KEY (name, number)
) STRICT, WITHOUT ROWID`;

const PIECE_BYTES = 256 * 1024;

/** Puts files into a copy, in one transaction. Those that are not there, or empty, are passed over. */
export function packCompanions(copy: DatabaseSync, paths: readonly string[]): void {
  dropCompanions(copy);
  copy.exec("BEGIN");
  for (const path of paths) pack(copy, path);
  copy.exec("COMMIT");
}

/** Leaves the log alone. */
export function dropCompanions(copy: DatabaseSync): void {
  copy.exec(`DROP TABLE IF EXISTS ${COMPANIONS_TABLE}`);
}

/** @returns the names of the files in a copy */
export function companionNames(copy: DatabaseSync): string[] {
  if (copy.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(COMPANIONS_TABLE) === undefined) return [];
  const rows = copy.prepare(`SELECT DISTINCT name FROM ${COMPANIONS_TABLE} ORDER BY name`).all();
  return rows.map(({ name }) => String(name));
}

/**
 * The bytes of a file in a copy, piece by piece.
 *
 * @throws Damage if they are not what was written, or not all are there
 */
export function* readCompanion(copy: DatabaseSync, name: string): Generator<Uint8Array, void> {
  const rows = copy.prepare(`SELECT number, bytes, crc FROM ${COMPANIONS_TABLE} WHERE name = ? ORDER BY number`);
  let number = 0;
  let isWhole = false;
  for (const row of rows.iterate(name) as Iterable<{ number: number; bytes: Uint8Array; crc: number }>) {
    if (isWhole || row.number !== number || row.crc !== crcOf(name, number, row.bytes)) break;
    isWhole = row.bytes.length === 0;
    number++;
    if (!isWhole) yield row.bytes;
  }
  if (!isWhole) throw new Damage(`piece ${number} of ${name} in it is not what was written`);
}

function pack(copy: DatabaseSync, path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  const file = openSync(path, "r");
  try {
    copy.exec(CREATE);
    const add = copy.prepare(`INSERT INTO ${COMPANIONS_TABLE} VALUES (?, ?, ?, ?)`);
    const buffer = new Uint8Array(PIECE_BYTES);
    const name = basename(path);
    for (let number = 0, isWhole = false; !isWhole; number++) {
      const bytes = buffer.subarray(0, readSync(file, buffer));
      add.run(name, number, bytes, crcOf(name, number, bytes));
      isWhole = bytes.length === 0;
    }
  } finally {
    closeSync(file);
  }
}

function crcOf(name: string, number: number, bytes: Uint8Array): number {
  return crc32(bytes, crc32(JSON.stringify([name, number])));
}
