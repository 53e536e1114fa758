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
 *     0  opened, source known      2  unassigned, by the history    4 + n  assigned or not, by a notification n ms after
 *     1  opened                    3  assigned, by the history             the one before it
 *                                  FROM_MESSAGES + n  message n     CLOSING  closed
 */
const OPENING_OF_SOURCE = 0;
const OPENING = 1;
const UNASSIGNMENT = 2;
const ASSIGNMENT = 3;
const NOTIFIED = 4;
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

const DIGEST_LENGTH = 22;

/** Gives an event the id of what it says: said again, by whichever feed, it is the same event. */
function named(event: ConversationEvent): ConversationEvent {
  const digest = createHash("sha256").update(JSON.stringify(event)).digest("base64url").slice(0, DIGEST_LENGTH);
  return { ...event, eventId: `state:${event.at}:${digest}` };
}
