/** How a metric's values read: a number of segments, a quotient, or a time in ms. */
export type MetricKind = "count" | "ratio" | "duration";

interface MetricEntry {
  readonly name: string;
  /** As supervisors say it. */
  readonly label: string;
  readonly kind: MetricKind;
  /** Why there may be no value; counts always have one. */
  readonly missing: string | null;
}

const NO_SEGMENTS = "no segment ended here, so there is nothing to average";
const NO_FIRST = "no segment that ended here has a first agent message to time";

const METRIC_TABLE = [
  { name: "totalAgentConversationSegments", label: "Segments", kind: "count", missing: null },
  {
    name: "avgAgentMessagesinAgentSegment",
    label: "Responses per segment",
    kind: "ratio",
    missing: NO_SEGMENTS,
  },
  { name: "avgAgentSegmentDuration", label: "Segment duration", kind: "duration", missing: NO_SEGMENTS },
  { name: "interactiveAgentSegments", label: "Interactive", kind: "count", missing: null },
  { name: "agentSegmentsAbandonedByConsumers", label: "Abandoned", kind: "count", missing: null },
  { name: "agentSegmentsWithNonResponsiveConsumers", label: "Consumer silent", kind: "count", missing: null },
  { name: "agentSegmentsWithNonResponsiveAgents", label: "Agent silent", kind: "count", missing: null },
  {
    name: "avgTimetoFirstAgentMessageFromAgentAssignment",
    label: "First response",
    kind: "duration",
    missing: NO_FIRST,
  },
  {
    name: "avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer",
    label: "First response, transferred",
    kind: "duration",
    missing: "no transferred segment that ended here has a first agent message to time",
  },
  {
    name: "avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation",
    label: "First response, new",
    kind: "duration",
    missing: "no segment of a new conversation that ended here has a first agent message to time",
  },
  {
    name: "avgTimeToResponseFromAgentAssignment",
    label: "Response time",
    kind: "duration",
    missing: "no agent responded in a segment that ended here",
  },
] as const satisfies readonly MetricEntry[];

export type MetricName = (typeof METRIC_TABLE)[number]["name"];
export type Metric = MetricEntry & { readonly name: MetricName };

/** A value of every metric, as the API gives it; null where there is none. */
export type MetricValues = Readonly<Record<MetricName, number | null>>;

/** In the order of the original API. */
export const METRICS: readonly Metric[] = METRIC_TABLE;
export const METRIC_NAMES: readonly MetricName[] = METRICS.map(({ name }) => name);

const METRICS_BY_NAME: ReadonlyMap<string, Metric> = new Map(METRICS.map((metric) => [metric.name, metric]));

export function metricOf(name: MetricName): Metric {
  return METRICS_BY_NAME.get(name)!;
}

export function isMetricName(name: string): name is MetricName {
  return METRICS_BY_NAME.has(name);
}
