import { setTimeout as delay } from "node:timers/promises";
import {
  type ConsumerMessages,
  DeliverPolicy,
  jetstream,
  JetStreamApiError,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
  type StreamInfo,
} from "@nats-io/jetstream";
import type { MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import { connectTo, payloadBytesMaxOf, type NatsOptions } from "./connection.ts";
import type { RowBatch } from "../sqlite/row-block.ts";
import { createHeaders } from "./message.ts";
import { findOrCreate, subjectOf, type StreamOptions } from "./stream.ts";

/** A server may be gone, and the others choose a leader: that takes them up to about so long. */
const ACK_MS_MAX = 10_000;
const ACK_TRY_MS = 2_000;
const RETRY_AFTER_MS = 100;
const REQUEST_MS_MAX = 2_000;
/** While servers choose a leader nobody answers, and whoever leads then has not heard what was asked before. */
const LEADER_TRY_MS = 500;
/** A reader may be given to a server that is gone, and another try have more luck. Longer with every try. */
const READER_TRY_MS = 500;
/** On their way to this node, or waiting to be stored there. */
const MESSAGES_AHEAD = 32;
/** The server that reads the stream for this node says so often that it is there, and is left after two omissions. */
const HEARTBEAT_MS = 1_000;

/** As the stream holds it. */
export interface StreamMessage {
  readonly seq: number;
  readonly subject: string;
  readonly headers?: MsgHdrs | undefined;
  readonly data: Uint8Array;
  /** When the stream took it. */
  readonly time: Date;
}

/** A connection to the servers, and the stream there. */
export class StreamLink {
  readonly #connection: NatsConnection;
  readonly #publishing: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #options: StreamOptions;
  #isConnected = true;
  #connectionCount = 1;
  #isClosed = false;
  #stopReading: () => void = ignore;

  private constructor(connection: NatsConnection, manager: JetStreamManager, options: StreamOptions) {
    this.#connection = connection;
    this.#publishing = jetstream(connection, { timeout: ACK_TRY_MS });
    this.#manager = manager;
    this.#options = options;
    void this.#watch();
  }

  static async open(nats: NatsOptions, options: StreamOptions): Promise<StreamLink> {
    const connection = await connectTo(nats);
    try {
      return new StreamLink(connection, await jetstreamManager(connection, { timeout: REQUEST_MS_MAX, checkAPI: false }), options);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Grows whenever servers were lost and found again. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  get payloadBytesMax(): number {
    return payloadBytesMaxOf(this.#connection);
  }

  /** Creates the stream where it is missing. */
  findOrCreate(): Promise<StreamInfo> {
    return findOrCreate(this.#manager, this.#options);
  }

  /** Fails while the stream has no leader. */
  info(): Promise<StreamInfo> {
    return this.#manager.streams.info(this.#options.name);
  }

  /** @returns when the stream took a message, UTC epoch ms; null if it no longer holds it */
  async timeOf(sequence: number): Promise<number | null> {
    const message = await this.#manager.streams.getMessage(this.#options.name, { seq: sequence });
    return message === null ? null : message.time.getTime();
  }

  /**
   * @param id of the message: tried again, it is stored once
   * @returns once it is replicated
   * @throws Error if it was not acknowledged in time; it may come to be stored all the same
   */
  async publish(id: string, { accountId, rows }: RowBatch): Promise<void> {
    const sent = createHeaders();
    const untilMs = performance.now() + ACK_MS_MAX;
    for (;;) {
      try {
        await this.#publishing.publish(subjectOf(this.#options.name, accountId), rows.bytes, { msgID: id, headers: sent, retries: 0 });
        return;
      } catch (error) {
        // What the stream refuses it would refuse again.
        if (error instanceof JetStreamApiError || this.#isClosed || performance.now() > untilMs) throw error;
        await delay(RETRY_AFTER_MS);
      }
    }
  }

  /**
   * Every message from one on, in order, until the link is closed; however often the servers are lost meanwhile.
   *
   * @param next the sequence that comes next: asked again whenever reading begins anew
   */
  async *messagesFrom(next: () => number, onTrouble: (error: unknown) => void): AsyncGenerator<StreamMessage, void> {
    let tryMs = READER_TRY_MS;
    while (!this.#isClosed) {
      try {
        await this.#assertLed();
        const reading = jetstream(this.#connection, { timeout: tryMs });
        tryMs = Math.min(1.25 * tryMs, REQUEST_MS_MAX);
        const consumer = await reading.consumers.get(this.#options.name, {
          deliver_policy: DeliverPolicy.StartSequence,
          opt_start_seq: next(),
        });
        tryMs = READER_TRY_MS;
        const messages = await consumer.consume({ max_messages: MESSAGES_AHEAD, idle_heartbeat: HEARTBEAT_MS });
        this.#stopReading = () => messages.stop();
        if (this.#isClosed) return;
        void stopWhenForsaken(messages);
        for await (const message of messages) if (message.seq >= next()) yield message;
      } catch (error) {
        onTrouble(error);
        // To have a reader takes all servers' leader. What whoever leads the stream is asked for takes no more than it.
        yield* this.#messagesOneByOne(next);
      }
      if (!this.#isClosed) await delay(RETRY_AFTER_MS);
    }
  }

  /** Every message from one on that the stream holds now, as long as it answers. */
  async *#messagesOneByOne(next: () => number): AsyncGenerator<StreamMessage, void> {
    const { streams } = await this.#asking();
    while (!this.#isClosed) {
      const message = await streams.getMessage(this.#options.name, { seq: next() }).catch(() => null);
      if (message === null) return;
      const { seq, subject, header, data, time } = message;
      yield { seq, subject, headers: header, data, time };
    }
  }

  /** Lets reading begin anew, where it seems to have been forgotten. */
  readAnew(): void {
    this.#stopReading();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopReading();
    await this.#connection.close();
  }

  /** @throws Error while the stream, or all servers together, have no leader: a reader takes both */
  async #assertLed(): Promise<void> {
    const { streams } = await this.#asking();
    await Promise.all([streams.info(this.#options.name), streams.names().next()]);
  }

  #asking(): Promise<JetStreamManager> {
    return jetstreamManager(this.#connection, { timeout: LEADER_TRY_MS, checkAPI: false });
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") this.#isConnected = false;
      if (type !== "reconnect") continue;
      this.#isConnected = true;
      this.#connectionCount += 1;
    }
  }
}

/**
 * What reads the stream for a node is on one server, and gone with it. The library would ask that server what has become of it,
 * again and again; reading anew on another one is sooner.
 */
async function stopWhenForsaken(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) if (type === "heartbeats_missed") messages.stop();
}

function ignore(): void {}
