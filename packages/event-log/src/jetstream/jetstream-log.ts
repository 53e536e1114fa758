import { setTimeout as delay } from "node:timers/promises";
import { StorageError } from "../event-log.ts";
import type { AppendedBatch, ConversationHistory, EventBatch, EventLog, Follower, LogChanges, LogMark, LogSize } from "../event-log.ts";
import { Sequence } from "../sequence.ts";
import { storageError } from "../sqlite/failure.ts";
import { openSqliteReplica, pathIn, type SqliteReplica } from "../sqlite/index.ts";
import { byBatch } from "./by-batch.ts";
import type { NatsOptions } from "./connection.ts";
import { Lookout } from "./lookout.ts";
import { FORMAT_HEADER, READERS, toMessages } from "./message.ts";
import { OwnMessages } from "./own-messages.ts";
import { ReceivedMessages, type Received } from "./received-messages.ts";
import { StoredPlace } from "./stored-place.ts";
import { StreamLink, type StreamMessage } from "./stream-link.ts";
import { differencesOf, type StreamOptions } from "./stream.ts";

/** The accounts that a node holds. */
export interface Share {
  /** The same for the same accounts: a log that was filled with others does not go on. */
  readonly text: string;
  readonly holds: (accountId: string) => boolean;
}

export interface JetStreamLogOptions {
  /** Where this node keeps what it has taken from the stream. */
  readonly folder: string;
  readonly nats: NatsOptions;
  readonly stream: StreamOptions;
  /** What of the stream this node keeps. */
  readonly share: Share;
  readonly periodMs: number;
  /**
   * Runs before the first message of every period is stored. Periods are those of the stream's clock: whatever is done then,
   * every node does between the same two messages.
   *
   * @param startMs of the period, UTC epoch ms
   */
  readonly onPeriod?: (startMs: number) => Promise<void>;
  /** Told what goes wrong and is tried again, or is not as expected. */
  readonly onTrouble: (error: unknown, message: string) => void;
  /** Told when it goes on no more. */
  readonly onLost: (error: unknown) => void;
}

/** How a node stands to the stream. */
export interface StreamState {
  readonly isConnected: boolean;
  /** Of the newest message, as far as this node has heard. */
  readonly streamPosition: number;
  /** Everything that the stream had acknowledged so long ago is stored here. */
  readonly ageMs: number;
}

const RETRY_MS = 1_000;
const CATCH_UP_LOOK_MS = 20;

/**
 * A log that is the same on several nodes: one stream of messages, which each node stores in a log of its own in SQLite, in
 * the order of the stream, whoever has published them.
 *
 *     append ── publish ──► stream ──► tail ──► SQLite ──► follower     on every node
 *        ▲                                        │
 *        └──────────── what was stored ───────────┘                     on the one that has published
 *
 * How far it has come is stored with the events, so that it goes on exactly there. Calls other than `append` and `size` do
 * not wait for appends that are under way.
 */
export class JetStreamLog implements EventLog {
  /** As many are merged and on their way while others are stored. */
  readonly appendsAtOnce = 8;
  readonly #options: JetStreamLogOptions;
  readonly #replica: SqliteReplica;
  readonly #path: string;
  readonly #storing = new Sequence();
  readonly #own: OwnMessages;
  readonly #received: ReceivedMessages;
  readonly #place: StoredPlace;
  readonly #lookout: Lookout;
  /** Settles when all that was appended so far is stored, or has failed. */
  #appending: Promise<unknown> = Promise.resolve();
  #link: StreamLink | null = null;
  #follower: Follower = async () => {};
  #tailing: Promise<unknown> = Promise.resolve();
  #lost: { readonly error: unknown } | null = null;
  #isClosed = false;

  private constructor(options: JetStreamLogOptions, replica: SqliteReplica) {
    this.#options = options;
    this.#replica = replica;
    this.#path = pathIn(options.folder);
    this.#own = new OwnMessages(this.#path);
    this.#place = new StoredPlace(this.#path, options.share.text, replica.cursor);
    this.#received = new ReceivedMessages(this.#place.sequence);
    this.#lookout = new Lookout(this.#place, this.#received, (error) => this.#lose(error));
  }

  /** Opens what this node has already; the stream is not asked yet. */
  static async open(options: JetStreamLogOptions): Promise<JetStreamLog> {
    const { folder, onLost } = options;
    return new JetStreamLog(options, await openSqliteReplica({ folder, onLost }));
  }

  /**
   * Begins to take what the stream has, and to follow it.
   *
   * @param stopping gives it up
   * @returns when everything is stored that the stream held when it was found; until it is found, that is tried again and again
   * @throws StorageError if this node cannot go on from this stream
   */
  async catchUp(stopping?: AbortSignal): Promise<void> {
    const link = await this.#surely("the servers of the stream do not answer; they are tried again", stopping, () => this.#connect());
    const found =
      link && (await this.#surely("the stream is neither found nor made; it is tried again", stopping, () => link.findOrCreate()));
    if (!found) return;
    await this.#place.assertGoesOn(link, found);
    for (const { text, isFatal } of differencesOf(found.config, this.#options.stream)) {
      if (isFatal) throw storageError("WRONG_SOURCE", this.#path, `the stream ${found.config.name} is not one for it: ${text}`);
      this.#options.onTrouble(null, `the stream ${found.config.name} is left as it is, though not as expected: ${text}`);
    }
    this.#tailing = Promise.all([this.#receive(link), this.#store()]).catch((error: unknown) => this.#lose(error));
    this.#lookout.start(link, found);
    while (this.position < found.state.last_seq && this.#lost === null && !this.#isClosed && !stopping?.aborted)
      await delay(CATCH_UP_LOOK_MS);
    if (this.#lost !== null) throw this.#lost.error;
  }

  get position(): number {
    return this.#place.sequence;
  }

  get state(): StreamState {
    return {
      isConnected: this.#link?.isConnected ?? false,
      streamPosition: this.#lookout.streamPosition,
      ageMs: this.#lookout.ageMs,
    };
  }

  append(batches: readonly EventBatch[]): Promise<AppendedBatch[]> {
    const appending = this.#append(batches);
    this.#appending = Promise.allSettled([this.#appending, appending]);
    return appending;
  }

  follow(follower: Follower): void {
    this.#follower = follower;
  }

  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#storing.run(work);
  }

  histories(conversationKeys: readonly number[]): Promise<ConversationHistory[]> {
    return this.#replica.log.histories(conversationKeys);
  }

  readAll(afterKey?: number): AsyncIterable<ConversationHistory[]> {
    return this.#replica.log.readAll(afterKey);
  }

  mark(): Promise<LogMark> {
    return this.#replica.log.mark();
  }

  changesSince(mark: LogMark): Promise<LogChanges | null> {
    return this.#replica.log.changesSince(mark);
  }

  forgetMarksBefore(mark: LogMark): Promise<void> {
    return this.#replica.log.forgetMarksBefore(mark);
  }

  quietSince(...page: Parameters<EventLog["quietSince"]>): Promise<ConversationHistory[]> {
    return this.#replica.log.quietSince(...page);
  }

  remove(conversationKeys: readonly number[]): Promise<void> {
    return this.#replica.log.remove(conversationKeys);
  }

  async size(): Promise<LogSize> {
    await this.#appending;
    return this.#replica.log.size();
  }

  copyTo(path: string, companionPaths: readonly string[] = []): Promise<void> {
    return this.#replica.log.copyTo(path, companionPaths);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lookout.stop();
    this.#received.release();
    await this.#link?.close();
    await this.#tailing;
    this.#own.rejectAll(storageError("UNREACHABLE", this.#path, "it was closed"));
    await this.#replica.log.close();
  }

  async #append(batches: readonly EventBatch[]): Promise<AppendedBatch[]> {
    if (this.#isClosed) throw new Error(`${this.#path} was closed: after close(), a log has to be opened again before it is used`);
    if (this.#lost !== null) throw this.#lost.error;
    const link = this.#link;
    if (link?.isConnected !== true) throw storageError("UNREACHABLE", this.#path, "no server of it answers");
    const messages = toMessages(batches, link.payloadBytesMax);
    return byBatch(await Promise.all(messages.map((message) => this.#own.send(link, message))), batches);
  }

  /** @returns null if it was given up before it succeeded */
  async #surely<Result>(trouble: string, stopping: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result | null> {
    while (!this.#isClosed && !stopping?.aborted) {
      try {
        return await work();
      } catch (error) {
        this.#options.onTrouble(error, trouble);
        await delay(RETRY_MS);
      }
    }
    return null;
  }

  async #connect(): Promise<StreamLink> {
    this.#link = await StreamLink.open(this.#options.nats, this.#options.stream);
    return this.#link;
  }

  /** Puts what comes where it is stored from, and waits when too much does. */
  async #receive(link: StreamLink): Promise<void> {
    const onTrouble = (error: unknown): void => this.#options.onTrouble(error, "the stream cannot be read; it is tried again");
    for await (const message of link.messagesFrom(() => this.#received.sequence + 1, onTrouble)) {
      if (this.#isClosed || this.#lost !== null) return;
      this.#place.assertNext(message.seq, this.#received.sequence);
      await this.#received.add(this.#open(message));
    }
  }

  #open(message: StreamMessage): Received {
    const accountId = message.subject.slice(message.subject.lastIndexOf(".") + 1);
    const place = { sequence: message.seq, at: message.time.getTime() };
    const format = message.headers?.get(FORMAT_HEADER) ?? "";
    const readPayload = READERS.get(format);
    if (readPayload === undefined) {
      throw storageError(
        "NEWER_VERSION",
        this.#path,
        `message ${message.seq} of the stream has format ${format || "none"}, and this one knows ${[...READERS.keys()].join(" and ")}`,
      );
    }
    const own = this.#own.of(message.headers?.get("Nats-Msg-Id") ?? "");
    if (own !== undefined) return { ...place, batch: own.message, own };
    if (!this.#options.share.holds(accountId)) return { ...place, batch: null, own };
    const faults: string[] = [];
    const batch = readPayload(accountId, message.data, faults);
    if (faults.length > 0) this.#options.onTrouble(null, `message ${message.seq} of the stream is not taken whole: ${faults[0]}`);
    return { ...place, batch, own };
  }

  async #store(): Promise<void> {
    while (!this.#isClosed && this.#lost === null) {
      const { first } = this.#received;
      if (first === undefined) {
        await this.#received.more();
        continue;
      }
      const period = this.#periodOf(first.at);
      if (period > this.#periodOf(this.#place.at))
        await this.#storing.run(() => this.#insist(async () => this.#options.onPeriod?.(period * this.#options.periodMs)));
      await this.#storing.run(() => this.#storeTurn(this.#received.takeTurn((at) => this.#periodOf(at))));
    }
  }

  async #storeTurn(turn: readonly Received[]): Promise<void> {
    const last = turn.at(-1)!;
    const held = turn.flatMap(({ batch, own }) => (batch && batch.events.length > 0 ? { batch, own } : []));
    const batches = held.map(({ batch }) => batch);
    // What is nobody's here is read again after a restart, and passed over again.
    const appended = batches.length > 0 ? await this.#insist(() => this.#replica.store(batches, this.#place.cursorAt(last))) : [];
    if (appended === null) return;
    this.#place.moveTo(last);
    await this.#follower({ batches, appended, position: last.sequence });
    held.forEach(({ own }, i) => own?.resolve(appended[i]!));
  }

  /** For work that fails while the disk does. @returns null if the log was closed before it succeeded */
  async #insist<Result>(work: () => Promise<Result>): Promise<Result | null> {
    while (!this.#isClosed) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StorageError) || error.fault !== "STORAGE_FAILED") throw error;
        this.#options.onTrouble(error, "this node cannot store what the stream has; it is tried again");
        await delay(RETRY_MS);
      }
    }
    return null;
  }

  #periodOf(atMs: number): number {
    return Math.floor(atMs / this.#options.periodMs);
  }

  #lose(error: unknown): void {
    if (this.#lost !== null || this.#isClosed) return;
    this.#lost = { error };
    this.#lookout.stop();
    this.#received.release();
    this.#own.rejectAll(error);
    this.#options.onLost(error);
  }
}
