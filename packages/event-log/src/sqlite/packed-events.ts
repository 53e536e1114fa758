import { JsonBytes, toLabel } from "@segmeter/json-bytes";
import type { ConversationEvent } from "@segmeter/engine";
import type { AppendedBatch, EventBatch } from "../event-log.ts";
import { writeRow } from "./event-row.ts";

/**
 * Events on their way to the thread of the log: conversation by conversation, each in the order of arrival, as they are to stand
 * in the file. Memory goes over as it is, and a text at little cost, where objects would be written out and read in one by one.
 *
 *     conversations   JSON [[accountId, conversationId], …], each once, in the order in which they come first
 *     eventIds        JSON list
 *     rows            [row,row,…][row,…]…  JSON, a list a conversation
 *     values          the conversation of each event, in the order of arrival
 *                     then conversation by conversation: when each event was; where its row ends
 */
export interface PackedEvents {
  readonly conversations: string;
  readonly eventIds: string;
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
}

interface Group {
  readonly accountId: string;
  readonly conversationId: string;
  readonly events: ConversationEvent[];
}

export function packBatches(batches: readonly EventBatch[]): PackedEvents {
  const eventCount = batches.reduce((sum, { events }) => sum + events.length, 0);
  const values = new Float64Array(3 * eventCount);
  const groups = groupByConversation(batches, values);
  const [ats, rowEnds] = [values.subarray(eventCount, 2 * eventCount), values.subarray(2 * eventCount)];
  const eventIds: string[] = [];
  const rows = new JsonBytes();
  for (const { events } of groups) {
    rows.label(OPEN);
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      rows.label(i === 0 ? OPEN : NEXT);
      writeRow(rows, event);
      const place = eventIds.push(event.eventId) - 1;
      ats[place] = event.at;
      rowEnds[place] = rows.length;
    }
    rows.label(CLOSE);
  }
  const packed = {
    conversations: JSON.stringify(groups.map(({ accountId, conversationId }) => [accountId, conversationId])),
    eventIds: JSON.stringify(eventIds),
    rows: rows.take(),
    values,
  };
  rows.close();
  return packed;
}

const [OPEN, NEXT, CLOSE] = [toLabel("["), toLabel(",["), toLabel("]")];

/** @param numbers takes the group of each event */
function groupByConversation(batches: readonly EventBatch[], numbers: Float64Array): Group[] {
  const groups: Group[] = [];
  const accounts = new Map<string, Map<string, number>>();
  let place = 0;
  for (const { accountId, events } of batches) {
    const known = accounts.get(accountId) ?? new Map<string, number>();
    accounts.set(accountId, known);
    for (const event of events) {
      const { conversationId } = event;
      let number = known.get(conversationId);
      if (number === undefined) known.set(conversationId, (number = groups.push({ accountId, conversationId, events: [] }) - 1));
      groups[number]!.events.push(event);
      numbers[place++] = number;
    }
  }
  return groups;
}

/** Reads packed events, where they lie. */
export class EventUnpacker {
  readonly conversations: readonly (readonly [accountId: string, conversationId: string])[];
  /** Of each event, in the order of arrival. */
  readonly conversationNumbers: Float64Array;
  /** The first event of each conversation among those that lie conversation by conversation, and where the last one's end. */
  readonly starts: Float64Array;
  readonly eventIds: readonly string[];
  readonly ats: Float64Array;
  readonly #rows: Uint8Array;
  readonly #rowEnds: Float64Array;

  constructor({ conversations, eventIds, rows, values }: PackedEvents) {
    this.conversations = JSON.parse(conversations) as [string, string][];
    this.eventIds = JSON.parse(eventIds) as string[];
    const eventCount = this.eventIds.length;
    this.conversationNumbers = values.subarray(0, eventCount);
    this.ats = values.subarray(eventCount, 2 * eventCount);
    this.#rows = rows;
    this.#rowEnds = values.subarray(2 * eventCount);
    this.starts = startsOf(this.conversationNumbers, this.conversations.length);
  }

  /** All of a conversation, as a JSON list. */
  rowsOf(conversation: number): Uint8Array {
    return this.#rows.subarray(this.#startOf(conversation), this.#rowEnds[this.starts[conversation + 1]! - 1]! + 1);
  }

  /** @returns the row of one of a conversation's events, as JSON */
  rowAt(conversation: number, place: number): string {
    const start = place === this.starts[conversation]! ? this.#startOf(conversation) : this.#rowEnds[place - 1]!;
    return TEXT.decode(this.#rows.subarray(start + 1, this.#rowEnds[place]));
  }

  #startOf(conversation: number): number {
    const place = this.starts[conversation]!;
    return place === 0 ? 0 : this.#rowEnds[place - 1]! + 1;
  }
}

const TEXT = new TextDecoder();

function startsOf(conversationNumbers: Float64Array, conversationCount: number): Float64Array {
  const starts = new Float64Array(conversationCount + 1);
  for (const number of conversationNumbers) starts[number + 1]! += 1;
  for (let c = 0; c < conversationCount; c++) starts[c + 1]! += starts[c]!;
  return starts;
}

/** What was appended, on its way back. */
export interface PackedAppended {
  /** The conversation keys of all events of all batches, and behind them their positions. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Conversations with greater keys are new. */
  readonly newestKeyBefore: number;
}

/** @param batches those that were appended */
export function unpackAppended({ values, newestKeyBefore }: PackedAppended, batches: readonly EventBatch[]): AppendedBatch[] {
  const positionsStart = values.length / 2;
  let start = 0;
  return batches.map(({ events }) => {
    const end = start + events.length;
    const conversationKeys = Array.from(values.subarray(start, end));
    const positions = Array.from(values.subarray(positionsStart + start, positionsStart + end));
    start = end;
    return { conversationKeys, positions, newConversationKeys: new Set(conversationKeys.filter((key) => key > newestKeyBefore)) };
  });
}
