import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { AppendedBatch } from "../event-log.ts";
import { storageError } from "../sqlite/failure.ts";
import type { Outgoing } from "./message.ts";
import type { StreamLink } from "./stream-link.ts";

/** What the stream has acknowledged may take so long until it is stored here. */
const STORE_MS_MAX = 30_000;

/** A message of this node's, until it is stored here. */
export interface Own {
  readonly message: Outgoing;
  readonly resolve: (appended: AppendedBatch) => void;
  readonly reject: (error: unknown) => void;
}

/** The messages that this node publishes, and waits for until they come back and are stored. */
export class OwnMessages {
  readonly #path: string;
  /** By the id of the message. */
  readonly #waiting = new Map<string, Own>();
  readonly #node = randomUUID();
  #count = 0;

  /** @param path of the log, for what is told of it */
  constructor(path: string) {
    this.#path = path;
  }

  /** @returns once it is replicated and stored here */
  async send(link: StreamLink, message: Outgoing): Promise<AppendedBatch> {
    const id = `${this.#node}-${++this.#count}`;
    const { promise, resolve, reject } = Promise.withResolvers<AppendedBatch>();
    this.#waiting.set(id, { message, resolve, reject });
    const settled = new AbortController();
    void this.#publish(link, id, message, settled.signal);
    try {
      return await promise;
    } finally {
      settled.abort();
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

  /** @param settled aborts when the message is stored here, or has failed */
  async #publish(link: StreamLink, id: string, message: Outgoing, settled: AbortSignal): Promise<void> {
    let why = "the stream has not acknowledged the events";
    try {
      await link.publish(id, message);
      why = "the stream has the events, but they are not stored here yet";
      await delay(STORE_MS_MAX, undefined, { signal: settled });
      this.of(id)?.reject(storageError("UNREACHABLE", this.#path, why));
    } catch (error) {
      this.of(id)?.reject(storageError("UNREACHABLE", this.#path, why, error));
    }
  }
}
