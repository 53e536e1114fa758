/**
 * The additive values of a closed segment. A set of segments has the sums of its members' values, a segment taken back
 * has the negatives of its own; every metric is a quotient of such sums, so sums of parts are sums of the whole.
 */
export type Sum =
  | "segments"
  | "durationMs"
  | "responses"
  | "responseMs"
  | "interactive"
  | "abandoned"
  | "nonResponsiveConsumers"
  | "nonResponsiveAgents"
  | "firstResponsesOfNew"
  | "firstResponseMsOfNew"
  | "firstResponsesOfTransfers"
  | "firstResponseMsOfTransfers";

export interface Metric {
  readonly name: string;
  /** `Long`: a whole number, averages truncated. `Double`: as it is. */
  readonly type: "Long" | "Double";
  readonly unit: "segments" | "responses per segment" | "ms";
  /** The sums that are added up, and those that they are divided by; no denominator: a count. */
  readonly numerator: readonly Sum[];
  readonly denominator: readonly Sum[];
  readonly definition: string;
  /** Where the definition comes from. */
  readonly source: string;
}

const ORIGINAL = "Messaging Operations API, method Messaging Agent Segment";

const METRIC_TABLE = [
  {
    name: "totalAgentConversationSegments",
    type: "Long",
    unit: "segments",
    numerator: ["segments"],
    denominator: [],
    definition: "Closed segments: how often a conversation's assignment to an agent ended.",
    source: ORIGINAL,
  },
  {
    name: "avgAgentMessagesinAgentSegment",
    type: "Double",
    unit: "responses per segment",
    numerator: ["responses"],
    denominator: ["segments"],
    definition: "Responses (runs of the agent's consecutive messages) per segment. The first one after a takeover or resume is left out.",
    source: `${ORIGINAL}: "average number of responses provided by agent"; its examples' arithmetic`,
  },
  {
    name: "avgAgentSegmentDuration",
    type: "Long",
    unit: "ms",
    numerator: ["durationMs"],
    denominator: ["segments"],
    definition: "Mean time from assignment (after a resume: from the resume) to the end of the segment.",
    source: ORIGINAL,
  },
  {
    name: "interactiveAgentSegments",
    type: "Long",
    unit: "segments",
    numerator: ["interactive"],
    denominator: [],
    definition: "Segments in which the agent sent a message and the consumer sent one after it.",
    source: ORIGINAL,
  },
  {
    name: "agentSegmentsAbandonedByConsumers",
    type: "Long",
    unit: "segments",
    numerator: ["abandoned"],
    denominator: [],
    definition: "Segments without an agent message that the consumer ended by closing the conversation.",
    source: ORIGINAL,
  },
  {
    name: "agentSegmentsWithNonResponsiveConsumers",
    type: "Long",
    unit: "segments",
    numerator: ["nonResponsiveConsumers"],
    denominator: [],
    definition: "Segments with an agent message and no consumer message after it.",
    source: "Sibling method Messaging Skill Segment; the text on the original page is its neighbour's",
  },
  {
    name: "agentSegmentsWithNonResponsiveAgents",
    type: "Long",
    unit: "segments",
    numerator: ["nonResponsiveAgents"],
    denominator: [],
    definition: "Segments without an agent message that ended in any way but the consumer's closing.",
    source: "Sibling method Messaging Skill Segment; the text on the original page is its neighbour's",
  },
  {
    name: "avgTimetoFirstAgentMessageFromAgentAssignment",
    type: "Long",
    unit: "ms",
    numerator: ["firstResponseMsOfNew", "firstResponseMsOfTransfers"],
    denominator: ["firstResponsesOfNew", "firstResponsesOfTransfers"],
    definition:
      "Mean time from assignment to the agent's first message, over segments of new conversations and after transfers that have one.",
    source: ORIGINAL,
  },
  {
    name: "avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer",
    type: "Long",
    unit: "ms",
    numerator: ["firstResponseMsOfTransfers"],
    denominator: ["firstResponsesOfTransfers"],
    definition: "Mean time from assignment to the agent's first message, over segments after transfers that have one.",
    source: ORIGINAL,
  },
  {
    name: "avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation",
    type: "Long",
    unit: "ms",
    numerator: ["firstResponseMsOfNew"],
    denominator: ["firstResponsesOfNew"],
    definition: "Mean time from assignment to the agent's first message, over segments of new conversations that have one.",
    source: ORIGINAL,
  },
  {
    name: "avgTimeToResponseFromAgentAssignment",
    type: "Long",
    unit: "ms",
    numerator: ["responseMs"],
    denominator: ["responses"],
    definition:
      "Mean time of a response: from the assignment, or from the consumer's first message after the response before, to the agent's message. The first one after a takeover or resume is left out.",
    source: `${ORIGINAL}; weighted by responses, as its examples' arithmetic shows`,
  },
] as const satisfies readonly Metric[];

export type MetricName = (typeof METRIC_TABLE)[number]["name"];

/** Every metric, in the order of the contract's section 3. Names, documentation and answers on every surface come from it. */
export const METRICS: readonly (Metric & { readonly name: MetricName })[] = METRIC_TABLE;
export const METRIC_NAMES: readonly MetricName[] = METRICS.map((metric) => metric.name);

/** The metric that always comes, whatever was asked for. */
export const TOTAL_METRIC: MetricName = "totalAgentConversationSegments";

const METRICS_BY_NAME: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [metric.name, metric]));

export function isMetricName(name: string): name is MetricName {
  return METRICS_BY_NAME.has(name);
}

export function metricOf(name: MetricName): Metric {
  return METRICS_BY_NAME.get(name)!;
}
