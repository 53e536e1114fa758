import { crc32 } from "node:zlib";
import type { ConversationEvent, Sender, UnassignmentReason, UserType } from "@segmeter/engine";
import { Damage } from "./failure.ts";

/** A row of `events` but for its sum: the columns of `schema.ts`, in order. */
export type EventContent = [
  conversationKey: number,
  eventId: string,
  position: number,
  at: number,
  sequence: number,
  type: number,
  skillId: string | null,
  agentId: string | null,
  groupId: string | null,
  source: string | null,
  userType: number | null,
  takeover: number | null,
  reason: number | null,
  sender: number | null,
];

export const KEY_COLUMN = 0;
export const EVENT_ID_COLUMN = 1;
export const POSITION_COLUMN = 2;
export const AT_COLUMN = 3;
const COLUMN_COUNT = 15;

/**
 * Takes the sum off a row that was read.
 *
 * @returns null if it is not one that was written, and of this conversation
 */
export function toIntactContent(row: unknown[], idsCrc: number): EventContent | null {
  if (row.length !== COLUMN_COUNT) return null;
  const crc = row.pop();
  return crc === contentCrc(row, idsCrc) ? (row as EventContent) : null;
}

/** Where the sums of a conversation's events start: so they vouch for its account and id as well. */
export function idsCrcOf(accountId: string, conversationId: string): number {
  return crc32(JSON.stringify([accountId, conversationId]));
}

/** @param idsCrc of its conversation: `idsCrcOf` */
export function contentCrc(content: readonly unknown[], idsCrc: number): number {
  return crc32(JSON.stringify(content), idsCrc);
}

/** Of an event that has no conversation key and no position yet: both are 0. */
export function toContent(event: ConversationEvent): EventContent {
  const [key, position] = [0, 0];
  const { eventId, at, sequence } = event;
  const type = TYPE_CODES[event.type];
  switch (event.type) {
    case "CONVERSATION_STARTED":
    case "CONVERSATION_RESUMED":
      return [key, eventId, position, at, sequence, type, event.skillId, null, null, event.source, null, null, null, null];
    case "AGENT_ASSIGNED": {
      const { skillId, agentId, groupId } = event;
      const userType = USER_TYPE_CODES[event.userType];
      const takeover = event.takeover ? 1 : 0;
      return [key, eventId, position, at, sequence, type, skillId, agentId, groupId, null, userType, takeover, null, null];
    }
    case "AGENT_UNASSIGNED": {
      const reason = event.reason === null ? null : REASON_CODES[event.reason];
      return [key, eventId, position, at, sequence, type, event.skillId, null, null, null, null, null, reason, null];
    }
    case "MESSAGE_SENT": {
      const sender = SENDER_CODES[event.sentBy];
      return [key, eventId, position, at, sequence, type, null, event.agentId, null, null, null, null, null, sender];
    }
    case "CONVERSATION_CLOSED": {
      const sender = SENDER_CODES[event.closedBy];
      return [key, eventId, position, at, sequence, type, null, null, null, null, null, null, null, sender];
    }
    default:
      return unreachable(event);
  }
}

/** @param content intact, so it holds what `toContent` put there */
export function toEvent(content: EventContent, conversationId: string): ConversationEvent {
  const [, eventId, , at, sequence, typeCode, skillId, agentId, groupId, source, userType, takeover, reason, sender] = content;
  const type = wordOf(TYPES, typeCode);
  switch (type) {
    case "CONVERSATION_STARTED":
    case "CONVERSATION_RESUMED":
      return { eventId, conversationId, at, sequence, type, source, skillId };
    case "AGENT_ASSIGNED": {
      const assigned = { userType: wordOf(USER_TYPES, userType), takeover: takeover === 1 };
      return { eventId, conversationId, at, sequence, type, agentId: agentId as string, groupId, skillId, ...assigned };
    }
    case "AGENT_UNASSIGNED":
      return { eventId, conversationId, at, sequence, type, skillId, reason: reason === null ? null : wordOf(REASONS, reason) };
    case "MESSAGE_SENT":
      return { eventId, conversationId, at, sequence, type, sentBy: wordOf(SENDERS, sender), agentId };
    case "CONVERSATION_CLOSED":
      return { eventId, conversationId, at, sequence, type, closedBy: wordOf(SENDERS, sender) };
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

const TYPES = wordsByCode(TYPE_CODES);
const USER_TYPES = wordsByCode(USER_TYPE_CODES);
const REASONS = wordsByCode(REASON_CODES);
const SENDERS = wordsByCode(SENDER_CODES);

function wordsByCode<Word extends string>(codes: Readonly<Record<Word, number>>): ReadonlyMap<number | null, Word> {
  return new Map(Object.entries<number>(codes).map(([word, code]) => [code, word as Word]));
}

function wordOf<Word>(words: ReadonlyMap<number | null, Word>, code: number | null): Word {
  const word = words.get(code);
  if (word === undefined) throw new Damage(`an event carries the code ${code}, which stands for nothing`);
  return word;
}

function unreachable(value: never): never {
  throw new Error(`expected an event of a known type, got ${JSON.stringify(value)}`);
}
