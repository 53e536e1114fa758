import type { ConversationEvent } from "@segmeter/engine";
import { toLabel, type JsonBytes } from "@segmeter/json-bytes";
import type { EventBatch } from "../event-log.ts";
import { writeRow } from "./event-row.ts";

/** Events as rows, conversation by conversation, each in the order of arrival. */
export interface RowBlock {
  /** Each once, in the order in which they come first. */
  readonly conversations: readonly ConversationName[];
  /** The conversation of each event, in the order of arrival. */
  readonly numbers: Float64Array;
  /** From here on conversation by conversation. */
  readonly eventIds: readonly string[];
  readonly ats: Float64Array;
  /** `[row,row,…]` for each conversation, as it is to stand in the file; in between, before and behind, whatever else there is. */
  readonly bytes: Uint8Array;
  /** Where the row of each event ends in them. */
  readonly rowEnds: Float64Array;
  /** Where the rows of each conversation begin, with their bracket. */
  readonly listStarts: Float64Array;
}

export interface ConversationName {
  readonly accountId: string;
  readonly conversationId: string;
}

/** Events of the same conversations together. */
export interface GroupedEvents extends Pick<RowBlock, "numbers"> {
  readonly groups: readonly Group[];
}

interface Group extends ConversationName {
  readonly events: ConversationEvent[];
}

/** Events, and what is to stand in the file for them. */
export interface RowBatch extends EventBatch {
  readonly rows: RowBlock;
}

export function groupByConversation(batches: readonly EventBatch[]): GroupedEvents {
  const groups: Group[] = [];
  const numbers = new Float64Array(batches.reduce((sum, { events }) => sum + events.length, 0));
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
  return { groups, numbers };
}

/** Writes a list of rows for each conversation, with a comma in between. @returns where they stand in what `out` holds then */
export function writeRows(out: JsonBytes, { groups, numbers }: GroupedEvents): Omit<RowBlock, "bytes"> {
  const eventIds: string[] = [];
  const ats = new Float64Array(numbers.length);
  const rowEnds = new Float64Array(numbers.length);
  const listStarts = new Float64Array(groups.length);
  for (let g = 0; g < groups.length; g++) {
    if (g > 0) out.comma();
    listStarts[g] = out.length;
    out.label(OPEN);
    const { events } = groups[g]!;
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      out.label(i === 0 ? OPEN : NEXT);
      writeRow(out, event);
      const place = eventIds.push(event.eventId) - 1;
      ats[place] = event.at;
      rowEnds[place] = out.length;
    }
    out.label(CLOSE);
  }
  return { conversations: groups, numbers, eventIds, ats, rowEnds, listStarts };
}

const [OPEN, NEXT, CLOSE] = [toLabel("["), toLabel(",["), toLabel("]")];
