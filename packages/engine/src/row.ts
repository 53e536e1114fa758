import { END_REASONS, START_REASONS, type EndReason, type Segment, type StartReason } from "./segment.ts";
import type { RowValues } from "./sums.ts";

/** A change of the columns: a closed segment that is added (`sign` 1), or one that is taken back (-1). */
export interface SignedRow {
  readonly sign: 1 | -1;
  readonly endMs: number;
  readonly facet: number;
  readonly reasons: number;
  readonly conversationKey: number;
  readonly values: RowValues;
}

/** Start and end reason in one byte, so that a row can be told as a segment again. */
export function reasonsCodeOf(segment: Segment): number {
  return START_REASONS.indexOf(segment.startReason) * END_REASONS.length + END_REASONS.indexOf(segment.endReason);
}

export function reasonsOf(code: number): { readonly startReason: StartReason; readonly endReason: EndReason } {
  return { startReason: START_REASONS[Math.floor(code / END_REASONS.length)]!, endReason: END_REASONS[code % END_REASONS.length]! };
}
