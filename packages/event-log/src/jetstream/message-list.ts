import { parseEvent, type ConversationEvent } from "@segmeter/engine";
import { writeMessage } from "./message-rows.ts";
import { parseJson, type ReadPayload } from "./payload.ts";

/**
 * Format 1, which is written no more: events as they could have been posted.
 *
 *     [{"eventId":"7","conversationId":"c1","at":1763801515118,"type":"MESSAGE_SENT","sentBy":"CONSUMER"}]
 */
export const readList: ReadPayload = (accountId, payload, faults) => {
  const events: ConversationEvent[] = [];
  for (const value of parseList(payload, faults)) {
    // Whoever put it there has judged its time.
    const parsed = parseEvent(value, Infinity);
    if (parsed.ok) events.push(parsed.event);
    else faults.push(parsed.message);
  }
  return writeMessage({ accountId, events });
};

function parseList(payload: Uint8Array, faults: string[]): readonly unknown[] {
  const value = parseJson(payload, faults);
  if (value === undefined || Array.isArray(value)) return value ?? [];
  faults.push("expected a list of events");
  return [];
}
