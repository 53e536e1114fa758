import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LogChanges, LogMark } from "../event-log.ts";
import { Damage } from "./failure.ts";
import { readTotals } from "./totals.ts";
import type { Statements } from "./statements.ts";

/** The newest of them that name so many conversations are kept, whether or not anybody lets go of the others. */
const KEYS_MAX = 1_000_000;
/** Looking for those that are too many is spared most transactions. */
const LOOK_EVERY = 64;
const TOKEN_BYTES = 6;

const CHANGE = "number, token, newest_key, keys, key_count, crc";

/** A row of `changes`: the columns of `schema.ts`, in order. */
type ChangeRow = readonly [...ChangeFields, crc: number];
type ChangeFields = readonly [number: number, token: number, newestKey: number, keys: string, keyCount: number];

/** What each transaction has changed: so what was derived from the log earlier can be brought up to date. */
export class Changes {
  readonly #add: StatementSync;
  readonly #newest: StatementSync;
  readonly #oldest: StatementSync;
  readonly #since: StatementSync;
  readonly #removeBefore: StatementSync;

  constructor(db: DatabaseSync) {
    const prepare = (sql: string): StatementSync => db.prepare(sql, { returnArrays: true });
    this.#add = prepare(`INSERT INTO changes (${CHANGE}) VALUES (?, ?, ?, ?, ?, ?)`);
    this.#newest = prepare(`SELECT ${CHANGE} FROM changes ORDER BY number DESC LIMIT 1`);
    this.#oldest = prepare(`SELECT ${CHANGE} FROM changes ORDER BY number LIMIT 1`);
    this.#since = prepare(`SELECT ${CHANGE} FROM changes WHERE number >= ? ORDER BY number`);
    this.#removeBefore = prepare("DELETE FROM changes WHERE number < ?");
  }

  /**
   * Within the transaction that makes the change.
   *
   * @param keys of conversations that were there before, and went on or were removed
   * @param newestKey of the newest conversation ever held, with this
   */
  add(keys: readonly number[], newestKey: number): void {
    const newest = rowOf(this.#newest);
    const [number, keyCount] = newest === undefined ? [1, 0] : [intact(newest)[0] + 1, newest[4] + keys.length];
    const row = [number, randomBytes(TOKEN_BYTES).readUIntBE(0, TOKEN_BYTES), newestKey, JSON.stringify(keys), keyCount] as const;
    this.#add.run(...row, crcOf(row));
    if (number % LOOK_EVERY === 0) this.#removeSurplus(keyCount);
  }

  mark(statements: Statements): LogMark {
    const newest = rowOf(this.#newest);
    if (newest === undefined) throw new Damage("what has changed last is missing");
    const [number, token] = intact(newest);
    return { number, token, position: readTotals(statements).position };
  }

  /** @returns null if the mark is not one of this log, or was let go of */
  since({ number, token }: LogMark): LogChanges | null {
    const changed = new Set<number>();
    let [nextNumber, newestKey] = [number, 0];
    for (const row of this.#since.iterate(number) as Iterable<unknown>) {
      const [rowNumber, rowToken, rowNewestKey, keys] = intact(row as ChangeRow);
      if (rowNumber === number) {
        if (rowToken !== token) return null;
        newestKey = rowNewestKey;
      } else {
        if (rowNumber !== nextNumber) return null;
        for (const key of JSON.parse(keys) as number[]) if (key <= newestKey) changed.add(key);
      }
      nextNumber = rowNumber + 1;
    }
    return nextNumber === number ? null : { changedKeys: [...changed].toSorted((a, b) => a - b), newestKey };
  }

  /** Within a transaction: it is the caller's to commit. The mark itself stays. */
  forgetBefore({ number }: LogMark): void {
    this.#removeBefore.run(number);
  }

  #removeSurplus(keyCount: number): void {
    for (let oldest = rowOf(this.#oldest)!; oldest[4] < keyCount - KEYS_MAX; oldest = rowOf(this.#oldest)!)
      this.#removeBefore.run(oldest[0] + 1);
  }
}

function rowOf(statement: StatementSync): ChangeRow | undefined {
  return statement.get() as unknown as ChangeRow | undefined;
}

function intact(row: ChangeRow): ChangeRow {
  if (row[5] !== crcOf(row)) throw new Damage(`change ${row[0]} is not what was written`);
  return row;
}

function crcOf([number, token, newestKey, keys, keyCount]: ChangeFields | ChangeRow): number {
  return crc32(keys, crc32(`${number} ${token} ${newestKey} ${keyCount} `));
}
