import { NO_KEY, type Cells } from "./cells.ts";
import { compiled } from "./compiled.ts";
import type { Rows } from "./lane.ts";
import { release, takeArea, wordsAt, type Area } from "./memory.ts";
import { addSums } from "./sums.ts";

/** The intervals that are filled, counted from the window's start: `[0, count)`. */
export interface Intervals {
  readonly windowStartMs: number;
  readonly widthMs: number;
  readonly count: number;
}

// The picked rows of a lane, and the cell of each.
let pickedRows = createWords(64);
let pickedCells = createWords(64);

interface Words {
  readonly words: Uint32Array;
  readonly area: Area;
}

function createWords(count: number): Words {
  const area = takeArea(4 * count);
  return { words: wordsAt(area.address, count), area };
}

function reserved(kept: Words, count: number): Words {
  if (count <= kept.words.length) return kept;
  release(kept.area);
  return createWords(2 * count);
}

/**
 * Every row is added to the cell of its interval and skill, of all agents together.
 *
 * @param from of the lane's rows `[from, to)`, which lie in the intervals
 */
export function scanTogether(
  rows: Rows,
  from: number,
  to: number,
  intervals: Intervals,
  skillOf: Int32Array,
  isPart: boolean,
  index: CellIndex,
): void {
  const { addresses, ends, facets } = rows;
  pickedRows = reserved(pickedRows, to - from + 1);
  pickedCells = reserved(pickedCells, to - from);
  const list = pickedRows.words;
  const count = isPart ? compiled.pick(addresses.facets, from, to, skillOf.byteOffset, list.byteOffset) : to - from;
  const cellOf = pickedCells.words;
  for (let i = 0; i < count; i++) {
    const row = isPart ? list[i]! : from + i;
    cellOf[i] = index.cellAt(((ends[row]! - intervals.windowStartMs) / intervals.widthMs) | 0, skillOf[facets[row]!]!);
  }
  const { doubles } = index.cells.sums;
  const listAt = isPart ? list.byteOffset : 0;
  const { values, highs } = addresses;
  compiled.addTo(values, listAt, from, count, doubles.byteOffset, cellOf.byteOffset);
  if (highs !== 0) compiled.addHighsTo(highs, values, listAt, from, count, doubles.byteOffset, cellOf.byteOffset);
}

/** The same by sums of ranges, where nothing tells the rows apart. @param own takes the lane's own cells in between */
export function subtractTogether(
  rows: Rows,
  from: number,
  to: number,
  intervals: Intervals,
  skill: number,
  own: Cells,
  index: CellIndex,
): void {
  const { ends, values, highs, checkpoints } = rows.addresses;
  own.clear();
  own.reserve(intervals.count);
  const count = compiled.subtract(
    ends,
    values,
    highs,
    checkpoints,
    from,
    to,
    intervals.windowStartMs,
    intervals.widthMs,
    0,
    intervals.count,
    own.sums.doubles.byteOffset,
    own.intervals.byteOffset,
    0,
  );
  for (let c = 0; c < count; c++) {
    const cell = index.cellAt(own.intervals[c]!, skill);
    addSums(own.sums, c, index.cells.sums, cell);
  }
}

/** Finds the cell of an interval and a skill again, of all agents together. */
export class CellIndex {
  readonly cells: Cells;
  readonly #width: number;
  /** The block of each skill, -1 for those that did not occur. */
  readonly #blockOf: Int32Array;
  #blockCount = 0;
  /** The cell of each interval, block by block, -1 for those that did not occur. */
  #cellOf = new Int32Array(0);

  constructor(cells: Cells, intervals: Intervals, skillCount: number) {
    this.cells = cells;
    this.#width = intervals.count;
    this.#blockOf = new Int32Array(Math.max(skillCount, 1)).fill(-1);
  }

  cellAt(interval: number, skill: number): number {
    let block = this.#blockOf[skill]!;
    if (block === -1) block = this.#beginBlock(skill);
    const at = block * this.#width + interval;
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
