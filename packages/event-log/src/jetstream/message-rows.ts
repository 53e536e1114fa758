import type { ConversationEvent } from "@segmeter/engine";
import { JsonBytes, toLabel } from "@segmeter/json-bytes";
import type { EventBatch } from "../event-log.ts";
import { groupByConversation, writeRows, type GroupedEvents, type RowBatch } from "../sqlite/row-block.ts";
import { findRows, ROWS_NAME } from "./find-rows.ts";
import { parseJson, type ReadPayload } from "./payload.ts";
import { RowReader } from "./row-reader.ts";

/**
 * Format 2: rows as they are to stand in the log's file, so that whoever stores a message need not write them.
 *
 *     {"conversations":["c1","c2"],"order":[0,1,0],"rows":[[["7",1763801515118,0,5,null,1],["9",…]],[["8",…]]]}
 *
 *     conversations   in the order in which they come first
 *     order           the conversation of each event, in the order of arrival
 *     rows            an `EventRow` for each event: a list for each conversation, in the order of arrival
 */
export function writeMessage(batch: EventBatch): RowBatch {
  const grouped = groupByConversation([batch]);
  const out = new JsonBytes();
  writeHead(out, grouped);
  const rows = writeRows(out, grouped);
  out.label(END);
  const bytes = out.take();
  out.close();
  return { ...batch, rows: { ...rows, bytes } };
}

function writeHead(out: JsonBytes, { groups, numbers }: GroupedEvents): void {
  out.label(CONVERSATIONS);
  for (let g = 0; g < groups.length; g++) {
    if (g > 0) out.comma();
    out.string(groups[g]!.conversationId);
  }
  out.label(ORDER);
  for (let i = 0; i < numbers.length; i++) {
    if (i > 0) out.comma();
    out.number(numbers[i]!);
  }
  out.label(ROWS);
}

const [CONVERSATIONS, ORDER] = [toLabel('{"conversations":['), toLabel('],"order":[')];
const [ROWS, END] = [toLabel(`],${ROWS_NAME}[`), toLabel("]}")];

export const readRows: ReadPayload = (accountId, payload, faults) => {
  const content = toContent(parseJson(payload, faults), faults);
  if (content === null) return writeMessage({ accountId, events: [] });
  const { conversations, order, rows } = content;
  const reader = new RowReader(faults);
  // Conversation by conversation.
  const read: (ConversationEvent | null)[] = [];
  const places: number[] = [];
  for (let c = 0; c < rows.length; c++) {
    places.push(read.length);
    for (const row of rows[c]!) read.push(reader.read(row, conversations[c]!));
  }
  const events: ConversationEvent[] = [];
  for (const number of order) {
    const event = read[places[number]!++]!;
    if (event !== null) events.push(event);
  }
  const isOnceEach = new Set(conversations).size === conversations.length;
  const found = isOnceEach && reader.isAsWritten ? findRows(payload, rows) : null;
  // What others have put otherwise than a node would, or is no event in part, is written anew.
  if (found === null) return writeMessage({ accountId, events });
  return {
    accountId,
    events,
    rows: {
      ...found,
      conversations: conversations.map((conversationId) => ({ accountId, conversationId })),
      numbers: Float64Array.from(order),
      eventIds: read.map((event) => event!.eventId),
      ats: Float64Array.from(read, (event) => event!.at),
      bytes: payload,
    },
  };
};

interface Content {
  readonly conversations: readonly string[];
  readonly order: readonly number[];
  /** As many for each conversation as are in the order. */
  readonly rows: readonly (readonly unknown[])[];
}

/** @returns null if it is none; undefined was told of already */
function toContent(value: unknown, faults: string[]): Content | null {
  if (value === undefined) return null;
  const fault = contentFault(value ?? {});
  if (fault === null) return value as Content;
  faults.push(fault);
  return null;
}

function contentFault({ conversations, order, rows }: Partial<Record<keyof Content, unknown>>): string | null {
  if (!isListOf(conversations, isText)) return "conversations: expected a list of ids";
  if (!isListOf(rows, isList)) return "rows: expected a list of lists";
  if (rows.length !== conversations.length) return `rows: expected ${conversations.length} lists, got ${rows.length}`;
  const left = rows.map(({ length }) => length);
  const isNext = (number: unknown): number is number => typeof number === "number" && left[number]! > 0 && left[number]!-- > 0;
  if (!isListOf(order, isNext) || left.some((count) => count > 0)) return "order: expected the conversation of each row";
  return null;
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is readonly Item[] {
  return Array.isArray(value) && value.every(isItem);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
