import type { AgentAssigned, AgentUnassigned, ConversationEvent, ConversationStarted, MessageSent, Sender, UserType } from "./event.ts";
import { UNKNOWN_SOURCE, type EndReason, type Outcome, type Segment, type StartReason } from "./segment.ts";

/**
 * Where the fold of one conversation stands: enough to go on from its last event, no matter how long its history is.
 * `foldEvent` changes it in place.
 */
export interface Conversation {
  readonly id: string;
  phase: "UNSEEN" | "OPEN" | "CLOSED";
  source: string;
  skillId: string | null;
  /** What the next assignment is the first of; null after it. */
  opening: Opening | null;
  segment: RunningSegment | null;
  /** The place of the last folded event in the order of the fold. */
  lastAt: number;
  lastSequence: number;
}

type Opening = { readonly by: "START" } | { readonly by: "RESUME"; readonly atMs: number };

interface RunningSegment {
  readonly agentId: string;
  readonly groupId: string | null;
  readonly userType: UserType;
  readonly skillId: string | null;
  readonly source: string;
  readonly startMs: number;
  readonly startReason: StartReason;
  readonly assignedMs: number;
  /** Since when the agent owes a response; null when none is owed. */
  clockMs: number | null;
  agentHasWritten: boolean;
  consumerHasAnswered: boolean;
  responseCount: number;
  responseMs: number;
  firstResponseMs: number | null;
}

/** Takes a segment that has just closed. */
export type EmitSegment = (segment: Segment) => void;

export function createConversation(id: string): Conversation {
  return { id, phase: "UNSEEN", source: UNKNOWN_SOURCE, skillId: null, opening: null, segment: null, lastAt: -1, lastSequence: -1 };
}

/** The order of the fold; events of equal rank keep the order of their arrival. Contract, section 1. */
export function compareEvents(a: ConversationEvent, b: ConversationEvent): number {
  return a.at - b.at || a.sequence - b.sequence;
}

export function areInOrder(events: readonly ConversationEvent[]): boolean {
  for (let i = 1; i < events.length; i++) if (compareEvents(events[i - 1]!, events[i]!) > 0) return false;
  return true;
}

/** Whether an event that arrives now comes after everything folded so far. */
export function isInOrder(conversation: Conversation, event: ConversationEvent): boolean {
  return event.at > conversation.lastAt || (event.at === conversation.lastAt && event.sequence >= conversation.lastSequence);
}

/** @param events all of one conversation's, without duplicates, in the order of their arrival */
export function foldConversation(id: string, events: readonly ConversationEvent[], emit: EmitSegment): Conversation {
  const conversation = createConversation(id);
  const ordered = areInOrder(events) ? events : events.toSorted(compareEvents);
  for (const event of ordered) foldEvent(conversation, event, emit);
  return conversation;
}

/**
 * Takes a conversation one event further. Contract, section 2.
 *
 * @param event in order: after, or of equal rank with, everything folded before
 */
export function foldEvent(conversation: Conversation, event: ConversationEvent, emit: EmitSegment): void {
  conversation.lastAt = event.at;
  conversation.lastSequence = event.sequence;
  if (event.type === "CONVERSATION_STARTED" || event.type === "CONVERSATION_RESUMED") {
    if (conversation.phase !== "OPEN")
      open(conversation, event, event.type === "CONVERSATION_RESUMED" ? { by: "RESUME", atMs: event.at } : START);
    return;
  }
  if (conversation.phase === "CLOSED") return;
  if (conversation.phase === "UNSEEN") open(conversation, NOTHING_KNOWN, START);

  switch (event.type) {
    case "AGENT_ASSIGNED":
      return assign(conversation, event, emit);
    case "AGENT_UNASSIGNED":
      return unassign(conversation, event, emit);
    case "MESSAGE_SENT":
      return hear(conversation, event);
    case "CONVERSATION_CLOSED":
      endSegment(conversation, event.at, END_REASON_OF_CLOSING[event.closedBy], emit);
      conversation.phase = "CLOSED";
      return;
    default:
      event satisfies never;
  }
}

const START: Opening = { by: "START" };

const END_REASON_OF_CLOSING: Record<Sender, EndReason> = {
  CONSUMER: "CLOSED_BY_CONSUMER",
  AGENT: "CLOSED_BY_AGENT",
  SYSTEM: "CLOSED_BY_SYSTEM",
};

const NOTHING_KNOWN = { source: null, skillId: null };

function open(conversation: Conversation, known: Pick<ConversationStarted, "source" | "skillId">, opening: Opening): void {
  conversation.phase = "OPEN";
  conversation.source = known.source ?? UNKNOWN_SOURCE;
  conversation.skillId = known.skillId;
  conversation.opening = opening;
}

function assign(conversation: Conversation, event: AgentAssigned, emit: EmitSegment): void {
  const running = conversation.segment;
  const skillId = event.skillId ?? conversation.skillId;
  if (running) {
    const isSameAgent = running.agentId === event.agentId;
    if (isSameAgent && skillId === conversation.skillId) return;
    endSegment(conversation, event.at, isSameAgent ? "SKILL_TRANSFER" : event.takeover ? "TAKEOVER" : "AGENT_TRANSFER", emit);
  }
  const opening = conversation.opening;
  const startReason = event.takeover ? "TAKEOVER" : opening === null ? "TRANSFER" : opening.by === "RESUME" ? "RESUME" : "NEW_CONVERSATION";
  conversation.opening = null;
  conversation.skillId = skillId;
  conversation.segment = {
    agentId: event.agentId,
    groupId: event.groupId,
    userType: event.userType,
    skillId,
    source: conversation.source,
    startMs: startReason === "RESUME" && opening?.by === "RESUME" ? opening.atMs : event.at,
    startReason,
    assignedMs: event.at,
    clockMs: event.at,
    agentHasWritten: false,
    consumerHasAnswered: false,
    responseCount: 0,
    responseMs: 0,
    firstResponseMs: null,
  };
}

function unassign(conversation: Conversation, event: AgentUnassigned, emit: EmitSegment): void {
  const changesSkill = event.skillId !== null && event.skillId !== conversation.skillId;
  endSegment(conversation, event.at, event.reason ?? (changesSkill ? "SKILL_TRANSFER" : "BACK_TO_QUEUE"), emit);
  if (changesSkill) conversation.skillId = event.skillId;
}

/** Within a segment only its agent's messages and the consumer's exist. */
function hear(conversation: Conversation, event: MessageSent): void {
  const segment = conversation.segment;
  if (!segment) return;
  if (event.sentBy === "CONSUMER") {
    if (!segment.agentHasWritten) return;
    segment.consumerHasAnswered = true;
    segment.clockMs ??= event.at;
  } else if (event.sentBy === "AGENT" && event.agentId === segment.agentId && segment.clockMs !== null) {
    respond(segment, event.at, event.at - segment.clockMs);
  }
}

/** The first response of a segment by takeover or resume stops the clock and decides the outcome, but enters no average. */
function respond(segment: RunningSegment, atMs: number, durationMs: number): void {
  const isFirst = !segment.agentHasWritten;
  segment.agentHasWritten = true;
  segment.clockMs = null;
  if (isFirst && (segment.startReason === "TAKEOVER" || segment.startReason === "RESUME")) return;
  segment.responseCount += 1;
  segment.responseMs += durationMs;
  if (isFirst) segment.firstResponseMs = atMs - segment.assignedMs;
}

function endSegment(conversation: Conversation, endMs: number, endReason: EndReason, emit: EmitSegment): void {
  const segment = conversation.segment;
  if (!segment) return;
  conversation.segment = null;
  emit({
    conversationId: conversation.id,
    agentId: segment.agentId,
    groupId: segment.groupId,
    userType: segment.userType,
    skillId: segment.skillId,
    source: segment.source,
    startMs: segment.startMs,
    endMs,
    startReason: segment.startReason,
    endReason,
    outcome: outcomeOf(segment, endReason),
    responseCount: segment.responseCount,
    responseMs: segment.responseMs,
    firstResponseMs: segment.firstResponseMs,
  });
}

function outcomeOf(segment: RunningSegment, endReason: EndReason): Outcome {
  if (segment.agentHasWritten) return segment.consumerHasAnswered ? "INTERACTIVE" : "NON_RESPONSIVE_CONSUMER";
  return endReason === "CLOSED_BY_CONSUMER" ? "ABANDONED_BY_CONSUMER" : "NON_RESPONSIVE_AGENT";
}
