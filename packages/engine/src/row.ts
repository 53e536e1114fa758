import { SUMS, type Sum } from "./metrics.ts";
import { END_REASONS, OUTCOMES, START_REASONS, type EndReason, type Outcome, type Segment, type StartReason } from "./segment.ts";

/** What a segment adds to each sum, in the order of `SUMS`. */
export type RowValues = readonly number[];

const OUTCOME_SUM: Record<Outcome, Sum> = {
  INTERACTIVE: "interactive",
  ABANDONED_BY_CONSUMER: "abandoned",
  NON_RESPONSIVE_CONSUMER: "nonResponsiveConsumers",
  NON_RESPONSIVE_AGENT: "nonResponsiveAgents",
};

const PLACE_OF = Object.fromEntries(SUMS.map((sum, place) => [sum, place])) as Record<Sum, number>;

export function rowValuesOf(segment: Segment): RowValues {
  const isNew = segment.startReason === "NEW_CONVERSATION";
  const hasFirstResponse = segment.firstResponseMs !== null;
  const values: Partial<Record<Sum, number>> = {
    durationMs: segment.endMs - segment.startMs,
    responseMs: segment.responseMs,
    segments: 1,
    responses: segment.responseCount,
    [OUTCOME_SUM[segment.outcome]]: 1,
    [isNew ? "firstResponseMsOfNew" : "firstResponseMsOfTransfers"]: segment.firstResponseMs ?? 0,
    [isNew ? "firstResponsesOfNew" : "firstResponsesOfTransfers"]: hasFirstResponse ? 1 : 0,
  };
  return SUMS.map((sum) => values[sum] ?? 0);
}

/** Start and end reason in one byte, so that a row can be told as a segment again. */
export function reasonsCodeOf(segment: Segment): number {
  return START_REASONS.indexOf(segment.startReason) * END_REASONS.length + END_REASONS.indexOf(segment.endReason);
}

export function reasonsOf(code: number): { readonly startReason: StartReason; readonly endReason: EndReason } {
  return { startReason: START_REASONS[Math.floor(code / END_REASONS.length)]!, endReason: END_REASONS[code % END_REASONS.length]! };
}

/** The values of a row, told as a segment's again. */
export function segmentValuesOf(
  values: RowValues,
  startReason: StartReason,
): Pick<Segment, "outcome" | "responseCount" | "responseMs" | "firstResponseMs"> & { readonly durationMs: number } {
  const valueOf = (sum: Sum): number => values[PLACE_OF[sum]]!;
  const isNew = startReason === "NEW_CONVERSATION";
  const hasFirstResponse = valueOf(isNew ? "firstResponsesOfNew" : "firstResponsesOfTransfers") === 1;
  return {
    durationMs: valueOf("durationMs"),
    outcome: OUTCOMES.find((outcome) => valueOf(OUTCOME_SUM[outcome]) === 1)!,
    responseCount: valueOf("responses"),
    responseMs: valueOf("responseMs"),
    firstResponseMs: hasFirstResponse ? valueOf(isNew ? "firstResponseMsOfNew" : "firstResponseMsOfTransfers") : null,
  };
}
