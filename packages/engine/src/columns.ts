import { Calendar } from "./calendar.ts";
import { Dictionary } from "./dictionary.ts";
import { Facets } from "./facets.ts";
import { Lane, lowerBound, valuesAt, type RowColumns } from "./lane.ts";
import { rowValuesOf, type SignedRow } from "./row.ts";
import type { Segment } from "./segment.ts";

/** A closed segment that the fold adds (`sign` 1) or takes back (-1). */
export interface SignedSegment {
  readonly sign: 1 | -1;
  readonly segment: Segment;
  readonly conversationKey: number;
}

/** The closed segments of one account: a lane an agent, and the calendar of all of them. */
export class Columns {
  readonly agents = new Dictionary();
  readonly facets = new Facets();
  readonly calendar = new Calendar();
  /** By the index of the agent. */
  readonly lanes: Lane[] = [];
  /** Answers that are still being read, and must not see what comes now. */
  #viewCount = 0;
  /** The number of the newest of them. */
  #newestView = 0;
  /** Lanes in which rows were loaded that lie as they came; the calendar has none of their rows. */
  readonly #loose = new Set<number>();

  /**
   * @param forgottenBeforeMs segments that end before are passed over
   * @throws Error if a segment is taken back that is not here
   */
  apply(changes: readonly SignedSegment[], forgottenBeforeMs: number): void {
    this.laid();
    const rowsByLane = new Map<number, SignedRow[]>();
    for (const change of changes) {
      if (change.segment.endMs < forgottenBeforeMs) continue;
      const lane = this.agents.add(change.segment.agentId);
      const row = this.#toRow(change);
      const rows = rowsByLane.get(lane);
      if (rows) rows.push(row);
      else rowsByLane.set(lane, [row]);
    }
    for (const [lane, rows] of rowsByLane) {
      (this.lanes[lane] ??= new Lane()).merge(rows.toSorted(compareRows), this.#newestOpenView);
      for (const row of rows) this.calendar.change(lane, row);
    }
    this.calendar.settle(this.lanes);
  }

  /** Adds rows as they come, at the cost of each alone; nobody may be reading. They have to be laid before anything else is asked. */
  load(changes: readonly SignedSegment[], forgottenBeforeMs: number): void {
    for (const change of changes) {
      if (change.segment.endMs < forgottenBeforeMs) continue;
      const index = this.agents.add(change.segment.agentId);
      const lane = (this.lanes[index] ??= new Lane());
      if (!this.#loose.has(index)) this.#loosen(index, lane);
      lane.load(this.#toRow(change));
    }
  }

  /** Adds rows of one agent as columns that were captured held them, the agents and their rows in the same order. */
  restore(agentId: string, facets: readonly number[], rows: RowColumns): void {
    this.laid();
    const index = this.agents.add(agentId);
    const lane = (this.lanes[index] ??= new Lane());
    const from = lane.rowCount;
    lane.extend(rows);
    for (const facet of facets) lane.facets.add(facet);
    this.calendar.add(index, from, this.lanes);
  }

  /** Takes back the rows of some conversations, lane by lane; those that end before a moment are passed over. */
  *takeBack(conversationKeys: ReadonlySet<number>, forgottenBeforeMs: number): Generator<void, void> {
    for (const [index, lane] of this.lanes.entries()) {
      const { rows, rowCount } = lane;
      const changes: SignedRow[] = [];
      for (let i = lowerBound(rows.ends, forgottenBeforeMs, 0, rowCount); i < rowCount; i++) {
        const conversationKey = rows.conversationKeys[i]!;
        if (!conversationKeys.has(conversationKey)) continue;
        changes.push({ sign: -1, endMs: rows.ends[i]!, facet: rows.facets[i]!, conversationKey, ...valuesAt(rows, i) });
      }
      lane.merge(changes, this.#newestOpenView);
      for (const change of changes) this.calendar.change(index, change);
      this.calendar.settle(this.lanes);
      yield;
    }
  }

  /** Lays what was loaded, lane by lane. */
  *lay(): Generator<void, void> {
    for (const index of this.#loose) {
      this.#loose.delete(index);
      this.lanes[index]!.lay();
      this.calendar.add(index, 0, this.lanes);
      yield;
    }
  }

  /** This, with everything laid. */
  laid(): this {
    if (this.#loose.size > 0) for (const _ of this.lay());
    return this;
  }

  #loosen(index: number, lane: Lane): void {
    this.#loose.add(index);
    if (lane.rowCount === 0) return;
    // What the calendar has of a lane could not be told from what is loaded beside it.
    this.calendar.clear();
    for (const other of this.lanes.keys()) this.#loose.add(other);
  }

  #toRow({ sign, segment, conversationKey }: SignedSegment): SignedRow {
    return { sign, endMs: segment.endMs, facet: this.facets.add(segment), conversationKey, ...rowValuesOf(segment) };
  }

  /** From now on until it is closed, rows that are there stay as they are for whoever holds them. */
  openView(): void {
    this.#viewCount += 1;
    this.#newestView += 1;
  }

  closeView(): void {
    this.#viewCount -= 1;
  }

  forget(beforeMs: number): void {
    for (const lane of this.lanes) lane.forget(beforeMs, this.#newestOpenView);
    this.calendar.forget(beforeMs);
  }

  /** 0: none is open. */
  get #newestOpenView(): number {
    return this.#viewCount > 0 ? this.#newestView : 0;
  }
}

function compareRows(a: SignedRow, b: SignedRow): number {
  return a.endMs - b.endMs;
}
