import { METRIC_NAMES, NO_FILTER, type Dimension, type Query, type Window } from "@segmeter/engine";
import { referenceAnswer, type ReferenceCell } from "@segmeter/reference";
import type { CountedSegment } from "./counted-segments.ts";
import { cellDifferences, isAt, placeOf, type Difference } from "./differences.ts";

const NAMED_CONVERSATIONS_MAX = 5;

export interface AskedWindow {
  readonly accountId: string;
  readonly window: Window;
  /** Those of the account that end in the window, by the log. */
  readonly segments: readonly CountedSegment["segment"][];
  readonly groupings: readonly (readonly Dimension[])[];
  /** Of groupings by interval. */
  readonly intervalMs: number;
}

/**
 * Holds every number of a window against the reference.
 *
 * @param answer what is held against it
 */
export function* numberDifferences(
  { accountId, window, segments, groupings, intervalMs }: AskedWindow,
  answer: (query: Query) => readonly ReferenceCell[],
): Generator<Difference> {
  for (const grouping of groupings) {
    const isByInterval = grouping.includes("interval");
    const query: Query = { window, filter: NO_FILTER, grouping, ...(isByInterval && { intervalMs }), metrics: METRIC_NAMES };
    for (const { cell, metric, ...values } of cellDifferences(referenceAnswer(segments, query), answer(query), METRIC_NAMES)) {
      const conversationIds = conversationsAt(segments, cell, intervalMs);
      yield { kind: "number", accountId, window, place: placeOf(cell), metric, ...values, conversationIds };
    }
  }
}

/** The first few of the conversations that make up a part. */
function conversationsAt(
  segments: readonly CountedSegment["segment"][],
  cell: Parameters<typeof placeOf>[0],
  intervalMs: number,
): string[] {
  const ids = new Set<string>();
  for (const segment of segments) {
    const isInInterval = cell.interval === undefined || (segment.endMs >= cell.interval && segment.endMs < cell.interval + intervalMs);
    if (isInInterval && isAt(cell, segment)) ids.add(segment.conversationId);
    if (ids.size === NAMED_CONVERSATIONS_MAX) break;
  }
  return [...ids];
}
