import { StorageError } from "../event-log.ts";
import type { LogFault } from "../event-log.ts";

/** Something in the file is not what was written. Whoever knows which file it is makes a StorageError of it. */
export class Damage extends Error {}

export function storageError(fault: LogFault, path: string, detail: string, cause?: unknown): StorageError {
  return new StorageError(fault, MESSAGES[fault](path, detail), { cause });
}

const MESSAGES: Readonly<Record<LogFault, (path: string, detail: string) => string>> = {
  IN_USE: (path) =>
    `${path} is in use: another process has it open, or this one opened it twice. A log has one owner: stop the other one, or use another folder.`,
  DAMAGED: (path, detail) =>
    `${path} is damaged: ${detail}. It is kept as it is. Restore its folder from a backup, or move it away to start with an empty log.`,
  NEWER_VERSION: (path, detail) =>
    `${path} was written by a newer version of Segmeter: ${detail}. It is kept as it is. Run that version, or use another folder.`,
  NOT_A_LOG: (path, detail) => `${path} is not an event log: ${detail}. It is kept as it is. Move it away, or use another folder.`,
  WRONG_SOURCE: (path, detail) =>
    `${path} cannot go on: ${detail}. It is kept as it is. Set the stream that it was filled from, or use another folder.`,
  GAP: (path, detail) =>
    `${path} cannot go on: ${detail}. It is kept as it is. Put a backup of another node in its place (segmeter backup, segmeter restore), which catches up from there.`,
  UNREACHABLE: (path, detail) => `${path} is cut off from the stream: ${detail}. Send the same events again: each counts once.`,
  STORAGE_FAILED: (path, detail) =>
    `${path} could not be read or written: ${detail}. A call that fails stores nothing: check space, permissions and the disk, then try again.`,
  LOST: (path, detail) =>
    `${path} is out of reach: ${detail}. Whether the calls under way were stored is not known: open the log again, and send their events again.`,
};

/**
 * What a failure means to the users of the log. One that is neither the file's nor the disk's is a bug, and is returned
 * as it came.
 */
export function toStorageError(error: unknown, path: string): unknown {
  if (error instanceof Damage) return storageError("DAMAGED", path, error.message, error);
  if (!isCoded(error)) return error;
  if (error.errcode !== undefined) {
    // The low byte says what kind of failure it is, the rest which one: 778 is 10, IOERR, while writing.
    const fault = FAULT_BY_SQLITE_CODE.get(error.errcode) ?? FAULT_BY_SQLITE_CODE.get(error.errcode & 0xff);
    return fault === undefined ? error : storageError(fault, path, `${error.message} (SQLite code ${error.errcode})`, error);
  }
  // A whole number beyond 2^53 - 1, which the log never writes.
  if (error.code === "ERR_OUT_OF_RANGE") return storageError("DAMAGED", path, error.message, error);
  return error.syscall === undefined ? error : storageError("STORAGE_FAILED", path, error.message, error);
}

/** @returns the result code of a failure of SQLite's, undefined for any other */
export function sqliteCodeOf(error: unknown): number | undefined {
  return isCoded(error) ? error.errcode : undefined;
}

/** The result codes that mean something to the log: https://sqlite.org/rescode.html */
export const SQLITE_CODES = {
  ERROR: 1,
  PERM: 3,
  BUSY: 5,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
  IOERR_SHORT_READ: 522,
  READONLY_ROLLBACK: 776,
} as const;

const FAULT_BY_SQLITE_CODE: ReadonlyMap<number, LogFault> = new Map([
  [SQLITE_CODES.PERM, "STORAGE_FAILED"],
  [SQLITE_CODES.BUSY, "IN_USE"],
  [SQLITE_CODES.NOMEM, "STORAGE_FAILED"],
  [SQLITE_CODES.READONLY, "STORAGE_FAILED"],
  [SQLITE_CODES.IOERR, "STORAGE_FAILED"],
  [SQLITE_CODES.CORRUPT, "DAMAGED"],
  [SQLITE_CODES.FULL, "STORAGE_FAILED"],
  [SQLITE_CODES.CANTOPEN, "STORAGE_FAILED"],
  [SQLITE_CODES.NOTADB, "NOT_A_LOG"],
  // A page is there in part: the file was cut short.
  [SQLITE_CODES.IOERR_SHORT_READ, "DAMAGED"],
]);

/**
 *     {code: "ERR_SQLITE_ERROR", errcode: 778, message: "disk I/O error"}
 *     {code: "EACCES", syscall: "mkdir", message: "EACCES: permission denied, mkdir '/data'"}
 */
interface CodedError extends Error {
  readonly code: string;
  readonly errcode?: number;
  readonly syscall?: string;
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && typeof (error as Partial<CodedError>).code === "string";
}
