import type { MetricName, Query } from "@segmeter/engine";
import type { ReferenceCell } from "@segmeter/reference";

/** One number that is not what the log gives, or one segment that only one of the two has. */
export type Difference =
  | {
      readonly kind: "number";
      readonly accountId: string;
      readonly window: Query["window"];
      /** `skill 21, agent 4501`; empty for the whole. */
      readonly place: string;
      readonly metric: string;
      readonly expected: number | null | undefined;
      readonly found: number | null | undefined;
      /** Of those that make up the number by the log, the first few. */
      readonly conversationIds: readonly string[];
    }
  | {
      readonly kind: "segment";
      readonly accountId: string;
      readonly onlyIn: "log" | "engine";
      readonly conversationKey: number;
      /** null: by the log, none of its segments ends on that day. */
      readonly conversationId: string | null;
      readonly segment: object;
    };

export interface CellDifference {
  readonly cell: Omit<ReferenceCell, "metrics">;
  readonly metric: MetricName;
  /** undefined: there is no such part. */
  readonly expected: number | null | undefined;
  readonly found: number | null | undefined;
}

/** What two answers to one query do not have in common, number by number. */
export function* cellDifferences(
  expected: readonly ReferenceCell[],
  found: readonly ReferenceCell[],
  metrics: readonly MetricName[],
): Generator<CellDifference> {
  const [expectedAt, foundAt] = [byPlace(expected), byPlace(found)];
  for (const place of new Set([...expectedAt.keys(), ...foundAt.keys()])) {
    const [left, right] = [expectedAt.get(place), foundAt.get(place)];
    const { metrics: _, ...cell } = (left ?? right)!;
    for (const metric of metrics) {
      const [wanted, got] = [left?.metrics[metric], right?.metrics[metric]];
      if (wanted !== got) yield { cell, metric, expected: wanted, found: got };
    }
  }
}

export function placeOf({ interval, skill, agent }: Omit<ReferenceCell, "metrics">): string {
  return [
    ...(interval === undefined ? [] : [`interval ${new Date(interval).toISOString()}`]),
    ...(skill === undefined ? [] : [`skill ${JSON.stringify(skill)}`]),
    ...(agent === undefined ? [] : [`agent ${JSON.stringify(agent)}`]),
  ].join(", ");
}

export function isAt({ skill, agent }: Omit<ReferenceCell, "metrics">, segment: { skillId: string | null; agentId: string }): boolean {
  return (skill === undefined || skill === segment.skillId) && (agent === undefined || agent === segment.agentId);
}

function byPlace(cells: readonly ReferenceCell[]): Map<string, ReferenceCell> {
  return new Map(cells.map((cell) => [JSON.stringify([cell.interval, cell.skill, cell.agent]), cell]));
}
