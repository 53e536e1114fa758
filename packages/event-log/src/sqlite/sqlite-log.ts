import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import type { AppendedBatch, ConversationHistory, EventBatch, EventLog } from "../event-log.ts";
import { Appending } from "./append.ts";
import { toStorageError } from "./failure.ts";
import { readChunk, readHistory } from "./read.ts";
import { RecentConversations } from "./recent-conversations.ts";
import { removeConversations } from "./remove.ts";
import { prepareStatements } from "./statements.ts";
import type { Statements } from "./statements.ts";
import { readTotals } from "./totals.ts";

const RECENT_CONVERSATIONS_MAX = 100_000;
const CHUNK_EVENTS = 5_000;

/** The log over one open file. SQLite works while it is called, so that calls run whole, in the order they were made. */
export class SqliteLog implements EventLog {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #recent = new RecentConversations(RECENT_CONVERSATIONS_MAX);

  /** @param db of a file that was inspected, and is locked */
  constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#db = db;
    this.#statements = prepareStatements(db);
  }

  async append(batches: readonly EventBatch[]): Promise<AppendedBatch[]> {
    const { appended, created } = this.#transaction(() => {
      const appending = new Appending(this.#statements, this.#recent);
      return { appended: batches.map((batch) => appending.add(batch)), created: appending.finish() };
    });
    for (const { accountId, conversationId, key, idsCrc } of created) this.#recent.add(accountId, conversationId, { key, idsCrc });
    return appended;
  }

  async histories(conversationKeys: readonly number[]): Promise<ConversationHistory[]> {
    return this.#guarded(() => this.#read(conversationKeys));
  }

  async *readAll(): AsyncGenerator<ConversationHistory[], void> {
    const { newestKey } = this.#guarded(() => readTotals(this.#statements));
    let afterKey = 0;
    while (true) {
      const chunk = this.#guarded(() => readChunk(this.#statements, afterKey, newestKey, CHUNK_EVENTS));
      const last = chunk.at(-1);
      if (last === undefined) return;
      yield chunk;
      afterKey = last.key;
      // Lets others in between two chunks.
      await setImmediate();
    }
  }

  async quietSince(lastEventBeforeMs: number, afterKey: number, limit: number): Promise<ConversationHistory[]> {
    return this.#guarded(() => {
      const rows = this.#statements.quietKeys.all(lastEventBeforeMs, afterKey, limit) as unknown as (readonly [number])[];
      return this.#read(rows.map(([key]) => key));
    });
  }

  async remove(conversationKeys: readonly number[]): Promise<void> {
    this.#transaction(() => removeConversations(this.#statements, this.#recent, conversationKeys));
  }

  async size(): Promise<{ eventCount: number; conversationCount: number; position: number }> {
    const { eventCount, conversationCount, position } = this.#guarded(() => readTotals(this.#statements));
    return { eventCount, conversationCount, position };
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#guarded(() => this.#db.close());
  }

  #read(keys: readonly number[]): ConversationHistory[] {
    return keys.map((key) => readHistory(this.#statements, key)).filter((history) => history !== null);
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
    if (!this.#db.isOpen) throw new Error(`${this.#path} was closed: after close(), a log has to be opened again before it is used`);
    try {
      return work();
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }
}
