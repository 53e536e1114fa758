import { compareIds, UNKNOWN_SOURCE } from "@segmeter/engine";
import type {
  AgentAssigned,
  ConversationEvent,
  ConversationResumed,
  ConversationStarted,
  Dimension,
  EndReason,
  Filter,
  MessageSent,
  MetricName,
  Outcome,
  Query,
  Segment,
  StartReason,
} from "@segmeter/engine";

/**
 * The slow, obvious reference: the contract's sections 2 and 3, sentence by sentence, with whole histories in plain
 * arrays. Nothing here is carried from event to event; each fact is looked up in the events before it.
 *
 * @param events of any conversations, in order of arrival
 * @returns the closed segments: conversations in order of first arrival, the segments of each in order of start
 */
export function referenceSegments(events: readonly ConversationEvent[]): Segment[] {
  return [...Map.groupBy(events, (event) => event.conversationId).values()].flatMap((conversation) =>
    livesOf(inOrder(withoutDuplicates(conversation))).flatMap(segmentsOf),
  );
}

/** "The same id again is a duplicate and changes nothing." */
function withoutDuplicates(events: readonly ConversationEvent[]): ConversationEvent[] {
  return events.filter((event, index) => events.findIndex(({ eventId }) => eventId === event.eventId) === index);
}

/** "Folded in the order (`at`, `sequence`, arrival)": the sort is stable, so arrival decides the rest. */
function inOrder(events: readonly ConversationEvent[]): ConversationEvent[] {
  return events.toSorted((a, b) => a.at - b.at || a.sequence - b.sequence);
}

/** One stay of a conversation in the state *open*. */
interface Life {
  /** Null: opened by some other event. */
  readonly opening: ConversationStarted | ConversationResumed | null;
  /** What happened while it was open, the closing included; a start or resume of an open conversation does nothing. */
  readonly events: ConversationEvent[];
}

function livesOf(events: readonly ConversationEvent[]): Life[] {
  const lives: Life[] = [];
  for (const event of events) {
    const life = lives.at(-1);
    const isUnseen = life === undefined;
    const isClosed = life?.events.at(-1)?.type === "CONVERSATION_CLOSED";
    const isOpening = event.type === "CONVERSATION_STARTED" || event.type === "CONVERSATION_RESUMED";

    // "Open an unseen or closed conversation."
    if (isOpening && (isUnseen || isClosed)) lives.push({ opening: event, events: [] });
    // "Any other event opens an unseen conversation."
    else if (isUnseen) lives.push({ opening: null, events: [event] });
    // "On an open one they do nothing"; "on a closed one it does nothing".
    else if (!isOpening && !isClosed) life.events.push(event);
  }
  return lives;
}

/** "Only closed segments count." */
function segmentsOf(life: Life): Segment[] {
  const startIndexes = [...life.events.keys()].filter((index) => startsSegment(life, index));
  return startIndexes.flatMap((startIndex) => {
    const endIndex = life.events.findIndex((_, index) => index > startIndex && endsSegment(life, index));
    return endIndex === -1 ? [] : [toSegment(life, startIndex, endIndex, startIndex === startIndexes[0])];
  });
}

/** "For the same agent with the same skill, or none named, nothing happens, whatever else the event says." */
function startsSegment(life: Life, index: number): boolean {
  const event = life.events[index]!;
  if (event.type !== "AGENT_ASSIGNED") return false;
  return event.agentId !== agentBefore(life, index) || changesSkill(life, index);
}

function endsSegment(life: Life, index: number): boolean {
  const { type } = life.events[index]!;
  return type === "AGENT_UNASSIGNED" || type === "CONVERSATION_CLOSED" || startsSegment(life, index);
}

/** The agent of the running segment. An assignment that changes nothing names the same one. */
function agentBefore(life: Life, index: number): string | null {
  const last = life.events.slice(0, index).findLast(({ type }) => type === "AGENT_ASSIGNED" || type === "AGENT_UNASSIGNED");
  return last?.type === "AGENT_ASSIGNED" ? last.agentId : null;
}

/** The skill last named in this life, by the opening or later; none if nothing named one. */
function skillBefore(life: Life, index: number): string | null {
  const named = [life.opening, ...life.events.slice(0, index)].map((event) => (event && "skillId" in event ? event.skillId : null));
  return named.findLast((skillId) => skillId !== null) ?? null;
}

function changesSkill(life: Life, index: number): boolean {
  const event = life.events[index]!;
  return "skillId" in event && event.skillId !== null && event.skillId !== skillBefore(life, index);
}

function toSegment(life: Life, startIndex: number, endIndex: number, isFirst: boolean): Segment {
  const assignment = life.events[startIndex] as AgentAssigned;
  const startReason = toStartReason(life, assignment, isFirst);
  const endReason = toEndReason(life, endIndex);

  // "Only the assigned agent's messages and the consumer's exist."
  const messages = life.events
    .slice(startIndex, endIndex)
    .filter((event) => event.type === "MESSAGE_SENT")
    .filter(({ sentBy, agentId }) => sentBy === "CONSUMER" || (sentBy === "AGENT" && agentId === assignment.agentId));

  // "The first response of a segment started by TAKEOVER or RESUME … enters no average."
  const firstCounts = startReason === "NEW_CONVERSATION" || startReason === "TRANSFER";
  const responsesMs = toResponsesMs(assignment, messages);
  const countedMs = firstCounts ? responsesMs : responsesMs.slice(1);

  return {
    conversationId: assignment.conversationId,
    agentId: assignment.agentId,
    groupId: assignment.groupId,
    userType: assignment.userType,
    skillId: skillBefore(life, startIndex + 1),
    source: life.opening?.source ?? UNKNOWN_SOURCE,
    // "A segment starts at its assignment, one by RESUME at the resume."
    startMs: startReason === "RESUME" ? life.opening!.at : assignment.at,
    endMs: life.events[endIndex]!.at,
    startReason,
    endReason,
    outcome: toOutcome(messages, endReason),
    responseCount: countedMs.length,
    responseMs: total(countedMs),
    firstResponseMs: firstCounts ? (responsesMs[0] ?? null) : null,
  };
}

function toStartReason(life: Life, assignment: AgentAssigned, isFirst: boolean): StartReason {
  if (assignment.takeover) return "TAKEOVER";
  if (!isFirst) return "TRANSFER";
  return life.opening?.type === "CONVERSATION_RESUMED" ? "RESUME" : "NEW_CONVERSATION";
}

function toEndReason(life: Life, endIndex: number): EndReason {
  const event = life.events[endIndex]!;
  if (event.type === "CONVERSATION_CLOSED") return `CLOSED_BY_${event.closedBy}`;
  if (event.type === "AGENT_UNASSIGNED") return event.reason ?? (changesSkill(life, endIndex) ? "SKILL_TRANSFER" : "BACK_TO_QUEUE");
  const next = event as AgentAssigned;
  if (next.agentId === agentBefore(life, endIndex)) return "SKILL_TRANSFER";
  return next.takeover ? "TAKEOVER" : "AGENT_TRANSFER";
}

/**
 * "A response is a run of the agent's consecutive messages: a clock starts at the assignment, and again at the first
 * consumer message after a response."
 *
 * @returns the time of each response, in order
 */
function toResponsesMs(assignment: AgentAssigned, messages: readonly MessageSent[]): number[] {
  return messages.flatMap((message, index) => {
    if (message.sentBy !== "AGENT" || messages[index - 1]?.sentBy === "AGENT") return [];
    const answeredIndex = messages.slice(0, index).findLastIndex(({ sentBy }) => sentBy === "AGENT");
    const clock = answeredIndex === -1 ? assignment : messages[answeredIndex + 1]!;
    return [message.at - clock.at];
  });
}

function toOutcome(messages: readonly MessageSent[], endReason: EndReason): Outcome {
  const answerIndex = messages.findIndex(({ sentBy }) => sentBy === "AGENT");
  if (answerIndex === -1) return endReason === "CLOSED_BY_CONSUMER" ? "ABANDONED_BY_CONSUMER" : "NON_RESPONSIVE_AGENT";
  return messages.slice(answerIndex).some(({ sentBy }) => sentBy === "CONSUMER") ? "INTERACTIVE" : "NON_RESPONSIVE_CONSUMER";
}

/** One part of an answer: what its segments have in common, for each dimension of the grouping, and their metrics. */
export interface ReferenceCell {
  /** UTC epoch ms at which the interval starts. */
  readonly interval?: number;
  readonly skill?: string;
  readonly agent?: string;
  /** The metrics asked for, in that order; null where there is nothing to average. */
  readonly metrics: Partial<Record<MetricName, number | null>>;
}

/**
 * Answers a query by going through all segments.
 *
 * @returns the parts that hold a segment, in order of the grouping's dimensions: intervals ascending, ids by
 *   `compareIds`. Without a grouping exactly one, also over no segments. Segments without a skill are in no part when
 *   the grouping has `skill`.
 */
export function referenceAnswer(segments: readonly Segment[], query: Query): ReferenceCell[] {
  const { startMs, endMs } = query.window;
  const chosen = segments.filter((segment) => segment.endMs >= startMs && segment.endMs < endMs && matches(segment, query.filter));
  return cellsOf(chosen, query.grouping, {}, query);
}

function matches(segment: Segment, { agentIds, skillIds, groupIds, userType, sources }: Filter): boolean {
  return (
    (agentIds === null || agentIds.includes(segment.agentId)) &&
    (skillIds === null || skillIds.some((skillId) => skillId === segment.skillId)) &&
    (groupIds === null || groupIds.some((groupId) => groupId === segment.groupId)) &&
    (userType === null || userType === segment.userType) &&
    (sources === null || sources.includes(segment.source))
  );
}

function cellsOf(
  segments: readonly Segment[],
  [dimension, ...rest]: readonly Dimension[],
  place: Omit<ReferenceCell, "metrics">,
  query: Query,
): ReferenceCell[] {
  if (dimension === undefined) {
    return [{ ...place, metrics: Object.fromEntries(query.metrics.map((name) => [name, METRIC_OF_SEGMENTS[name](segments)])) }];
  }
  const parts = Map.groupBy(segments, (segment) => PLACE_IN[dimension](segment, query));
  return [...parts]
    .filter(([key]) => key !== null)
    .toSorted(([a], [b]) => (dimension === "interval" ? Number(a) - Number(b) : compareIds(String(a), String(b))))
    .flatMap(([key, part]) => cellsOf(part, rest, { ...place, [dimension]: key }, query));
}

const PLACE_IN: Record<Dimension, (segment: Segment, query: Query) => number | string | null> = {
  interval: ({ endMs }, { window, intervalMs }) => endMs - ((endMs - window.startMs) % intervalMs!),
  skill: ({ skillId }) => skillId,
  agent: ({ agentId }) => agentId,
};

/** The contract's section 3, a line a metric. "Every average is pooled: one sum over one count." */
const METRIC_OF_SEGMENTS: Record<MetricName, (segments: readonly Segment[]) => number | null> = {
  totalAgentConversationSegments: (segments) => segments.length,
  avgAgentMessagesinAgentSegment: (segments) => quotient(total(segments.map(({ responseCount }) => responseCount)), segments.length),
  avgAgentSegmentDuration: (segments) => truncated(mean(segments.map(({ startMs, endMs }) => endMs - startMs))),
  interactiveAgentSegments: (segments) => segments.filter(({ outcome }) => outcome === "INTERACTIVE").length,
  agentSegmentsAbandonedByConsumers: (segments) => segments.filter(({ outcome }) => outcome === "ABANDONED_BY_CONSUMER").length,
  agentSegmentsWithNonResponsiveConsumers: (segments) => segments.filter(({ outcome }) => outcome === "NON_RESPONSIVE_CONSUMER").length,
  agentSegmentsWithNonResponsiveAgents: (segments) => segments.filter(({ outcome }) => outcome === "NON_RESPONSIVE_AGENT").length,
  avgTimetoFirstAgentMessageFromAgentAssignment: (segments) =>
    truncated(mean([...firstResponsesMs(segments, "NEW_CONVERSATION"), ...firstResponsesMs(segments, "TRANSFER")])),
  avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer: (segments) => truncated(mean(firstResponsesMs(segments, "TRANSFER"))),
  avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation: (segments) =>
    truncated(mean(firstResponsesMs(segments, "NEW_CONVERSATION"))),
  avgTimeToResponseFromAgentAssignment: (segments) =>
    truncated(quotient(total(segments.map(({ responseMs }) => responseMs)), total(segments.map(({ responseCount }) => responseCount)))),
};

function firstResponsesMs(segments: readonly Segment[], startReason: StartReason): number[] {
  const started = segments.filter((segment) => segment.startReason === startReason);
  return started.map(({ firstResponseMs }) => firstResponseMs).filter((firstResponseMs) => firstResponseMs !== null);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function mean(values: readonly number[]): number | null {
  return quotient(total(values), values.length);
}

/** "An average of nothing is null." */
function quotient(sum: number, count: number): number | null {
  return count === 0 ? null : sum / count;
}

/** "Averages in ms are Long: truncated, not rounded." */
function truncated(value: number | null): number | null {
  return value === null ? null : Math.trunc(value);
}
