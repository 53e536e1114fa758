import type { Cells } from "./cells.ts";
import { NONE } from "./facets.ts";
import { gallop, type LaneView } from "./lane.ts";
import { CELL_STRIDE, STRIDE } from "./sums.ts";

/** The intervals that a kernel is to fill, counted from the window's start: `[from, to)`. */
export interface Intervals {
  readonly windowStartMs: number;
  readonly widthMs: number;
  readonly from: number;
  readonly to: number;
}

/** After so many rows of one interval, the end is looked for in larger steps. */
const STEPS_MAX = 8;

// Both kernels take one lane's rows `[from, to)`, which lie in the intervals given, ascending by end.

/**
 * Where nothing tells the rows of an interval apart: records at the edges of each interval are subtracted. One cell for
 * every interval that has rows.
 *
 *     for (interval of intervals) {
 *       end = the first row at or after the interval's end; for the last interval, all that are left
 *       if (end > begin) cells.add(interval, skill, agent, sums of [begin, end))
 *       begin = end
 *     }
 */
export function subtract(
  { rows }: LaneView,
  from: number,
  to: number,
  intervals: Intervals,
  agent: number,
  skill: number,
  cells: Cells,
): void {
  const { ends, sums } = rows;
  cells.reserve(Math.min(intervals.to - intervals.from, to - from));
  const { values } = cells;
  const last = intervals.to - 1;
  let cell = cells.count;
  let edgeMs = intervals.windowStartMs + intervals.from * intervals.widthMs;
  for (let interval = intervals.from, begin = from; begin < to; interval++) {
    edgeMs += intervals.widthMs;
    let end = interval === last ? to : begin;
    while (end < to && ends[end]! < edgeMs) {
      end++;
      if (end - begin === STEPS_MAX) end = gallop(ends, edgeMs, end, to);
    }
    if (end === begin) continue;
    const a = begin * STRIDE;
    const b = end * STRIDE;
    const at = cell * CELL_STRIDE;
    values[at] = sums[b]! - sums[a]!;
    values[at + 1] = sums[b + 1]! - sums[a + 1]!;
    values[at + 2] = sums[b + 2]! - sums[a + 2]!;
    values[at + 3] = sums[b + 3]! - sums[a + 3]!;
    values[at + 4] = sums[b + 4]! - sums[a + 4]!;
    values[at + 5] = sums[b + 5]! - sums[a + 5]!;
    values[at + 6] = sums[b + 6]! - sums[a + 6]!;
    values[at + 7] = end - begin;
    cells.intervals[cell] = interval;
    cells.skills[cell] = skill;
    cells.agents[cell] = agent;
    cell++;
    begin = end;
  }
  cells.count = cell;
}

/**
 * Where rows differ in what they belong to: every row is looked at, and runs of rows that belong to one cell are added to
 * it at once.
 *
 *     for (row of rows) {
 *       if (skillOf[facet of row] < 0) continue
 *       cells.at(interval of row, skill of row, agent) += values of row
 *     }
 *
 * @param skillOf by facet: the skill of the cell, `NO_KEY` where nothing is grouped by skill, `NONE` where rows are passed over
 */
export function scan(
  { rows }: LaneView,
  from: number,
  to: number,
  intervals: Intervals,
  agent: number,
  skillOf: Int32Array,
  index: CellIndex,
): void {
  const { ends, sums, facets } = rows;
  const { cells } = index;
  let interval = intervals.from;
  let edgeMs = intervals.windowStartMs + (interval + 1) * intervals.widthMs;
  let skill = NO_CELL_YET;
  let cell = -1;
  // The run is `[begin, row)`; -1: there is none.
  let begin = -1;
  for (let row = from; row < to; row++) {
    const skillOfRow = skillOf[facets[row]!]!;
    const isLater = ends[row]! >= edgeMs;
    if (skillOfRow === skill && !isLater) {
      if (begin === -1) begin = row;
      continue;
    }
    if (begin !== -1) {
      addRun(sums, begin, row, cells.values, cell);
      begin = -1;
    }
    if (isLater) {
      interval = Math.floor((ends[row]! - intervals.windowStartMs) / intervals.widthMs);
      edgeMs = intervals.windowStartMs + (interval + 1) * intervals.widthMs;
      skill = NO_CELL_YET;
    }
    if (skillOfRow === NONE) continue;
    skill = skillOfRow;
    cell = index.cellAt(interval, skill, agent);
    begin = row;
  }
  if (begin !== -1) addRun(sums, begin, to, cells.values, cell);
}

/** Unlike any skill, and unlike none. */
const NO_CELL_YET = -2;

function addRun(sums: Float64Array, begin: number, end: number, values: Float64Array, cell: number): void {
  const a = begin * STRIDE;
  const b = end * STRIDE;
  const at = cell * CELL_STRIDE;
  values[at]! += sums[b]! - sums[a]!;
  values[at + 1]! += sums[b + 1]! - sums[a + 1]!;
  values[at + 2]! += sums[b + 2]! - sums[a + 2]!;
  values[at + 3]! += sums[b + 3]! - sums[a + 3]!;
  values[at + 4]! += sums[b + 4]! - sums[a + 4]!;
  values[at + 5]! += sums[b + 5]! - sums[a + 5]!;
  values[at + 6]! += sums[b + 6]! - sums[a + 6]!;
  values[at + 7]! += end - begin;
}

/** Finds the cell of an interval and a skill again, among those begun since the last `forget`. */
export class CellIndex {
  readonly cells: Cells;
  readonly #from: number;
  readonly #width: number;
  /** The block of each skill, -1 for those that did not occur. */
  readonly #blockOf: Int32Array;
  readonly #skills: number[] = [];
  /** The cell of each interval, block by block, -1 for those that did not occur. */
  #cellOf = new Int32Array(0);

  constructor(cells: Cells, intervals: Intervals, skillCount: number) {
    this.cells = cells;
    this.#from = intervals.from;
    this.#width = intervals.to - intervals.from;
    this.#blockOf = new Int32Array(Math.max(skillCount, 1)).fill(-1);
  }

  cellAt(interval: number, skill: number, agent: number): number {
    let block = this.#blockOf[skill]!;
    if (block === -1) block = this.#beginBlock(skill);
    const at = block * this.#width + interval - this.#from;
    const known = this.#cellOf[at]!;
    if (known !== -1) return known;
    return (this.#cellOf[at] = this.cells.begin(interval, skill, agent));
  }

  /** Lets further rows begin cells of their own. */
  forget(): void {
    this.#cellOf.fill(-1, 0, this.#skills.length * this.#width);
    for (const skill of this.#skills) this.#blockOf[skill] = -1;
    this.#skills.length = 0;
  }

  #beginBlock(skill: number): number {
    const block = this.#skills.push(skill) - 1;
    this.#blockOf[skill] = block;
    const length = (block + 1) * this.#width;
    if (length > this.#cellOf.length) {
      const larger = new Int32Array(Math.max(length, this.#cellOf.length * 2)).fill(-1);
      larger.set(this.#cellOf);
      this.#cellOf = larger;
    }
    return block;
  }
}
