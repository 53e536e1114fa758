import { createHash } from "node:crypto";
import type { ConversationEvent, Sender, UnassignmentReason } from "@segmeter/engine";
import type { AgentDirectory } from "./agent-directory.ts";

/** What one notification or record comes to. */
export interface Translation {
  readonly events: readonly ConversationEvent[];
  /** What could not be taken, or contradicts itself, and why. */
  readonly faults: readonly string[];
}

/**
 * The order of events at the same moment, as their `sequence`. Of two that tell of the same change the better witness
 * comes first, and what follows it changes nothing:
 *
 *     0  opened, source known     2…  unassigned, by the history    NOTIFIED + n  assigned or not, by a notification
 *     1  opened                   3…  assigned, by the history                    n ms after the one before it
 *                                 FROM_MESSAGES + n  message n      CLOSING       closed
 *
 * What the history tells of one moment keeps its order (`placedBehind`).
 */
const OPENING_OF_SOURCE = 0;
const OPENING = 1;
const UNASSIGNMENT = 2;
const ASSIGNMENT = 3;
const NOTIFIED = 2 ** 20;
const UNPRECEDED = 2 ** 45;
const FROM_MESSAGES = 2 ** 46;
const CLOSING = 2 ** 52;
const MESSAGE_SEQUENCE_MAX = 2 ** 50;

/** How surely it is known what a change was: by the history, or by a notification and the one before it. */
export type Witness = { readonly kind: "HISTORY" } | { readonly kind: "NOTIFICATION"; readonly sinceBeforeMs: number | null };

export const HISTORY: Witness = { kind: "HISTORY" };

type Opened = "CONVERSATION_STARTED" | "CONVERSATION_RESUMED";

export function openedEvent(type: Opened, conversationId: string, at: number, source: string | null): ConversationEvent {
  const sequence = source === null ? OPENING : OPENING_OF_SOURCE;
  return named({ eventId: "", conversationId, at, sequence, type, source: source?.toUpperCase() ?? null, skillId: null });
}

interface Assignment {
  readonly conversationId: string;
  readonly at: number;
  readonly agentNames: readonly string[];
  readonly skillId: string | null;
  readonly takeover: boolean;
  /** As far as the feed itself says. */
  readonly groupId?: string | null;
  readonly userType?: "HUMAN" | "BOT" | null;
}

export function assignedEvent(assignment: Assignment, witness: Witness, directory: AgentDirectory): ConversationEvent {
  const { conversationId, at, agentNames, skillId, takeover } = assignment;
  const entry = directory.find(agentNames);
  return named({
    eventId: "",
    conversationId,
    at,
    sequence: sequenceOf(witness, ASSIGNMENT),
    type: "AGENT_ASSIGNED",
    agentId: directory.idOf(agentNames)!,
    groupId: assignment.groupId ?? entry?.groupId ?? null,
    userType: assignment.userType ?? entry?.userType ?? "HUMAN",
    skillId,
    takeover,
  });
}

interface Unassignment {
  readonly conversationId: string;
  readonly at: number;
  readonly skillId: string | null;
  /** null: told by whether the skill changes. */
  readonly reason: UnassignmentReason | null;
}

export function unassignedEvent({ conversationId, at, skillId, reason }: Unassignment, witness: Witness): ConversationEvent {
  const sequence = sequenceOf(witness, UNASSIGNMENT);
  return named({ eventId: "", conversationId, at, sequence, type: "AGENT_UNASSIGNED", skillId, reason });
}

interface Message {
  readonly conversationId: string;
  readonly dialogId: string;
  /** In its dialog. */
  readonly number: number;
  readonly at: number;
  readonly sentBy: Sender;
  readonly agentId: string | null;
}

export function messageEvent({ conversationId, dialogId, number, at, sentBy, agentId }: Message): ConversationEvent {
  return {
    eventId: `message:${dialogId}:${number}`,
    conversationId,
    at,
    sequence: FROM_MESSAGES + Math.min(number, MESSAGE_SEQUENCE_MAX),
    type: "MESSAGE_SENT",
    sentBy,
    agentId,
  };
}

export function closedEvent(conversationId: string, at: number, closedBy: Sender): ConversationEvent {
  return named({ eventId: "", conversationId, at, sequence: CLOSING, type: "CONVERSATION_CLOSED", closedBy });
}

/** `AGENT`, `CONSUMER`, `SYSTEM`; what else there may be, such as a timeout, is the system's doing. */
export function closerOf(reason: string | null): Sender {
  const word = reason?.toUpperCase();
  return word === "AGENT" || word === "CONSUMER" ? word : "SYSTEM";
}

function sequenceOf(witness: Witness, byHistory: number): number {
  if (witness.kind === "HISTORY") return byHistory;
  return NOTIFIED + Math.min(witness.sinceBeforeMs ?? UNPRECEDED, UNPRECEDED);
}

/** In the order of the fold. */
export interface Place {
  readonly at: number;
  readonly sequence: number;
}

export function comparePlaces(a: Place, b: Place): number {
  return a.at - b.at || a.sequence - b.sequence;
}

export const BEFORE_ALL: Place = { at: -1, sequence: -1 };

/** Behind whatever a notification may have said of the same moment. */
export const NOTIFIED_LAST = NOTIFIED + UNPRECEDED;

/** What the history tells, behind a place: at the moment it has, or at the first one that is not before. */
export function placedBehind(last: Place, event: ConversationEvent): ConversationEvent {
  const rank = RANKS[event.type] ?? event.sequence;
  const next = last.sequence + 1;
  if (event.at > last.at) return placedAt({ at: event.at, sequence: rank }, event);
  if (rank >= next) return placedAt({ at: last.at, sequence: rank }, event);
  const hasRoom = event.type in RANKS && next < NOTIFIED;
  return placedAt(hasRoom ? { at: last.at, sequence: next } : { at: last.at + 1, sequence: rank }, event);
}

/** The same, told of another place. */
export function placedAt({ at, sequence }: Place, event: ConversationEvent): ConversationEvent {
  return named({ ...event, eventId: "", at, sequence });
}

/** Of the changes that may share a moment. */
const RANKS: Partial<Record<ConversationEvent["type"], number>> = { AGENT_UNASSIGNED: UNASSIGNMENT, AGENT_ASSIGNED: ASSIGNMENT };

const DIGEST_LENGTH = 22;

/** Gives an event the id of what it says: said again, by whichever feed, it is the same event. */
function named(event: ConversationEvent): ConversationEvent {
  const digest = createHash("sha256").update(JSON.stringify(event)).digest("base64url").slice(0, DIGEST_LENGTH);
  return { ...event, eventId: `state:${event.at}:${digest}` };
}
