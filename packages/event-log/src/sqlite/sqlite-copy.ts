import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { ConversationHistory, LogSize } from "../event-log.ts";
import { companionNames, dropCompanions, readCompanion } from "./companions.ts";
import { Damage, storageError, toStorageError } from "./failure.ts";
import { identify, inspect } from "./inspect.ts";
import { rowsOf, toHistory, type StoredConversation } from "./read.ts";
import { SqliteFile } from "./sqlite-file.ts";
import { Version1File } from "./version-1.ts";

/** A copy of a log, opened for reading alone. */
export class SqliteCopy {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #file: ReadableFile;

  private constructor(path: string, db: DatabaseSync, file: ReadableFile) {
    this.#path = path;
    this.#db = db;
    this.#file = file;
  }

  /** @throws StorageError if it cannot be read, or is no sound log of a version that is known */
  static open(path: string): SqliteCopy {
    let db: DatabaseSync | undefined;
    try {
      if (statSync(path).size === 0) throw storageError("NOT_A_LOG", path, "it is empty");
      inspect(path);
      db = new DatabaseSync(path, { readOnly: true });
      const found = identify(path, db);
      if (found === "NOTHING") throw storageError("NOT_A_LOG", path, "nothing is in it");
      return new SqliteCopy(path, db, found === "VERSION_1" ? new Version1File(db) : new SqliteFile(path, db));
    } catch (error) {
      db?.close();
      throw toStorageError(error, path);
    }
  }

  /** @throws StorageError */
  size(): LogSize {
    return this.#guarded(() => this.#file.size());
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

  /**
   * The files that went along with the log, by their names.
   *
   * @throws StorageError, while it is read too: DAMAGED if the bytes of a file are not what was written
   */
  *companions(): Generator<[name: string, bytes: Iterable<Uint8Array>], void> {
    for (const name of this.#guarded(() => companionNames(this.#db))) yield [name, this.#piecesOf(name)];
  }

  /** Leaves nothing but the log in a copy that is closed. @throws StorageError */
  static dropCompanions(path: string): void {
    const db = new DatabaseSync(path);
    try {
      dropCompanions(db);
    } catch (error) {
      throw toStorageError(error, path);
    } finally {
      db.close();
    }
  }

  close(): void {
    this.#file.close();
  }

  *#piecesOf(name: string): Generator<Uint8Array, void> {
    try {
      yield* readCompanion(this.#db, name);
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw toStorageError(error, this.#path);
    }
  }
}

interface ReadableFile {
  size(): LogSize;
  readAll(): Iterable<StoredConversation[]>;
  close(): void;
}
