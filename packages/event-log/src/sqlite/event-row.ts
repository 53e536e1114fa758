import { crc32 } from "node:zlib";
import { describe, type ConversationEvent, type Sender, type UnassignmentReason, type UserType } from "@segmeter/engine";
import { toLabel, type JsonBytes, type Label } from "@segmeter/json-bytes";
import { Damage } from "./failure.ts";

/**
 * An event as it stands in the file, in a list with others of its conversation: what its type has, words before codes.
 *
 *     ["7",1763801515118,0,5,null,1]
 *
 *     eventId at sequence type   1, 2  skill source                              CONVERSATION_STARTED, _RESUMED
 *                                3     skill agent group | userType takeover     AGENT_ASSIGNED
 *                                4     skill | reason                            AGENT_UNASSIGNED
 *                                5     agent | sender                            MESSAGE_SENT
 *                                6     | sender                                  CONVERSATION_CLOSED
 */
export type EventRow = readonly [
  eventId: string,
  at: number,
  sequence: number,
  type: number,
  ...fields: readonly (string | number | null)[],
];

/** Where the sums of a conversation's events start: so they vouch for its account and id as well. */
export function idsCrcOf(accountId: string, conversationId: string): number {
  return crc32(JSON.stringify([accountId, conversationId]));
}

/** Writes the row of an event, but for its opening bracket: whoever writes may put something before it. */
export function writeRow(out: JsonBytes, event: ConversationEvent): void {
  out.string(event.eventId);
  out.comma();
  out.number(event.at);
  out.comma();
  out.number(event.sequence);
  out.label(TYPE_LABELS[event.type]);
  switch (event.type) {
    case "CONVERSATION_STARTED":
    case "CONVERSATION_RESUMED":
      writeWord(out, event.skillId);
      out.comma();
      writeWord(out, event.source);
      return out.label(END);
    case "AGENT_ASSIGNED":
      writeWord(out, event.skillId);
      out.comma();
      out.string(event.agentId);
      out.comma();
      writeWord(out, event.groupId);
      out.label(USER_TYPE_LABELS[event.userType]);
      return out.label(event.takeover ? TRUE_AND_END : FALSE_AND_END);
    case "AGENT_UNASSIGNED":
      writeWord(out, event.skillId);
      return out.label(event.reason === null ? NOTHING_AND_END : REASON_LABELS[event.reason]);
    case "MESSAGE_SENT":
      writeWord(out, event.agentId);
      out.comma();
      return out.label(SENDER_LABELS[event.sentBy]);
    case "CONVERSATION_CLOSED":
      return out.label(SENDER_LABELS[event.closedBy]);
    default:
      return unreachable(event);
  }
}

function writeWord(out: JsonBytes, word: string | null): void {
  if (word === null) out.label(NOTHING);
  else out.string(word);
}

/**
 * @param row what `writeRow` put there; of any other, only the codes are looked at
 * @throws Damage if one of them stands for nothing
 */
export function toEvent(row: EventRow, conversationId: string): ConversationEvent {
  const [eventId, at, sequence, typeCode] = row;
  const type = wordOf(TYPES, typeCode);
  switch (type) {
    case "CONVERSATION_STARTED":
    case "CONVERSATION_RESUMED":
      return { eventId, conversationId, at, sequence, type, source: row[5] as string | null, skillId: row[4] as string | null };
    case "AGENT_ASSIGNED": {
      const [skillId, agentId, groupId] = [row[4] as string | null, row[5] as string, row[6] as string | null];
      const userType = wordOf(USER_TYPES, row[7]);
      return { eventId, conversationId, at, sequence, type, agentId, groupId, userType, skillId, takeover: row[8] === 1 };
    }
    case "AGENT_UNASSIGNED": {
      const reason = row[5] === null ? null : wordOf(REASONS, row[5]);
      return { eventId, conversationId, at, sequence, type, skillId: row[4] as string | null, reason };
    }
    case "MESSAGE_SENT":
      return { eventId, conversationId, at, sequence, type, sentBy: wordOf(SENDERS, row[5]), agentId: row[4] as string | null };
    case "CONVERSATION_CLOSED":
      return { eventId, conversationId, at, sequence, type, closedBy: wordOf(SENDERS, row[4]) };
    default:
      return unreachable(type);
  }
}

// The codes are in files: a new word takes a new number, and none ever changes.
const TYPE_CODES = {
  CONVERSATION_STARTED: 1,
  CONVERSATION_RESUMED: 2,
  AGENT_ASSIGNED: 3,
  AGENT_UNASSIGNED: 4,
  MESSAGE_SENT: 5,
  CONVERSATION_CLOSED: 6,
} as const satisfies Record<ConversationEvent["type"], number>;
const USER_TYPE_CODES = { HUMAN: 1, BOT: 2 } as const satisfies Record<UserType, number>;
const REASON_CODES = { AGENT_TRANSFER: 1, SKILL_TRANSFER: 2, BACK_TO_QUEUE: 3 } as const satisfies Record<UnassignmentReason, number>;
const SENDER_CODES = { CONSUMER: 1, AGENT: 2, SYSTEM: 3 } as const satisfies Record<Sender, number>;

const [NOTHING, END, NOTHING_AND_END] = [toLabel("null"), toLabel("]"), toLabel(",null]")];
const [FALSE_AND_END, TRUE_AND_END] = [toLabel("0]"), toLabel("1]")];
const TYPE_LABELS = labelsOf(TYPE_CODES, (code) => `,${code},`);
const USER_TYPE_LABELS = labelsOf(USER_TYPE_CODES, (code) => `,${code},`);
const REASON_LABELS = labelsOf(REASON_CODES, (code) => `,${code}]`);
const SENDER_LABELS = labelsOf(SENDER_CODES, (code) => `${code}]`);

function labelsOf<Word extends string>(codes: Readonly<Record<Word, number>>, textOf: (code: number) => string): Record<Word, Label> {
  const labels = Object.entries<number>(codes).map(([word, code]) => [word, toLabel(textOf(code))]);
  return Object.fromEntries(labels) as Record<Word, Label>;
}

const TYPES = wordsByCode(TYPE_CODES);
const USER_TYPES = wordsByCode(USER_TYPE_CODES);
const REASONS = wordsByCode(REASON_CODES);
const SENDERS = wordsByCode(SENDER_CODES);

function wordsByCode<Word extends string>(codes: Readonly<Record<Word, number>>): readonly (Word | undefined)[] {
  const words: Word[] = [];
  for (const [word, code] of Object.entries<number>(codes)) words[code] = word as Word;
  return words;
}

function wordOf<Word>(words: readonly (Word | undefined)[], code: unknown): Word {
  const word = typeof code === "number" ? words[code] : undefined;
  if (word === undefined) throw new Damage(`an event carries the code ${describe(code)}, which stands for nothing`);
  return word;
}

function unreachable(value: never): never {
  throw new Error(`expected an event of a known type, got ${JSON.stringify(value)}`);
}
