import { Dictionary } from "./dictionary.ts";
import { Facets } from "./facets.ts";
import { Lane, type SignedRow } from "./lane.ts";
import { reasonsCodeOf, rowValuesOf } from "./row.ts";
import type { Segment } from "./segment.ts";

/** A closed segment that the fold adds (`sign` 1) or takes back (-1). */
export interface SignedSegment {
  readonly sign: 1 | -1;
  readonly segment: Segment;
  readonly conversationKey: number;
}

/** The closed segments of one account: a lane an agent. */
export class Columns {
  readonly agents = new Dictionary();
  readonly facets = new Facets();
  /** By the index of the agent. */
  readonly lanes: Lane[] = [];

  /**
   * @param forgottenBeforeMs segments that end before are passed over
   * @throws Error if a segment is taken back that is not here
   */
  apply(changes: readonly SignedSegment[], forgottenBeforeMs: number): void {
    const rowsByLane = new Map<Lane, SignedRow[]>();
    for (const { sign, segment, conversationKey } of changes) {
      const lane = this.#laneOf(segment.agentId);
      const rows = rowsByLane.get(lane) ?? [];
      rowsByLane.set(lane, rows);
      rows.push({
        sign,
        endMs: segment.endMs,
        facet: this.facets.add(segment),
        reasons: reasonsCodeOf(segment),
        conversationKey,
        values: rowValuesOf(segment),
      });
    }
    for (const [lane, rows] of rowsByLane) lane.merge(rows.toSorted(compareRows), forgottenBeforeMs);
  }

  forget(beforeMs: number): void {
    for (const lane of this.lanes) lane.forget(beforeMs);
  }

  #laneOf(agentId: string): Lane {
    const index = this.agents.add(agentId);
    return (this.lanes[index] ??= new Lane());
  }
}

function compareRows(a: SignedRow, b: SignedRow): number {
  return a.endMs - b.endMs || a.sign - b.sign;
}
