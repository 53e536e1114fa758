import type { Filter, MetricName, Window } from "@segmeter/engine";

/** What a resolver's parent narrows the segments to: one agent, one skill, or one interval. */
export type Step =
  | { readonly dimension: "agent"; readonly id: string }
  | { readonly dimension: "skill"; readonly id: string }
  | { readonly dimension: "interval"; readonly minutes: number; readonly startMs: number };

/** The segments that a node of an answer stands for: those of a window and a filter, narrowed step by step. */
export interface Slice {
  readonly accountId: string;
  readonly window: Window;
  readonly filter: Filter;
  readonly path: readonly Step[];
}

export interface AccountNode {
  readonly id: string;
}

/** A node with parts of its own; for `AgentSegments` all there is. */
export interface SliceNode {
  readonly slice: Slice;
}

/** The metrics that were selected; null where there is nothing to average. */
export type MetricValues = { readonly [Name in MetricName]?: number | null };

/** One agent or one skill of a slice. */
export interface PartNode extends SliceNode {
  readonly id: string;
  readonly metrics: MetricValues;
}

export interface IntervalNode extends SliceNode {
  readonly start: Date;
  readonly end: Date;
  readonly metrics: MetricValues;
}

/** @returns what an agent is called; null: nobody said */
export type NameOf = (accountId: string, agentId: string) => string | null;
