import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { ConversationHistory, LogSize } from "../event-log.ts";
import { toEvent } from "./event-row.ts";
import { Damage, storageError, toStorageError } from "./failure.ts";
import { identify, inspect } from "./inspect.ts";
import { SqliteFile } from "./sqlite-file.ts";

/** A copy of a log, opened for reading alone. */
export class SqliteCopy {
  readonly #path: string;
  readonly #file: SqliteFile;

  private constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#file = new SqliteFile(path, db);
  }

  /** @throws StorageError if it cannot be read, or is no sound log of this version */
  static open(path: string): SqliteCopy {
    let db: DatabaseSync | undefined;
    try {
      if (statSync(path).size === 0) throw storageError("NOT_A_LOG", path, "it is empty");
      inspect(path);
      db = new DatabaseSync(path, { readOnly: true });
      if (identify(path, db) === "NOTHING") throw storageError("NOT_A_LOG", path, "nothing is in it");
      return new SqliteCopy(path, db);
    } catch (error) {
      db?.close();
      throw toStorageError(error, path);
    }
  }

  size(): LogSize {
    return this.#file.size();
  }

  /**
   * Every conversation once, by ascending key, in chunks of bounded size.
   *
   * @throws StorageError DAMAGED if anything is not what was written, or is missing
   */
  *readAll(): Generator<ConversationHistory[], void> {
    let [eventCount, conversationCount] = [0, 0];
    for (const chunk of this.#file.readAll()) {
      yield chunk.map(({ key, accountId, conversationId, contents }) => {
        eventCount += contents.length;
        conversationCount += 1;
        return { key, accountId, events: contents.map((content) => toEvent(content, conversationId)) };
      });
    }
    const written = this.size();
    if (eventCount === written.eventCount && conversationCount === written.conversationCount) return;
    const found = `${eventCount} events of ${conversationCount} conversations are there`;
    throw toStorageError(new Damage(`${found}, where ${written.eventCount} of ${written.conversationCount} were written`), this.#path);
  }

  close(): void {
    this.#file.close();
  }
}
