import { describe, expectedOneOf } from "./fault.ts";
import { idFault, listedIdFault } from "./id.ts";

export const USER_TYPES = ["HUMAN", "BOT"] as const;
export const UNASSIGNMENT_REASONS = ["AGENT_TRANSFER", "SKILL_TRANSFER", "BACK_TO_QUEUE"] as const;
export const SENDERS = ["CONSUMER", "AGENT", "SYSTEM"] as const;

export type UserType = (typeof USER_TYPES)[number];
export type UnassignmentReason = (typeof UNASSIGNMENT_REASONS)[number];
export type Sender = (typeof SENDERS)[number];

/** What every event carries. `at` is event time in UTC epoch ms; `sequence` orders events of equal `at`. */
interface EventHeader {
  readonly eventId: string;
  readonly conversationId: string;
  readonly at: number;
  readonly sequence: number;
}

interface ConversationOpened extends EventHeader {
  /** In upper case. */
  readonly source: string | null;
  readonly skillId: string | null;
}

export interface ConversationStarted extends ConversationOpened {
  readonly type: "CONVERSATION_STARTED";
}

export interface ConversationResumed extends ConversationOpened {
  readonly type: "CONVERSATION_RESUMED";
}

export interface AgentAssigned extends EventHeader {
  readonly type: "AGENT_ASSIGNED";
  readonly agentId: string;
  readonly groupId: string | null;
  readonly userType: UserType;
  readonly skillId: string | null;
  readonly takeover: boolean;
}

export interface AgentUnassigned extends EventHeader {
  readonly type: "AGENT_UNASSIGNED";
  readonly skillId: string | null;
  readonly reason: UnassignmentReason | null;
}

export interface MessageSent extends EventHeader {
  readonly type: "MESSAGE_SENT";
  readonly sentBy: Sender;
  /** The author, when `sentBy` is `AGENT`; else null. */
  readonly agentId: string | null;
}

export interface ConversationClosed extends EventHeader {
  readonly type: "CONVERSATION_CLOSED";
  readonly closedBy: Sender;
}

/** One thing that happened in a conversation, parsed. Contract, section 1; null stands for absent. */
export type ConversationEvent =
  | ConversationStarted
  | ConversationResumed
  | AgentAssigned
  | AgentUnassigned
  | MessageSent
  | ConversationClosed;

export type ParsedEvent =
  | { readonly ok: true; readonly event: ConversationEvent }
  | { readonly ok: false; readonly eventId: string | null; readonly message: string };

/** How far ahead of the server's clock an event may lie. */
export const EVENT_AHEAD_MAX_MS = 60_000;

/**
 * Reads one event of unknown origin.
 *
 *     {"eventId":"7","conversationId":"c1","at":1763801515118,"type":"MESSAGE_SENT","sentBy":"CONSUMER"}
 *
 * @param nowMs the server's clock: events more than 60 s ahead of it are refused
 * @returns the event, or every reason why it is none, in one message: `at: expected …; type: expected …`
 */
export function parseEvent(value: unknown, nowMs: number): ParsedEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, eventId: null, message: `expected a JSON object, got ${describe(value)}` };
  }
  const given = ownOf(value);
  const faults: string[] = [];
  const event = readEvent(given, nowMs, faults);
  if (event !== null && faults.length === 0) return { ok: true, event };
  return { ok: false, eventId: typeof given.eventId === "string" ? given.eventId : null, message: faults.join("; ") };
}

/** Whatever any event may have; each is unknown. */
type Given = {
  readonly [
    Name in
      | keyof EventHeader
      | "type"
      | "source"
      | "skillId"
      | "agentId"
      | "groupId"
      | "userType"
      | "takeover"
      | "reason"
      | "sentBy"
      | "closedBy"
  ]?: unknown;
};

/** What an object inherits is nobody's event. */
function ownOf(value: object): Given {
  return Object.getPrototypeOf(value) === Object.prototype ? value : { ...value };
}

/** Events of a type are all made in one place, so that they have one shape. @returns null: it is none; so are those with faults */
function readEvent(given: Given, nowMs: number, faults: string[]): ConversationEvent | null {
  const eventId = take("eventId", given.eventId, idFault, faults) as string;
  const conversationId = take("conversationId", given.conversationId, idFault, faults) as string;
  const at = take("at", given.at, countFault, faults) as number;
  const sequence = takeOr(0, "sequence", given.sequence, countFault, faults) as number;
  if (Number.isSafeInteger(at) && at > nowMs + EVENT_AHEAD_MAX_MS)
    faults.push(`at: expected at most ${EVENT_AHEAD_MAX_MS / 1000} s after the server's clock (${nowMs}), got ${at}`);
  const type = given.type as ConversationEvent["type"];
  switch (type) {
    case "CONVERSATION_STARTED":
    case "CONVERSATION_RESUMED": {
      const source = takeOr(null, "source", given.source, sourceFault, faults) as string | null;
      const skillId = takeOr(null, "skillId", given.skillId, listedIdFault, faults) as string | null;
      return { eventId, conversationId, at, sequence, type, source: typeof source === "string" ? source.toUpperCase() : null, skillId };
    }
    case "AGENT_ASSIGNED": {
      const agentId = take("agentId", given.agentId, listedIdFault, faults) as string;
      const groupId = takeOr(null, "groupId", given.groupId, listedIdFault, faults) as string | null;
      const userType = takeOr("HUMAN", "userType", given.userType, userTypeFault, faults) as UserType;
      const skillId = takeOr(null, "skillId", given.skillId, listedIdFault, faults) as string | null;
      const takeover = takeOr(false, "takeover", given.takeover, booleanFault, faults) as boolean;
      return { eventId, conversationId, at, sequence, type, agentId, groupId, userType, skillId, takeover };
    }
    case "AGENT_UNASSIGNED": {
      const skillId = takeOr(null, "skillId", given.skillId, listedIdFault, faults) as string | null;
      const reason = takeOr(null, "reason", given.reason, reasonFault, faults) as UnassignmentReason | null;
      return { eventId, conversationId, at, sequence, type, skillId, reason };
    }
    case "MESSAGE_SENT": {
      const sentBy = take("sentBy", given.sentBy, senderFault, faults) as Sender;
      // Only an agent's message has an author; on the others the field is an unknown one, and ignored.
      const agentId = sentBy === "AGENT" ? (take("agentId", given.agentId, listedIdFault, faults) as string) : null;
      return { eventId, conversationId, at, sequence, type, sentBy, agentId };
    }
    case "CONVERSATION_CLOSED": {
      const closedBy = take("closedBy", given.closedBy, senderFault, faults) as Sender;
      return { eventId, conversationId, at, sequence, type, closedBy };
    }
    default:
      faults.push(`type: ${expectedOneOf(TYPES, type)}`);
      return null;
  }
}

/** @returns what is wrong with a value, or null */
type FaultOf = (value: unknown) => string | null;

function take(name: string, value: unknown, faultOf: FaultOf, faults: string[]): unknown {
  const fault = faultOf(value);
  if (fault !== null) faults.push(`${name}: ${fault}`);
  return value;
}

function takeOr(absent: unknown, name: string, value: unknown, faultOf: FaultOf, faults: string[]): unknown {
  return value === undefined || value === null ? absent : take(name, value, faultOf, faults);
}

const TYPES: readonly ConversationEvent["type"][] = [
  "CONVERSATION_STARTED",
  "CONVERSATION_RESUMED",
  "AGENT_ASSIGNED",
  "AGENT_UNASSIGNED",
  "MESSAGE_SENT",
  "CONVERSATION_CLOSED",
];

const oneOf =
  (words: readonly string[]): FaultOf =>
  (value) =>
    typeof value === "string" && words.includes(value) ? null : expectedOneOf(words, value);

/** It has to be an id in upper case as well, where `ß` is two characters: an event that was parsed is one whenever it is parsed again. */
const sourceFault: FaultOf = (value) => listedIdFault(value) ?? listedIdFault((value as string).toUpperCase());
const userTypeFault = oneOf(USER_TYPES);
const reasonFault = oneOf(UNASSIGNMENT_REASONS);
const senderFault = oneOf(SENDERS);

const countFault: FaultOf = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? null : `expected a whole number, 0 or more, got ${describe(value)}`;

const booleanFault: FaultOf = (value) => (typeof value === "boolean" ? null : `expected true or false, got ${describe(value)}`);
