import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { jetstream, JetStreamApiError, jetstreamManager, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { ConversationEvent } from "@segmeter/engine";
import { StorageError, type EventLog } from "../event-log.ts";
import { connectTo, payloadBytesMaxOf, type NatsOptions } from "./connection.ts";
import type { RowBatch } from "../sqlite/row-block.ts";
import { createHeaders, MESSAGE_FORMAT, toMessages } from "./message.ts";
import { differencesOf, findOrCreate, subjectOf, type StreamOptions } from "./stream.ts";

export interface StreamMoveOptions {
  /** Of a machine that was alone, and has stopped. */
  readonly log: EventLog;
  readonly nats: NatsOptions;
  readonly stream: StreamOptions;
  /** Told what is not as expected, and what is tried again. */
  readonly onTrouble: (message: string) => void;
  readonly onProgress: (doing: "read" | "published", eventCount: number, ofEvents: number) => void;
}

export interface StreamMove {
  readonly accountCount: number;
  readonly eventCount: number;
  /** Of these, what was published now; the rest was there already. */
  readonly publishedCount: number;
  /** Of the newest message of these in the stream. */
  readonly position: number;
}

const REQUEST_MS_MAX = 2_000;
const RETRY_MS = 500;
/** Held until they are published; of each account together. */
const HELD_EVENTS_MAX = 50_000;
/** On every message of a move: which log it is of, and the how many-th of its account. */
const MOVED_HEADER = "Segmeter-Moved";
const WRONG_LAST_SEQUENCE = 10071;
/** For a moment: servers choose a leader. */
const UNAVAILABLE = 10008;

/**
 * Publishes everything that a log holds to a stream that holds nothing of its accounts, in the order of each conversation.
 *
 * Messages are cut the same in every run, and each says which of its account it is. So a move that was interrupted, wherever, goes
 * on when it is run again: what the stream has is passed over. Each message is published under the condition that nothing else of
 * its account has come meanwhile; nothing is published twice, or beside anybody else.
 *
 * @throws StorageError if the log cannot be moved into this stream; its message says why, and what to do
 */
export async function moveIntoStream(options: StreamMoveOptions): Promise<StreamMove> {
  let connection: NatsConnection;
  try {
    connection = await connectTo(options.nats);
  } catch (error) {
    throw cannotMove(`the servers of the stream do not answer: ${(error as Error).message}`, error);
  }
  try {
    const payloadBytesMax = payloadBytesMaxOf(connection);
    const manager = await jetstreamManager(connection, { timeout: REQUEST_MS_MAX, checkAPI: false });
    await assertFit(manager, options);
    const survey = await surveyOf(options, payloadBytesMax);
    const target = new Target(jetstream(connection, { timeout: REQUEST_MS_MAX }), manager, survey.identity, options);
    await target.assertFree(survey.accountIds).catch(toFault);
    let passedCount = 0;
    for await (const message of messagesOf(options.log, payloadBytesMax)) {
      await target.take(message);
      passedCount += message.events.length;
      options.onProgress("published", passedCount, survey.eventCount);
    }
    const { publishedCount, position } = target;
    return { accountCount: survey.accountIds.length, eventCount: survey.eventCount, publishedCount, position };
  } catch (error) {
    // An event too long for a message.
    throw error instanceof RangeError ? cannotMove(error.message, error) : error;
  } finally {
    await connection.close();
  }
}

async function assertFit(manager: JetStreamManager, { stream, onTrouble }: StreamMoveOptions): Promise<void> {
  let found;
  try {
    found = await findOrCreate(manager, stream);
  } catch (error) {
    throw cannotMove(`the stream ${stream.name} is neither found nor made: ${(error as Error).message}`, error);
  }
  for (const { text, isFatal } of differencesOf(found.config, stream)) {
    if (isFatal) throw cannotMove(`the stream ${stream.name} is not one for it: ${text}. Nothing was published.`);
    onTrouble(`the stream ${stream.name} is left as it is, though not as expected: ${text}`);
  }
}

interface Survey {
  readonly accountIds: readonly string[];
  readonly eventCount: number;
  /** The same for the same log, cut in the same way. */
  readonly identity: string;
}

async function surveyOf({ log, onProgress }: StreamMoveOptions, payloadBytesMax: number): Promise<Survey> {
  const size = await log.size();
  const hash = createHash("sha256").update(JSON.stringify([size, payloadBytesMax, MESSAGE_FORMAT]));
  const accountIds = new Set<string>();
  let eventCount = 0;
  for await (const histories of log.readAll()) {
    for (const { key, accountId, events } of histories) {
      accountIds.add(accountId);
      eventCount += events.length;
      const [first, last] = [events[0]!, events.at(-1)!];
      hash.update(JSON.stringify([key, accountId, first.conversationId, events.length, last.eventId, last.at]));
    }
    onProgress("read", eventCount, size.eventCount);
  }
  return { accountIds: [...accountIds], eventCount, identity: hash.digest("hex").slice(0, 32) };
}

/** The whole log, in the same messages every time. */
async function* messagesOf(log: EventLog, payloadBytesMax: number): AsyncGenerator<RowBatch, void> {
  let held = new Map<string, ConversationEvent[]>();
  let heldCount = 0;
  const flush = function* (): Generator<RowBatch, void> {
    const batches = Array.from(held, ([accountId, events]) => ({ accountId, events }));
    [held, heldCount] = [new Map(), 0];
    yield* toMessages(batches, payloadBytesMax);
  };
  for await (const histories of log.readAll()) {
    for (const { accountId, events } of histories) {
      const before = held.get(accountId) ?? [];
      held.set(accountId, before);
      for (const event of events) before.push(event);
      heldCount += events.length;
      if (heldCount >= HELD_EVENTS_MAX) yield* flush();
    }
  }
  yield* flush();
}

/** What the stream has of an account. */
interface Held {
  /** Messages, all of this move. */
  readonly count: number;
  /** Of the newest; 0: there is none. */
  readonly sequence: number;
}

/** The accounts of one log in the stream. */
class Target {
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #identity: string;
  readonly #name: string;
  readonly #onTrouble: (message: string) => void;
  readonly #held = new Map<string, Held>();
  /** Of each account, what was taken in this run. */
  readonly #taken = new Map<string, number>();
  publishedCount = 0;

  constructor(client: JetStreamClient, manager: JetStreamManager, identity: string, { stream, onTrouble }: StreamMoveOptions) {
    this.#client = client;
    this.#manager = manager;
    this.#identity = identity;
    this.#name = stream.name;
    this.#onTrouble = onTrouble;
  }

  get position(): number {
    let position = 0;
    for (const { sequence } of this.#held.values()) position = Math.max(position, sequence);
    return position;
  }

  /** @throws StorageError if the stream holds anything of the accounts that this move has not published, before anything is */
  async assertFree(accountIds: readonly string[]): Promise<void> {
    const { state } = await this.#manager.streams.info(this.#name, { subjects_filter: subjectOf(this.#name, "*") });
    for (const accountId of accountIds) {
      const count = state.subjects?.[subjectOf(this.#name, accountId)] ?? 0;
      this.#held.set(accountId, count === 0 ? { count, sequence: 0 } : await this.#lastOf(accountId, count));
    }
  }

  /** Publishes the next message of its account, unless the stream has it. */
  async take(message: RowBatch): Promise<void> {
    const { accountId, events } = message;
    const index = (this.#taken.get(accountId) ?? 0) + 1;
    this.#taken.set(accountId, index);
    const held = this.#held.get(accountId)!;
    if (held.count >= index) return;
    this.#held.set(accountId, await this.#publishSurely(message, index, held.sequence));
    this.publishedCount += events.length;
  }

  async #publishSurely(message: RowBatch, index: number, lastSequence: number): Promise<Held> {
    for (; ; await delay(RETRY_MS)) {
      try {
        return { count: index, sequence: await this.#publish(message, index, lastSequence) };
      } catch (error) {
        const code = error instanceof JetStreamApiError ? error.code : undefined;
        // One that was not acknowledged may be there all the same: then the condition of the next try does not hold.
        const isThere = code === WRONG_LAST_SEQUENCE && (await this.#lastOf(message.accountId, index).catch(nullIfPassing));
        if (isThere) return isThere;
        if (code !== undefined && code !== WRONG_LAST_SEQUENCE && code !== UNAVAILABLE) throw this.#refused(error as Error);
        this.#onTrouble(`waiting: the stream has not acknowledged: ${(error as Error).message}`);
      }
    }
  }

  async #publish({ accountId, rows }: RowBatch, index: number, lastSubjectSequence: number): Promise<number> {
    const sent = createHeaders();
    sent.set(MOVED_HEADER, `${this.#identity} ${index}`);
    const { seq } = await this.#client.publish(subjectOf(this.#name, accountId), rows.bytes, {
      headers: sent,
      msgID: `${this.#identity}-${accountId}-${index}`,
      expect: { lastSubjectSequence },
      retries: 0,
    });
    return seq;
  }

  /** @throws StorageError unless the newest message of an account is the `count`-th of this move */
  async #lastOf(accountId: string, count: number): Promise<Held> {
    const last = await this.#manager.streams.getMessage(this.#name, { last_by_subj: subjectOf(this.#name, accountId) });
    const moved = last?.header.get(MOVED_HEADER) ?? "";
    if (last !== null && moved === `${this.#identity} ${count}`) return { count, sequence: last.seq };
    const what = moved === "" ? "that were not moved there" : "of another log, or of this one before it has changed";
    throw cannotMove(
      `the stream ${this.#name} holds events of the account ${JSON.stringify(accountId)} ${what}: it has to hold nothing else of the accounts that move. Name another stream (NATS_STREAM), or post the events to a node instead: each counts once.`,
    );
  }

  #refused(error: Error): StorageError {
    return cannotMove(
      `the stream ${this.#name} refuses the events: ${error.message}. Put it right and run this again: it goes on from there.`,
      error,
    );
  }
}

function toFault(error: unknown): never {
  throw error instanceof StorageError ? error : cannotMove(`the stream cannot be asked: ${(error as Error).message}`, error);
}

function nullIfPassing(error: unknown): null {
  if (error instanceof StorageError) throw error;
  return null;
}

function cannotMove(message: string, cause?: unknown): StorageError {
  return new StorageError("WRONG_SOURCE", message, { cause });
}
