import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { StreamInfo } from "@nats-io/jetstream";
import { StorageError } from "../event-log.ts";
import type {
  AppendedBatch,
  ConversationHistory,
  Cursor,
  EventBatch,
  EventLog,
  Follower,
  LogChanges,
  LogMark,
  LogSize,
} from "../event-log.ts";
import { Sequence } from "../sequence.ts";
import { storageError } from "../sqlite/failure.ts";
import { openSqliteReplica, pathIn, type SqliteReplica } from "../sqlite/index.ts";
import type { NatsOptions } from "./connection.ts";
import { decode, FORMAT_HEADER, MESSAGE_FORMAT, toMessages, type Outgoing } from "./message.ts";
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

/** Of one transaction. */
const TURN_EVENTS_MAX = 20_000;
const WAITING_EVENTS_MAX = 50_000;
const LOOK_EVERY_MS = 1_000;
const RETRY_MS = 1_000;
const CATCH_UP_LOOK_MS = 20;
/** What the stream has acknowledged may take so long until it is stored here. */
const STORE_MS_MAX = 30_000;
/** A stream that says for longer that it holds less than is stored here has lost it. */
const DOUBT_MS_MAX = 20_000;
/** The stream has more, and nothing comes. */
const SILENT_MS_MAX = 3_000;

/** A message of this node's, until it is stored here. */
interface Own {
  readonly message: Outgoing;
  readonly resolve: (appended: AppendedBatch) => void;
  readonly reject: (error: unknown) => void;
}

type Place = Pick<Cursor, "sequence" | "at">;

interface Received {
  readonly message: StreamMessage;
  readonly atMs: number;
  readonly batch: EventBatch;
  readonly own: Own | undefined;
}

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
  /** By the id of the message. */
  readonly #own = new Map<string, Own>();
  readonly #node = randomUUID();
  #ownCount = 0;
  /** Settles when all that was appended so far is stored, or has failed. */
  #appending: Promise<unknown> = Promise.resolve();
  #link: StreamLink | null = null;
  #follower: Follower = async () => {};
  /** Which stream, and what of it; told by the stream when it is found. */
  #source = "";
  /** The newest that has come, that is stored or need not be, and when the stream took it. */
  #receivedSequence: number;
  #sequence: number;
  #atMs: number;
  readonly #received: Received[] = [];
  #receivedEventCount = 0;
  #onReceived: () => void = ignore;
  #onRoom: () => void = ignore;
  #tailing: Promise<unknown> = Promise.resolve();
  #looking: NodeJS.Timeout | undefined;
  #streamPosition = 0;
  /** What the stream held at a moment, which is not all here yet. */
  #seen: { readonly position: number; readonly atMs: number } | null = null;
  #freshMs = performance.now();
  #receivedMs = performance.now();
  /** Since when the stream says that it holds less than is stored here. */
  #doubtMs: number | null = null;
  /** Of the link: what is stored here was found in the stream since. */
  #checkedConnection = 0;
  #lost: { readonly error: unknown } | null = null;
  #isClosed = false;

  private constructor(options: JetStreamLogOptions, replica: SqliteReplica) {
    this.#options = options;
    this.#replica = replica;
    this.#path = pathIn(options.folder);
    const { sequence, at } = replica.cursor ?? { sequence: 0, at: 0 };
    [this.#sequence, this.#receivedSequence, this.#atMs] = [sequence, sequence, at];
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
    await this.#assertGoesOn(link, found);
    for (const { text, isFatal } of differencesOf(found.config, this.#options.stream)) {
      if (isFatal) throw storageError("WRONG_SOURCE", this.#path, `the stream ${found.config.name} is not one for it: ${text}`);
      this.#options.onTrouble(null, `the stream ${found.config.name} is left as it is, though not as expected: ${text}`);
    }
    this.#note(found, performance.now());
    this.#tailing = Promise.all([this.#receive(link), this.#store()]).catch((error: unknown) => this.#lose(error));
    this.#look();
    while (this.#sequence < found.state.last_seq && this.#lost === null && !this.#isClosed && !stopping?.aborted)
      await delay(CATCH_UP_LOOK_MS);
    if (this.#lost !== null) throw this.#lost.error;
  }

  get position(): number {
    return this.#sequence;
  }

  get state(): StreamState {
    return {
      isConnected: this.#link?.isConnected ?? false,
      streamPosition: this.#streamPosition,
      ageMs: performance.now() - this.#freshMs,
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
    clearTimeout(this.#looking);
    this.#onReceived();
    this.#onRoom();
    await this.#link?.close();
    await this.#tailing;
    this.#rejectOwn(storageError("UNREACHABLE", this.#path, "it was closed"));
    await this.#replica.log.close();
  }

  async #append(batches: readonly EventBatch[]): Promise<AppendedBatch[]> {
    if (this.#isClosed) throw new Error(`${this.#path} was closed: after close(), a log has to be opened again before it is used`);
    if (this.#lost !== null) throw this.#lost.error;
    const link = this.#link;
    if (link?.isConnected !== true) throw this.#unreachable("no server of it answers");
    const messages = toMessages(batches, link.payloadBytesMax);
    return split(await Promise.all(messages.map((message) => this.#send(link, message))), batches);
  }

  /** @returns once it is replicated and stored here */
  async #send(link: StreamLink, message: Outgoing): Promise<AppendedBatch> {
    const id = `${this.#node}-${++this.#ownCount}`;
    const { promise, resolve, reject } = Promise.withResolvers<AppendedBatch>();
    this.#own.set(id, { message, resolve, reject });
    const settled = new AbortController();
    void this.#publish(link, id, message, settled.signal);
    try {
      return await promise;
    } finally {
      settled.abort();
      this.#own.delete(id);
    }
  }

  /** @param settled aborts when the message is stored here, or has failed */
  async #publish(link: StreamLink, id: string, message: Outgoing, settled: AbortSignal): Promise<void> {
    let why = "the stream has not acknowledged the events";
    try {
      await link.publish(id, message);
      why = "the stream has the events, but they are not stored here yet";
      await delay(STORE_MS_MAX, undefined, { signal: settled });
      this.#own.get(id)?.reject(this.#unreachable(why));
    } catch (error) {
      this.#own.get(id)?.reject(this.#unreachable(why, error));
    }
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

  /** @throws StorageError if what the stream holds does not go on from what is stored here */
  async #assertGoesOn(link: StreamLink, found: StreamInfo): Promise<void> {
    const { cursor } = this.#replica;
    this.#source = this.#sourceOf(found);
    if (cursor !== null && cursor.source !== this.#source) throw this.#otherSource(cursor.source, this.#source);
    const { state } = found;
    if (state.first_seq > this.#sequence + 1) throw this.#gap(state.first_seq);
    await this.#assertHolds(link, found, this.#stored);
  }

  /** @throws StorageError if the message that was stored here last is not the one of its place in the stream */
  async #assertHolds(link: StreamLink, found: StreamInfo, { sequence, at }: Place): Promise<void> {
    const { connectionCount } = link;
    if (this.#sourceOf(found) !== this.#source) throw this.#otherSource(this.#source, this.#sourceOf(found));
    if (found.state.last_seq < sequence) throw this.#lostTail(found.state.last_seq);
    if (sequence === 0 || connectionCount === this.#checkedConnection) return;
    const foundMs = await link.timeOf(sequence);
    if (foundMs !== null && foundMs !== at) throw this.#lostTail(sequence - 1);
    this.#checkedConnection = connectionCount;
  }

  get #stored(): Place {
    return { sequence: this.#sequence, at: this.#atMs };
  }

  #sourceOf({ config, created }: StreamInfo): string {
    return `stream ${config.name} created ${created}, accounts ${this.#options.share.text}`;
  }

  #otherSource(before: string, now: string): StorageError {
    return storageError("WRONG_SOURCE", this.#path, `it was filled from ${before}, and now it is ${now}`);
  }

  #lostTail(sequence: number): StorageError {
    const found = `the stream has lost messages that it had acknowledged, from ${sequence + 1} at the latest`;
    return storageError("WRONG_SOURCE", this.#path, `${found}, and ${this.#sequence} are stored here`);
  }

  #gap(firstSequence: number): StorageError {
    return storageError("GAP", this.#path, `the stream begins at ${firstSequence}, and ${this.#sequence} was stored here last`);
  }

  /** Puts what comes where it is stored from, and waits when too much does. */
  async #receive(link: StreamLink): Promise<void> {
    const onTrouble = (error: unknown): void => this.#options.onTrouble(error, "the stream cannot be read; it is tried again");
    for await (const message of link.messagesFrom(() => this.#receivedSequence + 1, onTrouble)) {
      if (this.#isClosed || this.#lost !== null) return;
      if (message.seq > this.#receivedSequence + 1) throw this.#gap(message.seq);
      this.#receivedSequence = message.seq;
      this.#receivedMs = performance.now();
      this.#streamPosition = Math.max(this.#streamPosition, message.seq);
      const received = this.#open(message);
      this.#received.push(received);
      this.#receivedEventCount += received.batch.events.length;
      this.#onReceived();
      if (this.#receivedEventCount >= WAITING_EVENTS_MAX) await new Promise<void>((resolve) => (this.#onRoom = resolve));
    }
  }

  #open(message: StreamMessage): Received {
    const accountId = message.subject.slice(message.subject.lastIndexOf(".") + 1);
    const atMs = message.time.getTime();
    const format = message.headers?.get(FORMAT_HEADER);
    if (format !== String(MESSAGE_FORMAT)) {
      throw storageError(
        "NEWER_VERSION",
        this.#path,
        `message ${message.seq} of the stream has format ${format || "none"}, and this one knows ${MESSAGE_FORMAT}`,
      );
    }
    const own = this.#own.get(message.headers?.get("Nats-Msg-Id") ?? "");
    if (own !== undefined) return { message, atMs, batch: own.message, own };
    if (!this.#options.share.holds(accountId)) return { message, atMs, batch: { accountId, events: [] }, own };
    const { events, faults } = decode(message.data);
    if (faults.length > 0) this.#options.onTrouble(null, `message ${message.seq} of the stream is not taken whole: ${faults[0]}`);
    return { message, atMs, batch: { accountId, events }, own };
  }

  async #store(): Promise<void> {
    while (!this.#isClosed && this.#lost === null) {
      const first = this.#received[0];
      if (first === undefined) {
        await new Promise<void>((resolve) => (this.#onReceived = resolve));
        continue;
      }
      const period = this.#periodOf(first.atMs);
      if (period > this.#periodOf(this.#atMs))
        await this.#storing.run(() => this.#insist(async () => this.#options.onPeriod?.(period * this.#options.periodMs)));
      await this.#storing.run(() => this.#storeTurn(this.#takeTurn(period)));
    }
  }

  #takeTurn(period: number): Received[] {
    let [count, eventCount] = [0, 0];
    for (
      let next = this.#received[0];
      next && this.#periodOf(next.atMs) === period && eventCount < TURN_EVENTS_MAX;
      next = this.#received[count]
    ) {
      eventCount += next.batch.events.length;
      count += 1;
    }
    this.#receivedEventCount -= eventCount;
    this.#onRoom();
    return this.#received.splice(0, count);
  }

  async #storeTurn(turn: readonly Received[]): Promise<void> {
    const { message, atMs } = turn.at(-1)!;
    const held = turn.filter(({ batch }) => batch.events.length > 0);
    const batches = held.map(({ batch }) => batch);
    const cursor = { source: this.#source, sequence: message.seq, at: atMs };
    // What is nobody's here is read again after a restart, and passed over again.
    const appended = batches.length > 0 ? await this.#insist(() => this.#replica.store(batches, cursor)) : [];
    if (appended === null) return;
    [this.#sequence, this.#atMs] = [message.seq, atMs];
    await this.#follower({ batches, appended, position: message.seq });
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

  /** Asks again and again how far the stream is. */
  #look(): void {
    this.#looking = setTimeout(async () => {
      try {
        const askedMs = performance.now();
        // More may come while the stream answers.
        const stored = this.#stored;
        const info = await this.#link!.info();
        if (info.state.last_seq >= stored.sequence || this.#isCertain(askedMs)) {
          await this.#assertHolds(this.#link!, info, stored);
          this.#doubtMs = null;
          this.#note(info, askedMs);
        }
      } catch (error) {
        if (error instanceof StorageError) return this.#lose(error);
        // It shows in the age.
      }
      if (!this.#isClosed && this.#lost === null) this.#look();
    }, LOOK_EVERY_MS);
  }

  /** A server that was cut off, and takes itself for the leader yet, knows less than this node. */
  #isCertain(askedMs: number): boolean {
    this.#doubtMs ??= askedMs;
    return askedMs - this.#doubtMs > DOUBT_MS_MAX;
  }

  #note({ state }: StreamInfo, askedMs: number): void {
    this.#streamPosition = Math.max(this.#streamPosition, state.last_seq);
    if (this.#sequence >= state.last_seq) {
      [this.#freshMs, this.#seen] = [askedMs, null];
      return;
    }
    if (this.#seen !== null && this.#sequence >= this.#seen.position) [this.#freshMs, this.#seen] = [this.#seen.atMs, null];
    this.#seen ??= { position: state.last_seq, atMs: askedMs };
    const isSilent = this.#receivedSequence < state.last_seq && performance.now() - this.#receivedMs > SILENT_MS_MAX;
    if (isSilent && this.#received.length === 0) {
      this.#receivedMs = performance.now();
      this.#link?.readAnew();
    }
  }

  #periodOf(atMs: number): number {
    return Math.floor(atMs / this.#options.periodMs);
  }

  #lose(error: unknown): void {
    if (this.#lost !== null || this.#isClosed) return;
    this.#lost = { error };
    clearTimeout(this.#looking);
    this.#onReceived();
    this.#onRoom();
    this.#rejectOwn(error);
    this.#options.onLost(error);
  }

  #rejectOwn(error: unknown): void {
    for (const { reject } of this.#own.values()) reject(error);
  }

  #unreachable(why: string, cause?: unknown): StorageError {
    return storageError("UNREACHABLE", this.#path, why, cause);
  }
}

/** What was stored of the messages that batches were made into, batch by batch. */
function split(stored: readonly AppendedBatch[], batches: readonly EventBatch[]): AppendedBatch[] {
  const keys = stored.flatMap(({ conversationKeys }) => conversationKeys);
  const positions = stored.flatMap((appended) => appended.positions);
  // What the first message of several has begun, the others were not held before either.
  const created = new Set(stored.flatMap(({ newConversationKeys }) => [...newConversationKeys]));
  let start = 0;
  return batches.map(({ events }) => {
    const end = start + events.length;
    const conversationKeys = keys.slice(start, end);
    const appended = {
      conversationKeys,
      positions: positions.slice(start, end),
      newConversationKeys: new Set(conversationKeys.filter((key) => created.has(key))),
    };
    start = end;
    return appended;
  });
}

function ignore(): void {}
