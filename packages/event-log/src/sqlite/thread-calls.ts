import type { AppendedBatch, ConversationHistory, Cursor, EventBatch, LogChanges, LogFault, LogMark, LogSize } from "../event-log.ts";
import type { NewEvents } from "./append.ts";
import { toRow, type EventRow } from "./event-row.ts";
import { EventPacker, EventUnpacker } from "./packed-events.ts";
import type { PackedEvents } from "./packed-events.ts";
import { toHistory, type StoredConversation } from "./read.ts";
import type { FilledFrom } from "./sqlite-file.ts";

/** What the thread that owns the file does for the others: the calls of `EventLog`, their events packed. */
export interface ThreadCalls {
  open(folder: string, filledFrom: FilledFrom): void;
  cursor(): Cursor | null;
  append(batches: PackedBatches, cursor: Cursor | null): PackedAppended;
  histories(conversationKeys: readonly number[]): PackedHistories;
  /** @returns the number that the reader is called by from now on */
  startReading(afterKey: number): number;
  /** @returns null at the end; the reader is gone then */
  readNext(reader: number): PackedHistories | null;
  stopReading(reader: number): void;
  quietSince(lastEventBeforeMs: number, afterHour: number, afterKey: number, limit: number): PackedHistories;
  remove(conversationKeys: readonly number[]): void;
  size(): LogSize;
  mark(): LogMark;
  changesSince(mark: LogMark): LogChanges | null;
  forgetMarksBefore(mark: LogMark): void;
  /** Begins to copy, which goes on between the calls after this one. One at a time. */
  startCopying(path: string, companionPaths: readonly string[]): Promise<void>;
  /** Whether the copy is whole; fails as it failed. */
  isCopied(): boolean;
  close(): void;
}

export type CallName = keyof ThreadCalls;

export interface Call<Name extends CallName = CallName> {
  readonly name: Name;
  readonly args: Parameters<ThreadCalls[Name]>;
}

/** Answers come in the order of the calls. */
export type CallAnswer = { readonly result: unknown } | { readonly error: unknown; readonly fault: LogFault | null };

export interface PackedBatches extends PackedEvents {
  readonly batches: readonly { readonly accountId: string; readonly eventCount: number }[];
}

export interface PackedAppended {
  /** The conversation keys of all events of all batches, and behind them their positions. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Of each batch. */
  readonly newConversationKeys: readonly (readonly number[])[];
}

/** JSON, of which the events are taken from the file as they stand there: `[[key, accountId, conversationId, lastAt, eventCount, events], …]`. */
export type PackedHistories = string;

/** The memory that goes over with a message, instead of a copy of it. */
export function transferOf(message: unknown): ArrayBuffer[] {
  const values = (message as Partial<PackedEvents> | null | undefined)?.values;
  return values instanceof Float64Array ? [values.buffer] : [];
}

export function packBatches(batches: readonly EventBatch[]): PackedBatches {
  const packer = new EventPacker(batches.reduce((sum, { events }) => sum + events.length, 0));
  for (const { events } of batches) for (const event of events) packer.add(toRow(event), event.conversationId);
  return { ...packer.finish(), batches: batches.map(({ accountId, events }) => ({ accountId, eventCount: events.length })) };
}

export function* unpackBatches(packed: PackedBatches): Generator<{ readonly accountId: string; readonly events: NewEvents }> {
  const unpacker = new EventUnpacker(packed);
  let start = 0;
  for (const { accountId, eventCount } of packed.batches) {
    const from = start;
    const events: NewEvents = {
      count: eventCount,
      conversationIdAt: (index) => unpacker.conversationIdAt(from + index),
      rowAt: (index) => unpacker.rowAt(from + index),
    };
    yield { accountId, events };
    start += eventCount;
  }
}

export function packAppended(appended: readonly AppendedBatch[]): PackedAppended {
  const columns = [...appended.map((batch) => batch.conversationKeys), ...appended.map((batch) => batch.positions)];
  const values = new Float64Array(columns.reduce((sum, column) => sum + column.length, 0));
  let start = 0;
  for (const column of columns) {
    values.set(column, start);
    start += column.length;
  }
  return { values, newConversationKeys: appended.map((batch) => [...batch.newConversationKeys]) };
}

/** @param batches those that were appended */
export function unpackAppended({ values, newConversationKeys }: PackedAppended, batches: readonly EventBatch[]): AppendedBatch[] {
  const positions = values.length / 2;
  let start = 0;
  return batches.map(({ events }, b) => {
    const end = start + events.length;
    const appended = {
      conversationKeys: Array.from(values.subarray(start, end)),
      positions: Array.from(values.subarray(positions + start, positions + end)),
      newConversationKeys: new Set(newConversationKeys[b]),
    };
    start = end;
    return appended;
  });
}

export function packHistories(conversations: readonly StoredConversation[]): PackedHistories {
  const lists = conversations.map(({ key, accountId, conversationId, lastAt, eventCount, events }) => {
    return `[${key},${JSON.stringify(accountId)},${JSON.stringify(conversationId)},${lastAt},${eventCount},${events}]`;
  });
  return `[${lists.join(",")}]`;
}

/** @throws Damage if one of them has not the events that were written for it */
export function unpackHistories(packed: PackedHistories): ConversationHistory[] {
  const lists = JSON.parse(packed) as (readonly [number, string, string, number, number, EventRow[]])[];
  return lists.map(([key, accountId, conversationId, lastAt, eventCount, rows]) =>
    toHistory({ key, accountId, conversationId, lastAt, eventCount }, rows),
  );
}
