import type { ConversationHistory, Cursor, LogChanges, LogFault, LogMark, LogSize } from "../event-log.ts";
import type { EventRow } from "./event-row.ts";
import type { PackedAppended, PackedEvents } from "./packed-events.ts";
import { toHistory, type StoredConversation } from "./read.ts";
import type { FilledFrom } from "./sqlite-file.ts";

/** What the thread that owns the file does for the others: the calls of `EventLog`, their events packed. */
export interface ThreadCalls {
  open(folder: string, filledFrom: FilledFrom): void;
  cursor(): Cursor | null;
  append(events: PackedEvents, cursor: Cursor | null): PackedAppended;
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

/** JSON, of which the events are taken from the file as they stand there: `[[key, accountId, conversationId, lastAt, eventCount, events], …]`. */
export type PackedHistories = string;

/** The memory that goes over with a message, instead of a copy of it. */
export function transferOf(message: unknown): ArrayBuffer[] {
  const { bytes, values } = (message ?? {}) as Partial<PackedEvents>;
  return [bytes, values].filter((memory) => ArrayBuffer.isView(memory)).map(({ buffer }) => buffer);
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
