import { parseEvent, type ConversationEvent } from "@segmeter/engine";
import { JsonBytes, toLabel } from "@segmeter/json-bytes";
import type { EventBatch } from "../event-log.ts";
import { writeEvent } from "./event-json.ts";

/** Raised with every change that an older node could not read; it then stops, rather than pass something over. */
export const MESSAGE_FORMAT = 1;
export const FORMAT_HEADER = "Segmeter-Format";

/** Events of one account, on their way to the stream: a JSON array of events. */
export interface Outgoing extends EventBatch {
  readonly payload: Uint8Array;
}

/**
 * The events of batches in their order, in as few messages as hold them. Batches of the same account that stand side by
 * side share messages.
 */
export function toMessages(batches: readonly EventBatch[], payloadBytesMax: number): Outgoing[] {
  return joined(batches).flatMap((batch) => encode(batch, payloadBytesMax));
}

/** @returns the events of a payload, and what in it is none */
export function decode(payload: Uint8Array): { readonly events: ConversationEvent[]; readonly faults: string[] } {
  const events: ConversationEvent[] = [];
  const faults: string[] = [];
  for (const value of parseList(payload, faults)) {
    // Whoever put it there has judged its time.
    const parsed = parseEvent(value, Infinity);
    if (parsed.ok) events.push(parsed.event);
    else faults.push(parsed.message);
  }
  return { events, faults };
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

/** More than this is seldom one message anyway; a list need not be written to be found too long. */
const EVENTS_MAX = 4_000;

function encode({ accountId, events }: EventBatch, payloadBytesMax: number): Outgoing[] {
  if (events.length <= EVENTS_MAX) {
    const payload = toJson(events);
    if (payload.length <= payloadBytesMax) return [{ accountId, events, payload }];
    if (events.length === 1)
      throw new RangeError(`an event of ${payload.length} bytes is longer than the stream takes, ${payloadBytesMax}`);
  }
  const middle = Math.ceil(events.length / 2);
  return [events.slice(0, middle), events.slice(middle)].flatMap((half) => encode({ accountId, events: half }, payloadBytesMax));
}

function toJson(events: readonly ConversationEvent[]): Uint8Array {
  const out = new JsonBytes();
  for (let i = 0; i < events.length; i++) {
    out.label(i === 0 ? OPEN : NEXT);
    writeEvent(out, events[i]!);
  }
  out.label(CLOSE);
  const payload = out.take();
  out.close();
  return payload;
}

const [OPEN, NEXT, CLOSE] = [toLabel("["), toLabel(","), toLabel("]")];

function parseList(payload: Uint8Array, faults: string[]): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    if (Array.isArray(value)) return value;
    faults.push("expected a list of events");
  } catch (error) {
    faults.push((error as Error).message);
  }
  return [];
}
