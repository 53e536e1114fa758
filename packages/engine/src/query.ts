import type { UserType } from "./event.ts";
import type { MetricName } from "./metrics.ts";

/** `[startMs, endMs)`: a segment counts where it ends. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

/** Keeps the segments that match one value of every list; null keeps all, an empty list none. */
export interface Filter {
  readonly agentIds: readonly string[] | null;
  readonly skillIds: readonly string[] | null;
  readonly groupIds: readonly string[] | null;
  readonly userType: UserType | null;
  /** In upper case. */
  readonly sources: readonly string[] | null;
}

export const NO_FILTER: Filter = { agentIds: null, skillIds: null, groupIds: null, userType: null, sources: null };

/** The ids that both lists keep. */
export function intersectIds(some: readonly string[] | null, others: readonly string[] | null): readonly string[] | null {
  if (some === null || others === null) return some ?? others;
  const kept = new Set(others);
  return some.filter((id) => kept.has(id));
}

export const DIMENSIONS = ["interval", "skill", "agent"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/**
 * What the engine is asked: segments chosen by window and filter, parted by the dimensions of the grouping (outermost
 * first, each at most once), and of each part the metrics wanted.
 */
export interface Query {
  readonly window: Window;
  readonly filter: Filter;
  readonly grouping: readonly Dimension[];
  /** Width of an interval, a divisor of the window; with a grouping by interval only. */
  readonly intervalMs?: number;
  readonly metrics: readonly MetricName[];
}

/** Every agent and the total of all, over the whole window; with an `intervalMs` in each interval as well. */
export type RollUp = Omit<Query, "grouping">;
