import type { Columns } from "./columns.ts";
import { lowerBound, valuesAt } from "./lane.ts";
import type { Filter, Window } from "./query.ts";
import { segmentValuesOf } from "./row.ts";
import type { Segment } from "./segment.ts";
import { agentsIn } from "./stream.ts";

/** A closed segment as the columns hold it: its conversation by the key that the log gave it. */
export type ListedSegment = Omit<Segment, "conversationId"> & { readonly conversationKey: number };

/**
 * The segments behind the numbers of a window and a filter: agent by agent in the order of ids, each by ascending end. Whatever
 * comes in meanwhile is not seen of an agent whose segments have begun.
 */
export function* list(columns: Columns, window: Window, filter: Filter): Generator<ListedSegment> {
  columns.openView();
  try {
    const keptFacets = columns.facets.select(filter);
    for (const agent of agentsIn(columns, filter)) yield* listLane(columns, agent, window, keptFacets);
  } finally {
    columns.closeView();
  }
}

function* listLane(columns: Columns, agent: number, window: Window, keptFacets: Uint8Array | null): Generator<ListedSegment> {
  const { rows, rowCount } = columns.lanes[agent]!;
  const to = lowerBound(rows.ends, window.endMs, 0, rowCount);
  for (let row = lowerBound(rows.ends, window.startMs, 0, rowCount); row < to; row++) {
    const facet = rows.facets[row]!;
    if (keptFacets !== null && keptFacets[facet] === 0) continue;
    const values = valuesAt(rows, row);
    const endMs = rows.ends[row]!;
    yield {
      conversationKey: rows.conversationKeys[row]!,
      agentId: columns.agents.words[agent]!,
      ...columns.facets.describe(facet),
      ...segmentValuesOf(values),
      startMs: endMs - values.durationMs,
      endMs,
    };
  }
}
