import { END_REASONS, START_REASONS, type Segment } from "./segment.ts";
import { classOf, hasFirstResponse, outcomeOf, type RowValues } from "./sums.ts";

const CLASSES = 8;

/** A change of the columns: a closed segment that is added (`sign` 1), or one that is taken back (-1). */
export interface SignedRow extends RowValues {
  readonly sign: 1 | -1;
  readonly endMs: number;
  readonly facet: number;
  readonly conversationKey: number;
}

/** The class in the lowest bits; above them start and end reason, so that a row can be told as a segment again. */
function codeOf(segment: Segment): number {
  const reasons = START_REASONS.indexOf(segment.startReason) * END_REASONS.length + END_REASONS.indexOf(segment.endReason);
  return reasons * CLASSES + classOf(segment);
}

export function rowValuesOf(segment: Segment): RowValues {
  return {
    durationMs: segment.endMs - segment.startMs,
    responseMs: segment.responseMs,
    firstResponseMs: segment.firstResponseMs ?? 0,
    responses: segment.responseCount,
    code: codeOf(segment),
  };
}

/** The values of a row, told as a segment's again. */
export function segmentValuesOf({
  responseMs,
  responses,
  firstResponseMs,
  code,
}: RowValues): Pick<Segment, "startReason" | "endReason" | "outcome" | "responseCount" | "responseMs" | "firstResponseMs"> {
  const segmentClass = code % CLASSES;
  const reasons = Math.floor(code / CLASSES);
  return {
    startReason: START_REASONS[Math.floor(reasons / END_REASONS.length)]!,
    endReason: END_REASONS[reasons % END_REASONS.length]!,
    outcome: outcomeOf(segmentClass),
    responseCount: responses,
    responseMs,
    firstResponseMs: hasFirstResponse(segmentClass) ? firstResponseMs : null,
  };
}
