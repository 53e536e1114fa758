import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { ConversationHistory, LogSize } from "../event-log.ts";
import { Damage, storageError, toStorageError } from "./failure.ts";
import { identify, inspect } from "./inspect.ts";
import { rowsOf, toHistory, type StoredConversation } from "./read.ts";
import { SqliteFile } from "./sqlite-file.ts";
import { Version1File } from "./version-1.ts";

/** A copy of a log, opened for reading alone. */
export class SqliteCopy {
  readonly #path: string;
  readonly #file: ReadableFile;

  private constructor(path: string, file: ReadableFile) {
    this.#path = path;
    this.#file = file;
  }

  /** @throws StorageError if it cannot be read, or is no sound log of this version or the first */
  static open(path: string): SqliteCopy {
    let db: DatabaseSync | undefined;
    try {
      if (statSync(path).size === 0) throw storageError("NOT_A_LOG", path, "it is empty");
      inspect(path);
      db = new DatabaseSync(path, { readOnly: true });
      const found = identify(path, db);
      if (found === "NOTHING") throw storageError("NOT_A_LOG", path, "nothing is in it");
      return new SqliteCopy(path, found === "LOG" ? new SqliteFile(path, db) : new Version1File(db));
    } catch (error) {
      db?.close();
      throw toStorageError(error, path);
    }
  }

  /** @throws StorageError */
  size(): LogSize {
    try {
      return this.#file.size();
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }

  /**
   * Every conversation once, by ascending key, in chunks of bounded size.
   *
   * @throws StorageError DAMAGED if anything is not what was written, or is missing
   */
  *readAll(): Generator<ConversationHistory[], void> {
    let [eventCount, conversationCount] = [0, 0];
    try {
      for (const chunk of this.#file.readAll()) {
        for (const conversation of chunk) eventCount += conversation.eventCount;
        conversationCount += chunk.length;
        yield chunk.map((conversation) => toHistory(conversation, rowsOf(conversation)));
      }
      const written = this.size();
      if (eventCount === written.eventCount && conversationCount === written.conversationCount) return;
      const found = `${eventCount} events of ${conversationCount} conversations are there`;
      throw new Damage(`${found}, where ${written.eventCount} of ${written.conversationCount} were written`);
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }

  close(): void {
    this.#file.close();
  }
}

interface ReadableFile {
  size(): LogSize;
  readAll(): Iterable<StoredConversation[]>;
  close(): void;
}
