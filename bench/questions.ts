import { METRIC_NAMES, NO_FILTER, type Query } from "@segmeter/engine";
import { agentIdOf, DAY_END_MS, DAY_START_MS } from "./dataset.ts";

const MINUTE_MS = 60_000;
const DAY = { startMs: DAY_START_MS, endMs: DAY_END_MS };
const LAST_HOUR = { startMs: DAY_END_MS - 60 * MINUTE_MS, endMs: DAY_END_MS };
const TEN_AGENTS = Array.from({ length: 10 }, (_, i) => agentIdOf(i * 37));

/** What the rows E1 to E6 ask. */
export const QUESTIONS = {
  E1: { window: DAY, filter: NO_FILTER, grouping: [], metrics: METRIC_NAMES },
  E2: { window: DAY, filter: NO_FILTER, grouping: ["agent"], metrics: METRIC_NAMES },
  E3: { window: DAY, filter: NO_FILTER, grouping: ["agent", "interval"], intervalMs: 5 * MINUTE_MS, metrics: METRIC_NAMES },
  "E3 REST": { window: DAY, filter: NO_FILTER, grouping: ["interval", "agent"], intervalMs: 5 * MINUTE_MS, metrics: METRIC_NAMES },
  E4: { window: DAY, filter: NO_FILTER, grouping: ["skill", "agent", "interval"], intervalMs: 60 * MINUTE_MS, metrics: METRIC_NAMES },
  E5: {
    window: DAY,
    filter: { ...NO_FILTER, userType: "HUMAN", sources: ["WEB"] },
    grouping: ["agent", "interval"],
    intervalMs: 15 * MINUTE_MS,
    metrics: METRIC_NAMES,
  },
  E6: {
    window: LAST_HOUR,
    filter: { ...NO_FILTER, agentIds: TEN_AGENTS },
    grouping: ["agent", "interval"],
    intervalMs: 5 * MINUTE_MS,
    metrics: METRIC_NAMES,
  },
} as const satisfies Record<string, Query>;

export type QuestionName = keyof typeof QUESTIONS;
