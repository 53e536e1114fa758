import { agentsIn } from "./ask.ts";
import type { Columns } from "./columns.ts";
import type { Filter, Window } from "./query.ts";
import { reasonsOf, segmentValuesOf } from "./row.ts";
import type { Segment } from "./segment.ts";

/** A closed segment as the columns hold it: its conversation by the key that the log gave it. */
export type ListedSegment = Omit<Segment, "conversationId"> & { readonly conversationKey: number };

/** The segments behind the numbers of a window and a filter: agent by agent in the order of ids, each by ascending end. */
export function* list(columns: Columns, window: Window, filter: Filter): Generator<ListedSegment> {
  const keptFacets = columns.facets.select(filter);
  for (const agent of agentsIn(columns, filter)) {
    const lane = columns.lanes[agent]!;
    const to = lane.lowerBound(window.endMs);
    for (let row = lane.lowerBound(window.startMs); row < to; row++) {
      const facet = lane.facets[row]!;
      if (keptFacets !== null && keptFacets[facet] === 0) continue;
      const reasons = reasonsOf(lane.reasons[row]!);
      const { durationMs, ...values } = segmentValuesOf(lane.valuesAt(row), reasons.startReason);
      const endMs = lane.ends[row]!;
      yield {
        conversationKey: lane.conversationKeys[row]!,
        agentId: columns.agents.words[agent]!,
        ...columns.facets.describe(facet),
        ...reasons,
        ...values,
        startMs: endMs - durationMs,
        endMs,
      };
    }
  }
}
