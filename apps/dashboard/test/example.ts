import type { Board, IntervalPart, MetricDefinition, Part, Series } from "../src/board.ts";
import { METRIC_NAMES, type MetricValues } from "../src/metrics/metrics.ts";
import { DEFAULT_VIEW } from "../src/view/view.ts";
import type { ScreenProps } from "../src/views/Screen.tsx";

const START_MS = Date.UTC(2026, 10, 22, 9);
const MINUTE_MS = 60_000;

/** The total, and from each count and time something of its own, so that no two columns look alike. */
export function exampleMetrics(segments: number, responseMs: number | null): MetricValues {
  return {
    totalAgentConversationSegments: segments,
    avgAgentMessagesinAgentSegment: segments === 0 ? null : 4.333333333333333,
    avgAgentSegmentDuration: segments === 0 ? null : 7_500_000 + segments,
    interactiveAgentSegments: segments - 3 * Math.floor(segments / 10),
    agentSegmentsAbandonedByConsumers: Math.floor(segments / 10),
    agentSegmentsWithNonResponsiveConsumers: Math.floor(segments / 10),
    agentSegmentsWithNonResponsiveAgents: Math.floor(segments / 10),
    avgTimetoFirstAgentMessageFromAgentAssignment: responseMs === null ? null : responseMs + 1000,
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer: null,
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation: responseMs === null ? null : responseMs + 1000,
    avgTimeToResponseFromAgentAssignment: responseMs,
  };
}

const agents: readonly Part[] = [
  { id: "4501", metrics: exampleMetrics(40, 84_123) },
  { id: "4502", metrics: exampleMetrics(1200, null) },
  { id: "4510", metrics: exampleMetrics(7, 950) },
];

const intervals: readonly IntervalPart[] = [400, 0, 847].map((segments, index) => ({
  startMs: START_MS + index * 20 * MINUTE_MS,
  endMs: START_MS + (index + 1) * 20 * MINUTE_MS,
  metrics: exampleMetrics(segments, segments === 0 ? null : 60_000 + segments),
}));

export const exampleBoard: Board = {
  startMs: START_MS,
  endMs: START_MS + 60 * MINUTE_MS,
  metrics: exampleMetrics(1247, 84_123),
  intervals,
  agents,
  skills: [
    { id: "21", metrics: exampleMetrics(47, 84_123), agents: [agents[0]!, agents[2]!] },
    { id: "22", metrics: exampleMetrics(1200, null), agents: [] },
  ],
};

const exampleSeries: readonly Series[] = [{ id: null, intervals }];

const exampleDefinitions: readonly MetricDefinition[] = METRIC_NAMES.map((name) => ({
  name,
  definition: `What ${name} means.`,
  source: "The original",
}));

const nowhere = { href: "/accounts/demo", open: (): void => undefined };
const nothing = (): void => undefined;

/** A screen as it is on a quiet morning; each test says what is otherwise. */
export function exampleScreen(otherwise: Partial<ScreenProps> = {}): ScreenProps {
  return {
    accountId: "demo",
    agent: null,
    view: DEFAULT_VIEW,
    faults: [],
    content: { state: "showing", board: exampleBoard, series: exampleSeries },
    connection: { state: "live" },
    definitions: exampleDefinitions,
    filterValues: { skillIds: ["21", "22"], groupIds: ["3"], sources: ["SMS", "WEB"] },
    scheme: "light",
    home: nowhere,
    agentTarget: (agentId) => ({ href: `/accounts/demo/agents/${agentId}`, open: nothing }),
    onChange: nothing,
    onDismiss: nothing,
    onRetry: nothing,
    onFilterOpen: nothing,
    onSave: nothing,
    ...otherwise,
  };
}
