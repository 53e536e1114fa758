import type { Columns } from "./columns.ts";
import { compareIds } from "./id.ts";
import { lowerBound } from "./lane.ts";

/** The values that occur in some segments, each list in the order of ids. */
export interface FilterValues {
  readonly agentIds: string[];
  readonly skillIds: string[];
  readonly groupIds: string[];
  readonly sources: string[];
}

/** @param keptSinceMs rows that ended before are about to go, and do not count any more */
export function filterValuesOf({ agents, facets, lanes }: Columns, keptSinceMs: number): FilterValues {
  const agentIds: string[] = [];
  const facetsFound = new Set<number>();
  for (const agent of agents.ordered) {
    const { rows, rowCount } = lanes[agent]!;
    const from = lowerBound(rows.ends, keptSinceMs, 0, rowCount);
    if (from === rowCount) continue;
    agentIds.push(agents.words[agent]!);
    for (let row = from; row < rowCount && facetsFound.size < facets.size; row++) facetsFound.add(rows.facets[row]!);
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
