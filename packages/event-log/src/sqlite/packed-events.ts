import { giveBack, JsonBytes } from "@segmeter/json-bytes";
import type { AppendedBatch, EventBatch } from "../event-log.ts";
import { groupByConversation, writeRows, type RowBlock } from "./row-block.ts";

/**
 * Events on their way to the thread of the log: blocks of rows, one behind the other. Memory goes over as it is, and a text at
 * little cost, where objects would be written out and read in one by one.
 *
 *     conversations   JSON [[accountId, conversationId], …], each once a block
 *     eventIds        JSON list, conversation by conversation
 *     bytes           of the blocks
 *     values          the conversation of each event, in the order of arrival
 *                     then conversation by conversation: when each event was; where its row ends
 *                     then where the rows of each conversation begin
 */
export interface PackedEvents {
  readonly conversations: string;
  readonly eventIds: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
}

export function packBatches(batches: readonly EventBatch[]): PackedEvents {
  const out = new JsonBytes();
  const rows = writeRows(out, groupByConversation(batches));
  const bytes = out.lend();
  const packed = pack([{ ...rows, bytes }]);
  giveBack(bytes);
  return packed;
}

/** @returns what goes over; the blocks stay as they are */
export function pack(blocks: readonly RowBlock[]): PackedEvents {
  const count = (of: (block: RowBlock) => number): number => blocks.reduce((sum, block) => sum + of(block), 0);
  const eventCount = count(({ numbers }) => numbers.length);
  const bytes = new Uint8Array(count((block) => block.bytes.length));
  const values = new Float64Array(3 * eventCount + count(({ listStarts }) => listStarts.length));
  const columns = columnsOf(values, eventCount);
  let [eventsBefore, conversationsBefore, bytesBefore] = [0, 0, 0];
  for (const block of blocks) {
    bytes.set(block.bytes, bytesBefore);
    columns.ats.set(block.ats, eventsBefore);
    add(columns.numbers, eventsBefore, block.numbers, conversationsBefore);
    add(columns.rowEnds, eventsBefore, block.rowEnds, bytesBefore);
    add(columns.listStarts, conversationsBefore, block.listStarts, bytesBefore);
    eventsBefore += block.numbers.length;
    conversationsBefore += block.listStarts.length;
    bytesBefore += block.bytes.length;
  }
  const conversations = blocks.flatMap((block) => block.conversations.map(({ accountId, conversationId }) => [accountId, conversationId]));
  const eventIds = blocks.length === 1 ? blocks[0]!.eventIds : blocks.flatMap((block) => block.eventIds);
  return { conversations: JSON.stringify(conversations), eventIds: JSON.stringify(eventIds), bytes, values };
}

/** Copies numbers to where they begin, each larger by as much. */
function add(to: Float64Array, start: number, from: Float64Array, more: number): void {
  for (let i = 0; i < from.length; i++) to[start + i] = from[i]! + more;
}

type Columns = Pick<RowBlock, "numbers" | "ats" | "rowEnds" | "listStarts">;

function columnsOf(values: Float64Array, eventCount: number): Columns {
  return {
    numbers: values.subarray(0, eventCount),
    ats: values.subarray(eventCount, 2 * eventCount),
    rowEnds: values.subarray(2 * eventCount, 3 * eventCount),
    listStarts: values.subarray(3 * eventCount),
  };
}

/** Reads packed events, where they lie. */
export class EventUnpacker {
  /** Those of one block, then those of the next, which may be the same. */
  readonly conversations: readonly (readonly [accountId: string, conversationId: string])[];
  /** Of each event, in the order of arrival. */
  readonly conversationNumbers: Float64Array;
  /** The first event of each conversation among those that lie conversation by conversation, and where the last one's end. */
  readonly starts: Float64Array;
  readonly eventIds: readonly string[];
  readonly ats: Float64Array;
  readonly #bytes: Buffer;
  readonly #columns: Columns;

  constructor({ conversations, eventIds, bytes, values }: PackedEvents) {
    this.conversations = JSON.parse(conversations) as [string, string][];
    this.eventIds = JSON.parse(eventIds) as string[];
    this.#columns = columnsOf(values, this.eventIds.length);
    this.conversationNumbers = this.#columns.numbers;
    this.ats = this.#columns.ats;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.starts = startsOf(this.conversationNumbers, this.conversations.length);
  }

  /** All of a conversation's rows, as a JSON list. */
  listOf(conversation: number): Uint8Array {
    const { rowEnds, listStarts } = this.#columns;
    return this.#bytes.subarray(listStarts[conversation], rowEnds[this.starts[conversation + 1]! - 1]! + 1);
  }

  /**
   * The rows of several as one list.
   *
   * @param isLeftOut by event, conversation by conversation: 1 for those that are not in it
   */
  joinedList(conversations: readonly number[], isLeftOut: Uint8Array): Uint8Array {
    const { rowEnds, listStarts } = this.#columns;
    const list = Buffer.allocUnsafe(conversations.reduce((sum, c) => sum + rowEnds[this.starts[c + 1]! - 1]! - listStarts[c]!, 1));
    let end = 0;
    for (const conversation of conversations) {
      // Of what stands before a row: its list's bracket, or a comma.
      let before = listStarts[conversation]!;
      for (let place = this.starts[conversation]!; place < this.starts[conversation + 1]!; place++) {
        const rowEnd = rowEnds[place]!;
        if (isLeftOut[place] === 0) {
          list[end] = end === 0 ? OPEN : COMMA;
          this.#bytes.copy(list, end + 1, before + 1, rowEnd);
          end += rowEnd - before;
        }
        before = rowEnd;
      }
    }
    list[end] = CLOSE;
    return list.subarray(0, end + 1);
  }
}

const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d];

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
