import { NO_KEY, type Cells } from "./cells.ts";
import { gallop, sumRows, type Rows } from "./lane.ts";
import { addHighs, addValues, clearSums, type Sums } from "./sums.ts";

/** The intervals that a kernel is to fill, counted from the window's start: `[from, to)`. */
export interface Intervals {
  readonly windowStartMs: number;
  readonly widthMs: number;
  readonly from: number;
  readonly to: number;
}

/** After so many rows of one interval, the end is looked for in larger steps. */
const STEPS_MAX = 8;

/**
 * Where nothing tells the rows of a lane apart, and many lie in an interval: sums of ranges. One cell for every interval that
 * has rows.
 *
 *     for (interval of intervals) {
 *       end = the first row at or after the interval's end; for the last interval, all that are left
 *       if (end > begin) cells.add(interval, skill, agent, sums of [begin, end))
 *       begin = end
 *     }
 *
 * @param from of the lane's rows `[from, to)`, which lie in the intervals
 */
export function subtract(rows: Rows, from: number, to: number, intervals: Intervals, agent: number, skill: number, cells: Cells): void {
  const { ends } = rows;
  const last = intervals.to - 1;
  let edgeMs = intervals.windowStartMs + intervals.from * intervals.widthMs;
  for (let interval = intervals.from, begin = from; begin < to; interval++) {
    edgeMs += intervals.widthMs;
    let end = interval === last ? to : begin;
    while (end < to && ends[end]! < edgeMs) {
      end++;
      if (end - begin === STEPS_MAX) end = gallop(ends, edgeMs, end, to);
    }
    if (end === begin) continue;
    const cell = cells.begin(interval, skill, agent);
    sumRows(rows, begin, end, cells.sums, cell);
    begin = end;
  }
}

/** What the rows of a lane belong to. */
export interface Belonging {
  /** By facet: the skill to group by, `NO_KEY` where nothing is grouped by skill, `NONE` for rows that are passed over. */
  readonly skillOf: Int32Array;
  /** The skill of all rows that count, `MIXED` where they differ. */
  readonly skill: number;
  /** How many skills they have at most. */
  readonly skillCount: number;
  /** Some of the rows are passed over. */
  readonly isPart: boolean;
}

/** Unlike any skill, and unlike none. */
export const MIXED = -2;

// The picked rows of a lane, and the cell of each: written by one loop and read by the next.
let pickedRows = new Uint32Array(0);
let pickedCells = new Uint32Array(0);

/**
 * Every row is added to its cell. In three short loops over few columns each, which are faster than one that does it all:
 *
 *     rows  = those of [from, to) that are not passed over
 *     cellOf = for each of them, the cell of its interval and skill
 *     for (row of rows) cells[cellOf[row]] += values of row
 *
 * @param from of the lane's rows `[from, to)`, which lie in the intervals
 */
export function scan(rows: Rows, from: number, to: number, intervals: Intervals, agent: number, belonging: Belonging, cells: Cells): void {
  const picked = pick(rows, from, to, belonging);
  const begun = cells.count;
  if (belonging.skill === MIXED) assignBySkill(rows, picked, intervals, belonging, cells);
  else assignByInterval(rows, picked, intervals, belonging.skill, cells);
  cells.agents.fill(agent, begun, cells.count);
  clearSums(cells.sums, begun, cells.count);
  addPicked(rows, picked, cells.sums);
}

/** The same, where cells are of all agents together. */
export function scanTogether(rows: Rows, from: number, to: number, intervals: Intervals, belonging: Belonging, index: CellIndex): void {
  const picked = pick(rows, from, to, belonging);
  assignTogether(rows, picked, intervals, belonging, index);
  addPicked(rows, picked, index.cells.sums);
}

/** Rows in ascending order: those of a list, or `count` of them from one on. */
interface Picked {
  readonly list: Uint32Array | null;
  readonly from: number;
  readonly count: number;
}

function reservePicked(count: number): void {
  if (count <= pickedRows.length) return;
  pickedRows = new Uint32Array(2 * count);
  pickedCells = new Uint32Array(2 * count);
}

/** Without a branch: no processor could guess which rows count. */
function pick({ facets }: Rows, from: number, to: number, { skillOf, isPart }: Belonging): Picked {
  reservePicked(to - from);
  if (!isPart) return { list: null, from, count: to - from };
  const list = pickedRows;
  let count = 0;
  for (let row = from; row < to; row++) {
    list[count] = row;
    // 0 for `NONE`, which is negative; else 1.
    count += ~skillOf[facets[row]!]! >>> 31;
  }
  return { list, from, count };
}

/** Begins a cell for every interval that has rows. Without a branch, as most intervals have few. */
function assignByInterval(
  { ends }: Rows,
  { list, from, count }: Picked,
  { windowStartMs, widthMs, from: firstInterval, to: lastInterval }: Intervals,
  skill: number,
  cells: Cells,
): void {
  cells.reserve(Math.min(lastInterval - firstInterval, count));
  const { intervals } = cells;
  const cellOf = pickedCells;
  const begun = cells.count;
  let cell = begun - 1;
  let before = -1;
  for (let i = 0; i < count; i++) {
    const interval = ((ends[list === null ? from + i : list[i]!]! - windowStartMs) / widthMs) | 0;
    // One more if this interval is later than the one before.
    cell += (before - interval) >>> 31;
    before = interval;
    intervals[cell] = interval;
    cellOf[i] = cell;
  }
  cells.count = cell + 1;
  cells.skills.fill(skill, begun, cells.count);
}

// The newest cell of each skill, and its interval; -1 between two lanes.
let intervalOfSkill = new Int32Array(0);
let cellOfSkill = new Uint32Array(0);

function reserveSkills(count: number): void {
  if (count <= intervalOfSkill.length) return;
  intervalOfSkill = new Int32Array(2 * count).fill(-1);
  cellOfSkill = new Uint32Array(2 * count);
}

/** Begins a cell for every interval and skill that has rows, in the order of the first of them. */
function assignBySkill(
  { ends, facets }: Rows,
  { list, from, count }: Picked,
  { windowStartMs, widthMs, from: firstInterval, to: lastInterval }: Intervals,
  { skillOf, skillCount }: Belonging,
  cells: Cells,
): void {
  cells.reserve(Math.min((lastInterval - firstInterval) * skillCount, count));
  const { intervals, skills } = cells;
  // No more skills than facets.
  reserveSkills(skillOf.length);
  const cellOf = pickedCells;
  const begun = cells.count;
  let next = begun;
  for (let i = 0; i < count; i++) {
    const row = list === null ? from + i : list[i]!;
    const skill = skillOf[facets[row]!]!;
    const interval = ((ends[row]! - windowStartMs) / widthMs) | 0;
    if (intervalOfSkill[skill] !== interval) {
      intervalOfSkill[skill] = interval;
      cellOfSkill[skill] = next;
      intervals[next] = interval;
      skills[next] = skill;
      next += 1;
    }
    cellOf[i] = cellOfSkill[skill]!;
  }
  for (let cell = begun; cell < next; cell++) intervalOfSkill[skills[cell]!] = -1;
  cells.count = next;
}

function assignTogether(
  { ends, facets }: Rows,
  { list, from, count }: Picked,
  { windowStartMs, widthMs }: Intervals,
  { skillOf }: Belonging,
  index: CellIndex,
): void {
  const cellOf = pickedCells;
  for (let i = 0; i < count; i++) {
    const row = list === null ? from + i : list[i]!;
    cellOf[i] = index.cellAt(((ends[row]! - windowStartMs) / widthMs) | 0, skillOf[facets[row]!]!);
  }
}

function addPicked({ values, highs }: Rows, { list, from, count }: Picked, sums: Sums): void {
  const { doubles, words } = sums;
  const cellOf = pickedCells;
  for (let i = 0; i < count; i++) addValues(values, list === null ? from + i : list[i]!, doubles, words, cellOf[i]!);
  if (highs === null) return;
  for (let i = 0; i < count; i++) addHighs(highs, values, list === null ? from + i : list[i]!, sums, cellOf[i]!);
}

/** Finds the cell of an interval and a skill again, of all agents together. */
export class CellIndex {
  readonly cells: Cells;
  readonly #from: number;
  readonly #width: number;
  /** The block of each skill, -1 for those that did not occur. */
  readonly #blockOf: Int32Array;
  #blockCount = 0;
  /** The cell of each interval, block by block, -1 for those that did not occur. */
  #cellOf = new Int32Array(0);

  constructor(cells: Cells, intervals: Intervals, skillCount: number) {
    this.cells = cells;
    this.#from = intervals.from;
    this.#width = intervals.to - intervals.from;
    this.#blockOf = new Int32Array(Math.max(skillCount, 1)).fill(-1);
  }

  cellAt(interval: number, skill: number): number {
    let block = this.#blockOf[skill]!;
    if (block === -1) block = this.#beginBlock(skill);
    const at = block * this.#width + interval - this.#from;
    const known = this.#cellOf[at]!;
    if (known !== -1) return known;
    return (this.#cellOf[at] = this.cells.begin(interval, skill, NO_KEY));
  }

  #beginBlock(skill: number): number {
    const block = this.#blockCount++;
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
