import type { DatabaseSync } from "node:sqlite";
import type { Cursor, LogChanges, LogMark, LogSize } from "../event-log.ts";
import { Appending } from "./append.ts";
import { Changes } from "./changes.ts";
import { copyDatabase } from "./copy-database.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { storageError, toStorageError } from "./failure.ts";
import type { EventUnpacker, PackedAppended } from "./packed-events.ts";
import { readChunk, readConversation } from "./read.ts";
import type { StoredConversation } from "./read.ts";
import { RecentConversations } from "./recent-conversations.ts";
import { removeConversations } from "./remove.ts";
import { HOUR_MS } from "./schema.ts";
import { prepareStatements } from "./statements.ts";
import type { Statements } from "./statements.ts";
import { readTotals } from "./totals.ts";

const RECENT_EVENTS_MAX = 500_000;
const CHUNK_EVENTS = 5_000;

/** By its owner's calls, or from a stream: never from both. Whoever only reads need not know. */
export type FilledFrom = "OWNER" | "STREAM" | "EITHER";

/** The log over one open file, as one thread uses it: SQLite works while it is called. What it does is told in `EventLog`. */
export class SqliteFile {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #recent = new RecentConversations(RECENT_EVENTS_MAX);
  #changes: Changes | undefined;

  /** @param db of a file that was inspected, and is locked */
  constructor(path: string, db: DatabaseSync) {
    this.path = path;
    this.#db = db;
    this.#statements = prepareStatements(db);
  }

  /** @throws StorageError WRONG_SOURCE */
  assertFilledFrom(filledFrom: FilledFrom): void {
    const cursor = this.cursor();
    if (filledFrom === "OWNER" && cursor !== null) {
      throw storageError("WRONG_SOURCE", this.path, `it is filled from a stream (${cursor.source}), and none was named`);
    }
    if (filledFrom === "STREAM" && cursor === null && this.size().position > 0) {
      throw storageError("WRONG_SOURCE", this.path, "it holds events that did not come from the stream");
    }
  }

  /** null: nothing came from a stream yet. */
  cursor(): Cursor | null {
    return this.#guarded(() => readCursor(this.#db));
  }

  /** @param cursor how far the stream is stored with these */
  append(events: EventUnpacker, cursor: Cursor | null): PackedAppended {
    const appending = this.#guarded(() => new Appending(this.#statements, this.#recent, events));
    try {
      const appended = this.#transaction(() => {
        const added = appending.add();
        const change = appending.write();
        if (change !== null) this.#changesOf().add(change.keys, change.newestKey);
        if (cursor !== null) writeCursor(this.#db, cursor);
        return added;
      });
      appending.remember();
      return appended;
    } catch (error) {
      appending.forget();
      throw error;
    }
  }

  histories(conversationKeys: readonly number[]): StoredConversation[] {
    return this.#guarded(() => this.#read(conversationKeys));
  }

  *readAll(after = 0): Generator<StoredConversation[], void> {
    const { newestKey } = this.#guarded(() => readTotals(this.#statements));
    let afterKey = after;
    while (true) {
      const chunk = this.#guarded(() => readChunk(this.#statements, afterKey, newestKey, CHUNK_EVENTS));
      const last = chunk.at(-1);
      if (last === undefined) return;
      yield chunk;
      afterKey = last.key;
    }
  }

  /** @param afterHour of the last event of the last conversation of the page before, whose key is `afterKey` */
  quietSince(lastEventBeforeMs: number, afterHour: number, afterKey: number, limit: number): StoredConversation[] {
    return this.#guarded(() => {
      const rows = this.#statements.quietKeys.all(
        Math.floor(lastEventBeforeMs / HOUR_MS),
        lastEventBeforeMs,
        afterHour,
        afterKey,
        limit,
      ) as unknown as (readonly [number])[];
      return this.#read(rows.map(([key]) => key));
    });
  }

  remove(conversationKeys: readonly number[]): void {
    this.#transaction(() => {
      const removedKeys = removeConversations(this.#statements, this.#recent, conversationKeys);
      if (removedKeys.length > 0) this.#changesOf().add(removedKeys, readTotals(this.#statements).newestKey);
    });
  }

  size(): LogSize {
    const { eventCount, conversationCount, position } = this.#guarded(() => readTotals(this.#statements));
    return { eventCount, conversationCount, position };
  }

  mark(): LogMark {
    return this.#guarded(() => this.#changesOf().mark(this.#statements));
  }

  changesSince(mark: LogMark): LogChanges | null {
    return this.#guarded(() => this.#changesOf().since(mark));
  }

  forgetMarksBefore(mark: LogMark): void {
    this.#transaction(() => this.#changesOf().forgetBefore(mark));
  }

  /**
   * @param companionPaths files that go along
   * @param onBegun told when other calls may come: before it settles, unless the copy is made in one step or fails at once
   */
  async copyTo(path: string, companionPaths: readonly string[], onBegun: () => void): Promise<void> {
    try {
      await copyDatabase(this.#db, path, onBegun, companionPaths);
    } catch (error) {
      throw toStorageError(error, path);
    }
  }

  close(): void {
    this.#guarded(() => this.#db.close());
  }

  /** A copy of an earlier version, that is only read, has none. */
  #changesOf(): Changes {
    return (this.#changes ??= new Changes(this.#db));
  }

  #read(keys: readonly number[]): StoredConversation[] {
    return keys.map((key) => readConversation(this.#statements, key)).filter((conversation) => conversation !== null);
  }

  /** All of `work` or nothing of it. */
  #transaction<Result>(work: () => Result): Result {
    return this.#guarded(() => {
      this.#statements.begin.run();
      try {
        const result = work();
        this.#statements.commit.run();
        return result;
      } catch (error) {
        // Some failures, a full disk for one, have undone it already.
        if (this.#db.isTransaction) this.#statements.rollback.run();
        throw error;
      }
    });
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw toStorageError(error, this.path);
    }
  }
}
