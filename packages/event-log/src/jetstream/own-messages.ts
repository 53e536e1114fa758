import { randomUUID } from "node:crypto";
import type { AppendedBatch, StorageError } from "../event-log.ts";
import { storageError } from "../sqlite/failure.ts";
import type { RowBatch } from "../sqlite/row-block.ts";
import type { StreamLink } from "./stream-link.ts";

/** What the stream has acknowledged may take so long until it is stored here. */
const STORE_MS_MAX = 30_000;

/** A message of this node's, until it is stored here. */
export interface Own {
  readonly message: RowBatch;
  readonly resolve: (appended: AppendedBatch) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting extends Own {
  giveUp: NodeJS.Timeout | undefined;
}

/** The messages that this node publishes, and waits for until they come back and are stored. */
export class OwnMessages {
  readonly #path: string;
  /** By the id of the message. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #node = randomUUID();
  #count = 0;

  /** @param path of the log, for what is told of it */
  constructor(path: string) {
    this.#path = path;
  }

  /** @returns once it is replicated and stored here */
  async send(link: StreamLink, message: RowBatch): Promise<AppendedBatch> {
    const id = `${this.#node}-${++this.#count}`;
    const { promise, resolve, reject } = Promise.withResolvers<AppendedBatch>();
    const own: Waiting = { message, resolve, reject, giveUp: undefined };
    this.#waiting.set(id, own);
    void this.#publish(link, id, own);
    try {
      return await promise;
    } finally {
      clearTimeout(own.giveUp);
      this.#waiting.delete(id);
    }
  }

  /** @returns the one of an id, if this node waits for it */
  of(id: string): Own | undefined {
    return this.#waiting.get(id);
  }

  rejectAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }

  async #publish(link: StreamLink, id: string, own: Waiting): Promise<void> {
    const { message, reject } = own;
    try {
      await link.publish(id, message);
    } catch (error) {
      return reject(this.#unreachable("the stream has not acknowledged the events", error));
    }
    // Many are stored here before that is known.
    if (!this.#waiting.has(id)) return;
    const why = "the stream has the events, but they are not stored here yet";
    own.giveUp = setTimeout(() => reject(this.#unreachable(why)), STORE_MS_MAX);
  }

  #unreachable(why: string, cause?: unknown): StorageError {
    return storageError("UNREACHABLE", this.#path, why, cause);
  }
}
