import { extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { StorageError } from "../event-log.ts";
import type {
  AppendedBatch,
  ConversationHistory,
  Cursor,
  EventBatch,
  EventLog,
  Follower,
  LogChanges,
  LogMark,
  LogSize,
} from "../event-log.ts";
import { Sequence } from "../sequence.ts";
import { storageError, toStorageError } from "./failure.ts";
import { pathIn } from "./open.ts";
import { pack, packBatches, unpackAppended, type PackedEvents } from "./packed-events.ts";
import type { RowBatch } from "./row-block.ts";
import { HOUR_MS } from "./schema.ts";
import type { FilledFrom } from "./sqlite-file.ts";
import { transferOf, unpackHistories } from "./thread-calls.ts";
import type { Call, CallAnswer, CallName, PackedHistories, ThreadCalls } from "./thread-calls.ts";

/** The entry of the thread lies beside this file, in the sources as in a bundle, where it is an entry too. */
const THREAD = new URL(`./log-thread${extname(import.meta.url)}`, import.meta.url);

export interface SqliteLogOptions {
  readonly folder: string;
  /** The owner's own calls, if left out. */
  readonly filledFrom?: FilledFrom;
  /** Told when the thread of the log has ended by itself: no call is answered any more, and the log has to be opened again. */
  readonly onLost?: (error: StorageError) => void;
}

/**
 * Opens the log in `folder/events.sqlite`, on a thread of its own; makes folder and file when they are missing. The log
 * is this process's alone until it is closed or the process ends, however it ends.
 *
 * What is there is checked before anything is written: a file that cannot be opened is left as it was found. That
 * reads the whole file, about a tenth of a second a million events; converting a log of the first version takes longer.
 *
 * @throws StorageError IN_USE, DAMAGED, NEWER_VERSION, NOT_A_LOG or STORAGE_FAILED; LOST if the thread cannot work
 */
export function openSqliteLog(options: SqliteLogOptions): Promise<EventLog> {
  return openOn(new Worker(THREAD, { name: "event log", execArgv: [] }), options);
}

/**
 * Opens the log of a folder that is filled from a stream, as `openSqliteLog` does.
 *
 * @throws StorageError WRONG_SOURCE if it was filled otherwise, and as `openSqliteLog`
 */
export async function openSqliteReplica(options: SqliteLogOptions): Promise<SqliteReplica> {
  const log = await openOn(new Worker(THREAD, { name: "event log", execArgv: [] }), { ...options, filledFrom: "STREAM" });
  return { log, cursor: await log.cursor(), store: (batches, cursor) => log.storeRows(batches, cursor) };
}

/** A log that is filled from a stream. */
export interface SqliteReplica {
  /** For reading. */
  readonly log: EventLog;
  /** As it was opened; null: nothing came from a stream yet. */
  readonly cursor: Cursor | null;
  /** Appends what a stream holds up to the cursor, which is stored with it. */
  readonly store: (batches: readonly RowBatch[], cursor: Cursor) => Promise<AppendedBatch[]>;
}

/** @param thread runs `log-thread.ts`, and ends with the log */
export async function openOn(thread: Worker, { folder, filledFrom = "OWNER", onLost }: SqliteLogOptions): Promise<ThreadedLog> {
  const log = new ThreadedLog(thread, pathIn(folder));
  try {
    await log.open(folder, filledFrom, onLost);
    return log;
  } catch (error) {
    await thread.terminate();
    throw error;
  }
}

/** So many chunks are read before they are asked for, while those before them are worked on. */
const CHUNKS_AHEAD = 4;

const COPY_LOOK_MS = 20;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Hands every call to the thread, which answers them in their order. */
class ThreadedLog implements EventLog {
  /** The next waits for what follows the one before. */
  readonly appendsAtOnce = 1;
  readonly #thread: Worker;
  readonly #path: string;
  /** Calls that were not answered yet, the oldest first. */
  readonly #waiting: Waiting[] = [];
  readonly #storing = new Sequence();
  #follower: Follower | null = null;
  #position = 0;
  /** Settles when the copy that was asked for last is there, or has failed. */
  #copying: Promise<void> = Promise.resolve();
  #isClosed = false;
  #lost: StorageError | null = null;
  #onLost: ((error: StorageError) => void) | undefined;

  constructor(thread: Worker, path: string) {
    this.#thread = thread;
    this.#path = path;
    thread.on("message", (answer: CallAnswer) => this.#settle(answer));
    thread.on("messageerror", (error) => this.#lose("an answer of its thread could not be read", error));
    thread.on("error", (error) => this.#lose(`its thread failed (${error instanceof Error ? error.message : String(error)})`, error));
    thread.on("exit", (code) => this.#lose(`its thread ended with code ${code}`));
  }

  async open(folder: string, filledFrom: FilledFrom, onLost: SqliteLogOptions["onLost"]): Promise<void> {
    await this.#call("open", folder, filledFrom);
    this.#position = (await this.#call("size")).position;
    this.#onLost = onLost;
  }

  get position(): number {
    return this.#position;
  }

  append(batches: readonly EventBatch[]): Promise<AppendedBatch[]> {
    const follower = this.#follower;
    const store = (): Promise<AppendedBatch[]> => this.#store(batches, packBatches(batches), null);
    if (follower === null) return store();
    return this.#storing.run(async () => {
      const appended = await store();
      await follower({ batches, appended, position: this.#position });
      return appended;
    });
  }

  follow(follower: Follower): void {
    this.#follower = follower;
  }

  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#storing.run(work);
  }

  async histories(conversationKeys: readonly number[]): Promise<ConversationHistory[]> {
    return this.#unpack(await this.#call("histories", conversationKeys));
  }

  async *readAll(afterKey = 0): AsyncGenerator<ConversationHistory[], void> {
    const reader = await this.#call("startReading", afterKey);
    const ahead: Promise<PackedHistories | null>[] = [];
    try {
      while (true) {
        while (ahead.length < CHUNKS_AHEAD) ahead.push(this.#readNext(reader));
        const chunk = await ahead.shift()!;
        if (chunk === null) return;
        yield this.#unpack(chunk);
        this.#assertOpen();
      }
    } finally {
      // Whoever stops early is not kept waiting by what was read ahead, nor told that it failed.
      this.#call("stopReading", reader).catch(ignore);
    }
  }

  async quietSince(lastEventBeforeMs: number, after: ConversationHistory | null, limit: number): Promise<ConversationHistory[]> {
    const [afterHour, afterKey] = after === null ? [-1, 0] : [hourOfLastEvent(after), after.key];
    return this.#unpack(await this.#call("quietSince", lastEventBeforeMs, afterHour, afterKey, limit));
  }

  remove(conversationKeys: readonly number[]): Promise<void> {
    return this.#call("remove", conversationKeys);
  }

  size(): Promise<LogSize> {
    return this.#call("size");
  }

  mark(): Promise<LogMark> {
    return this.#call("mark");
  }

  changesSince(mark: LogMark): Promise<LogChanges | null> {
    return this.#call("changesSince", mark);
  }

  forgetMarksBefore(mark: LogMark): Promise<void> {
    return this.#call("forgetMarksBefore", mark);
  }

  /** Calls are answered in their order, so a long one is asked for again and again. */
  async copyTo(path: string, companionPaths: readonly string[] = []): Promise<void> {
    const before = this.#copying;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#copying = promise;
    await before;
    try {
      await this.#call("startCopying", path, companionPaths);
      while (!(await this.#call("isCopied"))) await delay(COPY_LOOK_MS);
    } finally {
      resolve();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    const closing = this.#lost === null ? this.#call("close") : null;
    this.#isClosed = true;
    try {
      await closing;
    } finally {
      await this.#thread.terminate();
    }
  }

  cursor(): Promise<Cursor | null> {
    return this.#call("cursor");
  }

  storeRows(batches: readonly RowBatch[], cursor: Cursor): Promise<AppendedBatch[]> {
    const packed = pack(batches.map(({ rows }) => rows));
    return this.#store(batches, packed, cursor);
  }

  async #store(batches: readonly EventBatch[], packed: PackedEvents, cursor: Cursor | null): Promise<AppendedBatch[]> {
    const appended = unpackAppended(await this.#call("append", packed, cursor), batches);
    for (const { positions } of appended)
      this.#position = positions.reduce((newest, position) => Math.max(newest, position), this.#position);
    return appended;
  }

  /** May fail before somebody waits for it. */
  #readNext(reader: number): Promise<PackedHistories | null> {
    const chunk = this.#call("readNext", reader);
    chunk.catch(ignore);
    return chunk;
  }

  async #call<Name extends CallName>(name: Name, ...args: Parameters<ThreadCalls[Name]>): Promise<Awaited<ReturnType<ThreadCalls[Name]>>> {
    this.#assertOpen();
    const call: Call<Name> = { name, args };
    this.#thread.postMessage(call, transferOf(args[0]));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ resolve, reject });
    return promise as Promise<Awaited<ReturnType<ThreadCalls[Name]>>>;
  }

  #settle(answer: CallAnswer): void {
    const waiting = this.#waiting.shift();
    if ("result" in answer) waiting?.resolve(answer.result);
    else waiting?.reject(toError(answer));
  }

  #lose(why: string, cause?: unknown): void {
    if (this.#lost !== null) return;
    this.#lost = storageError("LOST", this.#path, why, cause);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
    if (!this.#isClosed) this.#onLost?.(this.#lost);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new Error(`${this.#path} was closed: after close(), a log has to be opened again before it is used`);
    if (this.#lost !== null) throw this.#lost;
  }

  #unpack(packed: PackedHistories): ConversationHistory[] {
    try {
      return unpackHistories(packed);
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }
}

function hourOfLastEvent({ events }: ConversationHistory): number {
  return Math.floor(events.reduce((lastAt, { at }) => Math.max(lastAt, at), 0) / HOUR_MS);
}

/** An error on its way keeps its message, its stack and its cause, but neither its class nor its fields. */
function toError({ error, fault }: Extract<CallAnswer, { readonly error: unknown }>): unknown {
  if (fault === null || !(error instanceof Error)) return error;
  return new StorageError(fault, error.message, { cause: error.cause });
}

function ignore(): void {}
