import { NO_KEY, type Cells } from "./cells.ts";
import { compiled } from "./compiled.ts";
import { gallop, sumRows, type Rows } from "./lane.ts";
import { release, takeArea, wordsAt, type Area } from "./memory.ts";
import { addHighs, addValues, type Sums } from "./sums.ts";

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

// The picked rows of a lane, and the cell of each where it is asked for.
let pickedRows = createWords(64);
let pickedCells = createWords(64);
// By skill: its newest cell and the interval of it; -1 between two lanes.
let newest = createWords(128);

interface Words {
  readonly words: Uint32Array;
  readonly area: Area;
}

function createWords(count: number): Words {
  const area = takeArea(4 * count);
  return { words: wordsAt(area.address, count).fill(-1), area };
}

function reserved(kept: Words, count: number): Words {
  if (count <= kept.words.length) return kept;
  release(kept.area);
  return createWords(2 * count);
}

/**
 * Every row is added to its cell:
 *
 *     rows = those of [from, to) that are not passed over
 *     for (row of rows) the cell of its interval and skill += values of row
 *
 * @param from of the lane's rows `[from, to)`, which lie in the intervals
 */
export function scan(rows: Rows, from: number, to: number, intervals: Intervals, agent: number, belonging: Belonging, cells: Cells): void {
  const picked = pick(rows, from, to, belonging);
  if (picked.count === 0) return;
  const begun = cells.count;
  if (belonging.skill === MIXED || rows.highs !== null) addBySkill(rows, picked, intervals, belonging, cells);
  else addByInterval(rows, picked, intervals, belonging.skill, cells);
  compiled.fill(cells.agents.byteOffset, begun, cells.count, agent);
}

/** The same, where cells are of all agents together. */
export function scanTogether(rows: Rows, from: number, to: number, intervals: Intervals, belonging: Belonging, index: CellIndex): void {
  const picked = pick(rows, from, to, belonging);
  assignTogether(rows, picked, intervals, belonging, index);
  addPicked(rows, picked, index.cells.sums);
}

/** Rows in ascending order: those of `pickedRows`, if they are listed there, or `count` of them from one on. */
interface Picked {
  readonly isListed: boolean;
  readonly from: number;
  readonly count: number;
}

function pick({ facets }: Rows, from: number, to: number, { skillOf, isPart }: Belonging): Picked {
  if (!isPart) return { isListed: false, from, count: to - from };
  pickedRows = reserved(pickedRows, to - from + 1);
  const count = compiled.pick(facets.byteOffset, from, to, skillOf.byteOffset, pickedRows.area.address);
  return { isListed: true, from, count };
}

/** A cell for every interval that has rows. */
function addByInterval({ ends, values }: Rows, { isListed, from, count }: Picked, intervals: Intervals, skill: number, cells: Cells): void {
  cells.reserve(Math.min(intervals.to - intervals.from, count));
  const begun = cells.count;
  cells.count = compiled.addByInterval(
    ends.byteOffset,
    values.byteOffset,
    isListed ? pickedRows.area.address : 0,
    from,
    count,
    intervals.windowStartMs,
    intervals.widthMs,
    cells.sums.doubles.byteOffset,
    cells.intervals.byteOffset,
    begun,
  );
  compiled.fill(cells.skills.byteOffset, begun, cells.count, skill);
}

/** A cell for every interval and skill that has rows, in the order of the first of them. */
function addBySkill(rows: Rows, picked: Picked, intervals: Intervals, { skillOf, skillCount }: Belonging, cells: Cells): void {
  const { isListed, from, count } = picked;
  cells.reserve(Math.min((intervals.to - intervals.from) * skillCount, count));
  // No more skills than facets.
  newest = reserved(newest, 2 * skillOf.length);
  if (rows.highs !== null) pickedCells = reserved(pickedCells, count);
  cells.count = compiled.addBySkill(
    rows.ends.byteOffset,
    rows.values.byteOffset,
    rows.facets.byteOffset,
    skillOf.byteOffset,
    isListed ? pickedRows.area.address : 0,
    from,
    count,
    intervals.windowStartMs,
    intervals.widthMs,
    cells.sums.doubles.byteOffset,
    cells.intervals.byteOffset,
    cells.skills.byteOffset,
    cells.count,
    newest.area.address,
    rows.highs === null ? 0 : pickedCells.area.address,
  );
  addPickedHighs(rows, picked, cells.sums);
}

function assignTogether(
  { ends, facets }: Rows,
  picked: Picked,
  { windowStartMs, widthMs }: Intervals,
  { skillOf }: Belonging,
  index: CellIndex,
): void {
  pickedCells = reserved(pickedCells, picked.count);
  const cellOf = pickedCells.words;
  for (let i = 0; i < picked.count; i++) {
    const row = rowOf(picked, i);
    cellOf[i] = index.cellAt(((ends[row]! - windowStartMs) / widthMs) | 0, skillOf[facets[row]!]!);
  }
}

function addPicked(rows: Rows, picked: Picked, sums: Sums): void {
  const { values } = rows;
  const { doubles, words } = sums;
  const cellOf = pickedCells.words;
  for (let i = 0; i < picked.count; i++) addValues(values, rowOf(picked, i), doubles, words, cellOf[i]!);
  addPickedHighs(rows, picked, sums);
}

function addPickedHighs({ values, highs }: Rows, picked: Picked, sums: Sums): void {
  if (highs === null) return;
  const cellOf = pickedCells.words;
  for (let i = 0; i < picked.count; i++) addHighs(highs, values, rowOf(picked, i), sums, cellOf[i]!);
}

function rowOf({ isListed, from }: Picked, i: number): number {
  return isListed ? pickedRows.words[i]! : from + i;
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
