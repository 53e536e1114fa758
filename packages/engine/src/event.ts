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
  const given = value as Record<string, unknown>;
  const faults: string[] = [];
  const event: Record<string, unknown> = {};

  readFields(HEADER_FIELDS, given, event, faults);
  const at = event["at"];
  if (typeof at === "number" && at > nowMs + EVENT_AHEAD_MAX_MS)
    faults.push(`at: expected at most ${EVENT_AHEAD_MAX_MS / 1000} s after the server's clock (${nowMs}), got ${at}`);
  const type = own(given, "type");
  const fields = typeof type === "string" ? FIELDS_BY_TYPE.get(type) : undefined;
  if (fields) readFields(fields, given, event, faults);
  else faults.push(`type: ${expectedOneOf([...FIELDS_BY_TYPE.keys()], type)}`);
  if (type === "MESSAGE_SENT") readAuthor(given, event, faults);

  // The tables below hold exactly the fields that the union declares for each type.
  if (faults.length === 0) return { ok: true, event: event as unknown as ConversationEvent };
  const eventId = own(given, "eventId");
  return { ok: false, eventId: typeof eventId === "string" ? eventId : null, message: faults.join("; ") };
}

/** What an object inherits is nobody's event. */
function own(given: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

interface Field {
  readonly name: string;
  /** What the field becomes when it is absent; undefined: it may not be absent. */
  readonly absent: unknown;
  readonly fault: (value: unknown) => string | null;
  readonly to?: (value: string) => string;
}

function readFields(fields: readonly Field[], given: Record<string, unknown>, event: Record<string, unknown>, faults: string[]): void {
  for (const { name, absent, fault, to } of fields) {
    const value = own(given, name);
    if ((value === undefined || value === null) && absent !== undefined) {
      event[name] = absent;
      continue;
    }
    const wrong = fault(value);
    if (wrong !== null) faults.push(`${name}: ${wrong}`);
    else event[name] = to ? to(value as string) : value;
  }
}

/** Only an agent's message has an author; on the others the field is an unknown one, and ignored. */
function readAuthor(given: Record<string, unknown>, event: Record<string, unknown>, faults: string[]): void {
  if (event["sentBy"] === "AGENT") readFields(AUTHOR_FIELD, given, event, faults);
  else event["agentId"] = null;
}

const required = (name: string, fault: Field["fault"]): Field => ({ name, absent: undefined, fault });
const optional = (name: string, fault: Field["fault"], absent: unknown = null): Field => ({ name, absent, fault });

const oneOf =
  (words: readonly string[]): Field["fault"] =>
  (value) =>
    typeof value === "string" && words.includes(value) ? null : expectedOneOf(words, value);

const countFault: Field["fault"] = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? null : `expected a whole number, 0 or more, got ${describe(value)}`;

const booleanFault: Field["fault"] = (value) => (typeof value === "boolean" ? null : `expected true or false, got ${describe(value)}`);

const HEADER_FIELDS: readonly Field[] = [
  required("eventId", idFault),
  required("conversationId", idFault),
  required("at", countFault),
  optional("sequence", countFault, 0),
];
const SKILL_FIELD = optional("skillId", listedIdFault);
const AUTHOR_FIELD: readonly Field[] = [required("agentId", listedIdFault)];

const FIELDS_OF_OPENING: readonly Field[] = [
  { name: "source", absent: null, fault: listedIdFault, to: (source) => source.toUpperCase() },
  SKILL_FIELD,
];

const FIELDS_BY_TYPE: ReadonlyMap<string, readonly Field[]> = new Map(
  Object.entries({
    CONVERSATION_STARTED: FIELDS_OF_OPENING,
    CONVERSATION_RESUMED: FIELDS_OF_OPENING,
    AGENT_ASSIGNED: [
      required("agentId", listedIdFault),
      optional("groupId", listedIdFault),
      optional("userType", oneOf(USER_TYPES), "HUMAN"),
      SKILL_FIELD,
      optional("takeover", booleanFault, false),
    ],
    AGENT_UNASSIGNED: [SKILL_FIELD, optional("reason", oneOf(UNASSIGNMENT_REASONS))],
    MESSAGE_SENT: [required("sentBy", oneOf(SENDERS))],
    CONVERSATION_CLOSED: [required("closedBy", oneOf(SENDERS))],
  } satisfies Record<ConversationEvent["type"], readonly Field[]>).map(([type, fields]) => [
    type,
    [required("type", () => null), ...fields],
  ]),
);
