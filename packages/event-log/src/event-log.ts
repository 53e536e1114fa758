import type { ConversationEvent, History } from "@segmeter/engine";

/**
 * A durable, ordered log of conversation events: the truth from which everything else is rebuilt.
 *
 * The log gives every conversation a key, a whole number from 1 that is never used for another conversation while this
 * one is held, and every event a position: 1, 2, 3… in the order of arrival. It knows nothing of segments and metrics.
 *
 * Calls may overlap: they take effect one after another, in the order they were made.
 */
export interface EventLog {
  /**
   * Appends, in one transaction, the events that the log does not hold yet. An event is a duplicate when an event of
   * the same account, conversation and `eventId` is held already or stands earlier in the same call.
   *
   * @returns once all of it is on disk, one entry a batch, in their order
   * @throws StorageError if nothing could be stored; then nothing was, and the same call may be repeated
   */
  append(batches: readonly EventBatch[]): Promise<AppendedBatch[]>;

  /** So many calls of `append` may be under way together; more of them gain nothing. */
  readonly appendsAtOnce: number;

  /**
   * Hands on all that is stored from now on, by whoever appended it, in the order of the log, before `append` returns.
   * Nothing more is stored until what `follower` returned has settled. There is one follower.
   */
  follow(follower: Follower): void;

  /** Runs work while nothing is being stored, once there is a follower; what is to be stored waits for it. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>;

  /** Up to where everything is stored. It only ever grows; logs that take the same events in the same order are equal at equal ones. */
  readonly position: number;

  /**
   * Everything held of some conversations.
   *
   * @returns one entry a key, in their order; a key that is not held is left out
   */
  histories(conversationKeys: readonly number[]): Promise<ConversationHistory[]>;

  /**
   * Every conversation once, whole, by ascending key, in chunks of bounded size (a single conversation may exceed it).
   * Other calls may come between two chunks: a chunk is what the log holds when it is read, without the conversations
   * that are newer than the first chunk.
   *
   * @param afterKey leaves out those up to a key; 0 if not given
   */
  readAll(afterKey?: number): AsyncIterable<ConversationHistory[]>;

  /** The log as it is now, to be told from later what has changed. */
  mark(): Promise<LogMark>;

  /**
   * What has changed since a mark.
   *
   * @returns null where that is not known: the mark is another log's, or was made after the backup that this log goes on
   *   from, or it was let go of, or too much has come since
   */
  changesSince(mark: LogMark): Promise<LogChanges | null>;

  /** Lets go of all marks before this one. Without it, the log lets go of them by itself when they are a million changes old. */
  forgetMarksBefore(mark: LogMark): Promise<void>;

  /**
   * Conversations whose last event (by event time) lies before a moment, by the hour of that event, and by key within it.
   *
   * @param after the last of the page before, whether or not it is still held; null begins
   * @returns at most `limit` of them, whole
   */
  quietSince(lastEventBeforeMs: number, after: ConversationHistory | null, limit: number): Promise<ConversationHistory[]>;

  /** Forgets conversations and their events, in one transaction. Keys that are not held are passed over. */
  remove(conversationKeys: readonly number[]): Promise<void>;

  size(): Promise<LogSize>;

  /**
   * Copies the log to a new file, while it is used: all that was appended before the call, and some of what comes meanwhile,
   * every call of it whole or not at all.
   *
   * @param path of a file that is not there; what is left of it after a failure is the caller's to remove
   * @param companionPaths files that go along in the copy, as they are once all else is in it; those that are not there, or empty, do not
   * @throws StorageError if it could not be written
   */
  copyTo(path: string, companionPaths?: readonly string[]): Promise<void>;

  /** Lets go of the log; it may be opened again. Later calls are refused, but closing once more does nothing. */
  close(): Promise<void>;
}

/** One moment in the life of a log, and of the copies that were made of it later. */
export interface LogMark {
  /** How many transactions have changed the log. */
  readonly number: number;
  /** Of the last of them: no other, of this log or another one, has the same. */
  readonly token: number;
  /** Of the newest event ever appended then; counted by this log, also where it is filled from a stream. */
  readonly position: number;
}

export interface LogChanges {
  /** Of conversations that were held at the mark, and went on or were removed since; ascending. */
  readonly changedKeys: readonly number[];
  /** Of the newest conversation at the mark: those with greater keys have come since. */
  readonly newestKey: number;
}

/** How far a log that is filled from a stream has come. */
export interface Cursor {
  /** Which stream, and what of it. */
  readonly source: string;
  /** Of the newest message that is stored. */
  readonly sequence: number;
  /** When the stream took it, UTC epoch ms. */
  readonly at: number;
}

export type Follower = (stored: Stored) => Promise<void>;

/** Batches that were stored together. */
export interface Stored {
  readonly batches: readonly EventBatch[];
  /** One entry a batch, in their order. */
  readonly appended: readonly AppendedBatch[];
  /** The log's, with these. */
  readonly position: number;
}

/** How much is held. */
export interface LogSize {
  readonly eventCount: number;
  readonly conversationCount: number;
  /** Of the newest event ever appended; 0 in a new log. */
  readonly position: number;
}

export interface EventBatch {
  readonly accountId: string;
  readonly events: readonly ConversationEvent[];
}

export interface AppendedBatch {
  /** The conversation of each event, by index. */
  readonly conversationKeys: readonly number[];
  /** The position of each event, by index; 0 for a duplicate. */
  readonly positions: readonly number[];
  /** Keys of the conversations of which the log held nothing before this call. */
  readonly newConversationKeys: ReadonlySet<number>;
}

/** Everything held of one conversation, in the order of arrival. */
export type ConversationHistory = History;

/** Why a log could not be opened, or no longer answers. */
export type LogFault =
  /** Another process has it open. */
  | "IN_USE"
  /** What is on disk is not what was written. */
  | "DAMAGED"
  /** Written by a newer version of Segmeter. */
  | "NEWER_VERSION"
  /** The file exists and is something else. */
  | "NOT_A_LOG"
  /** It is filled from another stream, or from none. */
  | "WRONG_SOURCE"
  /** The stream no longer holds what comes next. */
  | "GAP"
  /** The stream could not be reached, or has not answered in time; what was appended may come to be stored. */
  | "UNREACHABLE"
  /** The disk is full, read-only or failing; a later try may work. */
  | "STORAGE_FAILED"
  /** Whatever works on it has ended: calls that were under way may or may not have taken effect, and it has to be opened again. */
  | "LOST";

/** A failure of the log; its message says what was found, where, and what to do. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly fault: LogFault;

  constructor(fault: LogFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
