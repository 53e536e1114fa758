import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type { ConversationEvent } from "@segmeter/engine";
import type { EventBatch } from "../event-log.ts";
import type { RowBatch } from "../sqlite/row-block.ts";
import { readList } from "./message-list.ts";
import { readRows, writeMessage } from "./message-rows.ts";
import type { ReadPayload } from "./payload.ts";

/** Raised with every change that an older node could not read; it then stops, rather than pass something over. */
export const MESSAGE_FORMAT = 2;
export const FORMAT_HEADER = "Segmeter-Format";

/** How messages of each format are read: as long as a stream may hold some. */
export const READERS: ReadonlyMap<string, ReadPayload> = new Map([
  ["1", readList],
  [String(MESSAGE_FORMAT), readRows],
]);

/** Of a message that `toMessages` made: they tell how it is read. */
export function createHeaders(): MsgHdrs {
  const sent = headers();
  sent.set(FORMAT_HEADER, String(MESSAGE_FORMAT));
  return sent;
}

/**
 * The events of batches in their order, in as few messages as hold them: the bytes of their rows. Batches of the same account that
 * stand side by side share messages.
 *
 * @throws RangeError if an event is longer than a message
 */
export function toMessages(batches: readonly EventBatch[], payloadBytesMax: number): RowBatch[] {
  return joined(batches).flatMap((batch) => encode(batch, payloadBytesMax));
}

function joined(batches: readonly EventBatch[]): EventBatch[] {
  const whole: { accountId: string; events: ConversationEvent[] }[] = [];
  for (const { accountId, events } of batches) {
    if (events.length === 0) continue;
    const last = whole.at(-1);
    if (last?.accountId === accountId) for (const event of events) last.events.push(event);
    else whole.push({ accountId, events: [...events] });
  }
  return whole;
}

/** More than this is seldom one message anyway; rows need not be written to be found too long. */
const EVENTS_MAX = 10_000;

function encode(batch: EventBatch, payloadBytesMax: number): RowBatch[] {
  const { accountId, events } = batch;
  if (events.length <= EVENTS_MAX) {
    const message = writeMessage(batch);
    const { length } = message.rows.bytes;
    if (length <= payloadBytesMax) return [message];
    if (events.length === 1) throw new RangeError(`an event of ${length} bytes is longer than the stream takes, ${payloadBytesMax}`);
  }
  const middle = Math.ceil(events.length / 2);
  return [events.slice(0, middle), events.slice(middle)].flatMap((half) => encode({ accountId, events: half }, payloadBytesMax));
}
