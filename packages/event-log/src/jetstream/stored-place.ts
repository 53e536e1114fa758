import type { StreamInfo } from "@nats-io/jetstream";
import type { Cursor, StorageError } from "../event-log.ts";
import { storageError } from "../sqlite/failure.ts";
import type { StreamLink } from "./stream-link.ts";

type Place = Pick<Cursor, "sequence" | "at">;

/** How far a stream is stored in a log, or need not be: and that it is still the same stream. */
export class StoredPlace {
  readonly #path: string;
  /** What of a stream the log keeps. */
  readonly #shareText: string;
  /** As the log was opened. */
  readonly #opened: Cursor | null;
  /** Which stream, and what of it; told by the stream when it is found. */
  #source = "";
  #place: Place;
  /** Of the link: what is stored here was found in the stream since. */
  #checkedConnection = 0;

  constructor(path: string, shareText: string, cursor: Cursor | null) {
    this.#path = path;
    this.#shareText = shareText;
    this.#opened = cursor;
    this.#place = cursor ?? { sequence: 0, at: 0 };
  }

  /** Of the newest message that is stored or need not be. */
  get sequence(): number {
    return this.#place.sequence;
  }

  /** When the stream took it. */
  get at(): number {
    return this.#place.at;
  }

  get now(): Place {
    return this.#place;
  }

  /** What to store with everything up to a place. */
  cursorAt({ sequence, at }: Place): Cursor {
    return { source: this.#source, sequence, at };
  }

  moveTo({ sequence, at }: Place): void {
    this.#place = { sequence, at };
  }

  /** @throws StorageError if what the stream holds does not go on from what is stored here */
  async assertGoesOn(link: StreamLink, found: StreamInfo): Promise<void> {
    this.#source = this.#sourceOf(found);
    const before = this.#opened?.source ?? this.#source;
    if (before !== this.#source) throw this.#otherSource(before, this.#source);
    this.assertNext(found.state.first_seq);
    await this.assertHolds(link, found, this.#place);
  }

  /** @throws StorageError if the message that was stored here last is not the one of its place in the stream */
  async assertHolds(link: StreamLink, found: StreamInfo, { sequence, at }: Place): Promise<void> {
    const { connectionCount } = link;
    if (this.#sourceOf(found) !== this.#source) throw this.#otherSource(this.#source, this.#sourceOf(found));
    if (found.state.last_seq < sequence) throw this.#lostTail(found.state.last_seq);
    if (sequence === 0 || connectionCount === this.#checkedConnection) return;
    const foundMs = await link.timeOf(sequence);
    if (foundMs !== null && foundMs !== at) throw this.#lostTail(sequence - 1);
    this.#checkedConnection = connectionCount;
  }

  /**
   * @param sequence of what comes next
   * @param before of what has come last
   * @throws StorageError if something is missing in between
   */
  assertNext(sequence: number, before = this.sequence): void {
    if (sequence <= before + 1) return;
    throw storageError("GAP", this.#path, `the stream begins at ${sequence}, and ${this.sequence} was stored here last`);
  }

  #sourceOf({ config, created }: StreamInfo): string {
    return `stream ${config.name} created ${created}, accounts ${this.#shareText}`;
  }

  #otherSource(before: string, now: string): StorageError {
    return storageError("WRONG_SOURCE", this.#path, `it was filled from ${before}, and now it is ${now}`);
  }

  #lostTail(sequence: number): StorageError {
    const found = `the stream has lost messages that it had acknowledged, from ${sequence + 1} at the latest`;
    return storageError("WRONG_SOURCE", this.#path, `${found}, and ${this.sequence} are stored here`);
  }
}
