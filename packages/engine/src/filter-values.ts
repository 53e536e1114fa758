import type { Columns } from "./columns.ts";
import { compareIds } from "./id.ts";
import { lowerBound } from "./lane.ts";
import type { Filter } from "./query.ts";
import { agentsIn } from "./stream.ts";

/** The values that occur in some segments, each list in the order of ids. */
export interface FilterValues {
  readonly agentIds: string[];
  readonly skillIds: string[];
  readonly groupIds: string[];
  readonly sources: string[];
}

/**
 * What occurs in the segments that a filter keeps.
 *
 * @param keptSinceMs rows that ended before are about to go, and do not count any more
 */
export function filterValuesOf(columns: Columns, filter: Filter, keptSinceMs: number): FilterValues {
  const { agents, facets, lanes } = columns;
  const facetsKept = facets.select(filter);
  const agentIds: string[] = [];
  const facetsFound = new Set<number>();
  for (const agent of agentsIn(columns, filter)) {
    const lane = lanes[agent]!;
    const { rows, rowCount } = lane;
    const wanted = [...lane.facets].filter((facet) => facetsKept === null || facetsKept[facet] === 1);
    if (wanted.length === 0) continue;
    let missingCount = wanted.filter((facet) => !facetsFound.has(facet)).length;
    let isFound = false;
    // Of an agent of whom nothing new can be learnt, one row will do.
    for (let row = lowerBound(rows.ends, keptSinceMs, 0, rowCount); row < rowCount && (missingCount > 0 || !isFound); row++) {
      const facet = rows.facets[row]!;
      if (facetsKept !== null && facetsKept[facet] === 0) continue;
      isFound = true;
      if (facetsFound.has(facet)) continue;
      facetsFound.add(facet);
      missingCount -= 1;
    }
    if (isFound) agentIds.push(agents.words[agent]!);
  }
  const found = [...facetsFound].map((facet) => facets.describe(facet));
  return {
    agentIds,
    skillIds: inOrder(found.map(({ skillId }) => skillId)),
    groupIds: inOrder(found.map(({ groupId }) => groupId)),
    sources: inOrder(found.map(({ source }) => source)),
  };
}

function inOrder(words: readonly (string | null)[]): string[] {
  return [...new Set(words)].filter((word) => word !== null).toSorted(compareIds);
}
