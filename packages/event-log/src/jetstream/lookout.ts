import type { StreamInfo } from "@nats-io/jetstream";
import { StorageError } from "../event-log.ts";
import type { ReceivedMessages } from "./received-messages.ts";
import type { StoredPlace } from "./stored-place.ts";
import type { StreamLink } from "./stream-link.ts";

const LOOK_EVERY_MS = 1_000;
/** A stream that says for longer that it holds less than is stored here has lost it. */
const DOUBT_MS_MAX = 20_000;
/** The stream has more, and nothing comes. */
const SILENT_MS_MAX = 3_000;

/** Asks a stream again and again how far it is, and holds what is stored and received here against it. */
export class Lookout {
  readonly #place: StoredPlace;
  readonly #received: ReceivedMessages;
  readonly #onLost: (error: StorageError) => void;
  #streamPosition = 0;
  /** What the stream held at a moment, which is not all here yet. */
  #seen: { readonly position: number; readonly atMs: number } | null = null;
  #freshMs = performance.now();
  /** Since when the stream says that it holds less than is stored here. */
  #doubtMs: number | null = null;
  #readAnewMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param onLost told that the stream is not the one any more from which this node goes on */
  constructor(place: StoredPlace, received: ReceivedMessages, onLost: (error: StorageError) => void) {
    this.#place = place;
    this.#received = received;
    this.#onLost = onLost;
  }

  /** Of the newest message, as far as this node has heard. */
  get streamPosition(): number {
    return Math.max(this.#streamPosition, this.#received.sequence);
  }

  /** Everything that the stream had acknowledged so long ago is stored here. */
  get ageMs(): number {
    return performance.now() - this.#freshMs;
  }

  /** @param found what the stream has just told */
  start(link: StreamLink, found: StreamInfo): void {
    this.#note(link, found, performance.now());
    this.#lookLater(link);
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #lookLater(link: StreamLink): void {
    this.#timer = setTimeout(async () => {
      try {
        await this.#look(link);
      } catch (error) {
        if (error instanceof StorageError) return this.#onLost(error);
        // It shows in the age.
      }
      if (!this.#isOver) this.#lookLater(link);
    }, LOOK_EVERY_MS);
  }

  async #look(link: StreamLink): Promise<void> {
    const askedMs = performance.now();
    // More may come while the stream answers.
    const stored = this.#place.now;
    const info = await link.info();
    if (info.state.last_seq < stored.sequence && !this.#isCertain(askedMs)) return;
    await this.#place.assertHolds(link, info, stored);
    this.#doubtMs = null;
    this.#note(link, info, askedMs);
  }

  /** A server that was cut off, and takes itself for the leader yet, knows less than this node. */
  #isCertain(askedMs: number): boolean {
    this.#doubtMs ??= askedMs;
    return askedMs - this.#doubtMs > DOUBT_MS_MAX;
  }

  #note(link: StreamLink, { state }: StreamInfo, askedMs: number): void {
    const { sequence } = this.#place;
    this.#streamPosition = Math.max(this.#streamPosition, state.last_seq);
    if (sequence >= state.last_seq) {
      [this.#freshMs, this.#seen] = [askedMs, null];
      return;
    }
    if (this.#seen !== null && sequence >= this.#seen.position) [this.#freshMs, this.#seen] = [this.#seen.atMs, null];
    this.#seen ??= { position: state.last_seq, atMs: askedMs };
    if (this.#received.sequence < state.last_seq && this.#isSilent()) this.#readAnew(link);
  }

  #isSilent(): boolean {
    const sinceMs = Math.max(this.#received.addedMs, this.#readAnewMs);
    return this.#received.first === undefined && performance.now() - sinceMs > SILENT_MS_MAX;
  }

  #readAnew(link: StreamLink): void {
    this.#readAnewMs = performance.now();
    link.readAnew();
  }
}
