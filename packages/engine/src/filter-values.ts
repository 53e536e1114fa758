import type { Columns } from "./columns.ts";
import { compareIds } from "./id.ts";
import { lowerBound } from "./lane.ts";
import type { Filter } from "./query.ts";

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
export function filterValuesOf({ agents, facets, lanes }: Columns, filter: Filter, keptSinceMs: number): FilterValues {
  const facetsKept = facets.select(filter);
  const facetCount = facetsKept === null ? facets.size : facetsKept.reduce((count, isKept) => count + isKept, 0);
  const agentsKept = filter.agentIds === null ? null : new Set(filter.agentIds);
  const agentIds: string[] = [];
  const facetsFound = new Set<number>();
  for (const agent of agents.ordered) {
    const agentId = agents.words[agent]!;
    if (agentsKept !== null && !agentsKept.has(agentId)) continue;
    const { rows, rowCount } = lanes[agent]!;
    let isFound = false;
    for (let row = lowerBound(rows.ends, keptSinceMs, 0, rowCount); row < rowCount; row++) {
      const facet = rows.facets[row]!;
      if (facetsKept !== null && facetsKept[facet] === 0) continue;
      isFound = true;
      facetsFound.add(facet);
      // All are known: of the agents that follow one row will do.
      if (facetsFound.size === facetCount) break;
    }
    if (isFound) agentIds.push(agentId);
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
