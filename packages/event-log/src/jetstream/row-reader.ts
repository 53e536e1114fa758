import { describe, parseEvent, type ConversationEvent } from "@segmeter/engine";
import { toEvent, type EventRow } from "../sqlite/event-row.ts";
import { Damage } from "../sqlite/failure.ts";

/** Reads rows that anybody may have written. */
export class RowReader {
  readonly #faults: string[];
  #isAsWritten = true;

  /** @param faults takes what is no event */
  constructor(faults: string[]) {
    this.#faults = faults;
  }

  /** Each row was an event, and read from the log's file would be the very same. */
  get isAsWritten(): boolean {
    return this.#isAsWritten;
  }

  /** @returns null if it is no event */
  read(row: unknown, conversationId: string): ConversationEvent | null {
    if (!Array.isArray(row)) return this.#refuse(`expected a row, got ${describe(row)}`);
    const event = this.#toEvent(row as unknown as EventRow, conversationId);
    if (event === null) return null;
    // Whoever put it there has judged its time.
    const parsed = parseEvent(event, Infinity);
    if (!parsed.ok) return this.#refuse(parsed.message);
    if (!isSame(event, parsed.event)) this.#isAsWritten = false;
    return parsed.event;
  }

  #toEvent(row: EventRow, conversationId: string): ConversationEvent | null {
    try {
      return toEvent(row, conversationId);
    } catch (error) {
      if (error instanceof Damage) return this.#refuse(error.message);
      throw error;
    }
  }

  #refuse(fault: string): null {
    this.#faults.push(fault);
    this.#isAsWritten = false;
    return null;
  }
}

/** Of two events of one type. */
function isSame(a: ConversationEvent, b: ConversationEvent): boolean {
  for (const name in a) if (a[name as keyof ConversationEvent] !== b[name as keyof ConversationEvent]) return false;
  return true;
}
