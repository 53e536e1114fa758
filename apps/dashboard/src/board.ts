import type { MetricValues } from "./metrics/metrics.ts";

export interface AgentName {
  readonly id: string;
  /** Null while it is not known. */
  readonly name: string | null;
}

/** One agent or skill of the window. */
export interface Part {
  readonly id: string;
  /** What an agent is called, if that is known. */
  readonly name?: string | null;
  readonly metrics: MetricValues;
  /** A skill's agents, where they are shown. */
  readonly agents?: readonly Part[];
}

/** `[startMs, endMs)` of the window. */
export interface IntervalPart {
  readonly startMs: number;
  readonly endMs: number;
  readonly metrics: MetricValues;
}

/** A line of the chart; everybody's has no id. */
export interface Series {
  readonly id: string | null;
  readonly name?: string | null;
  readonly intervals: readonly IntervalPart[];
}

/** One answer, as the screen shows it. */
export interface Board {
  readonly startMs: number;
  readonly endMs: number;
  readonly metrics: MetricValues;
  /** Oldest first; empty when the window is too short to be parted. */
  readonly intervals: readonly IntervalPart[];
  /** Null while they were not asked for. */
  readonly agents: readonly Part[] | null;
  readonly skills: readonly Part[] | null;
}

export interface MetricDefinition {
  readonly name: string;
  readonly definition: string;
  readonly source: string;
}

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** The gateway refused, and nothing more comes. */
  | { readonly state: "ended" }
  /** What is shown is as old as `sinceMs`. */
  | { readonly state: "reconnecting"; readonly sinceMs: number };

/** Where something can be opened: an address for a new tab, and a step within the page. */
export interface Target {
  readonly href: string;
  readonly open: () => void;
}
