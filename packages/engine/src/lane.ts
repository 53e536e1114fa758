import { compiled } from "./compiled.ts";
import { doublesAt, release, takeArea, wordsAt, type Area } from "./memory.ts";
import type { SignedRow } from "./row.ts";
import { clearSums, isTooWide, readValues, SUMS_BYTES, sumsAt, VALUES_WORDS, writeValues, type RowValues, type Sums } from "./sums.ts";

const CAPACITY_MIN = 8;
const GROWTH = 1.25;
const FACETS_MIN = 16;
/** Rows from one checkpoint to the next. */
const CHECKPOINT_ROWS = 8;

/**
 * Rows ascending by end. Checkpoint `c` holds the sums of the first `c * CHECKPOINT_ROWS` rows, so the sums of many rows
 * are the difference of two checkpoints, and a few rows at either edge.
 *
 *     ends[i]   values[4i … 4i + 3]   facets[i]   conversationKeys[i]        36 bytes a row
 *     checkpoint c                                                           72 bytes a checkpoint
 */
export interface Rows extends RowColumns {
  readonly checkpoints: Sums;
  /** Where all of it lies. */
  readonly area: Area;
  /** Of the columns, side by side: a pass over many lanes looks at nothing else of them. */
  readonly addresses: RowAddresses;
}

export interface RowAddresses {
  readonly values: number;
  /** 0: there are none. */
  readonly highs: number;
  readonly ends: number;
  readonly conversationKeys: number;
  readonly checkpoints: number;
  readonly facets: number;
}

export interface RowColumns {
  readonly ends: Float64Array;
  readonly values: Uint32Array;
  /** What of the values does not fit in their words, value by value; null where every row's fit. */
  readonly highs: Uint32Array | null;
  readonly facets: Uint32Array;
  readonly conversationKeys: Float64Array;
}

/** Rows as they were at one moment; rows that are added later lie behind `rowCount`. */
export interface LaneView {
  readonly rows: Rows;
  readonly rowCount: number;
}

/** The closed segments of one agent. */
export class Lane implements LaneView {
  rowCount = 0;
  rows: Rows = createRows(CAPACITY_MIN, false);
  /** All that its rows have, or once had. */
  readonly facets = new FacetList();
  /** The newest view that was open when `rows` were made for this lane alone. */
  #ownSince = 0;
  /** Rows were loaded that are out of order. */
  #isLoose = false;
  /** Views are open that may hold the rows. */
  #isSeen = false;

  /**
   * Adds and takes back rows. Whatever ends after the earliest change is laid anew behind it, so a late correction costs
   * the rows that came since, and rows in order cost themselves.
   *
   * @param changes ascending by end
   * @param newestView the newest view that is open, counted from 1; rows that it may hold stay as they are. 0: none is open
   * @throws Error if a row is taken back that is not here
   */
  merge(changes: readonly SignedRow[], newestView: number): void {
    const first = changes[0];
    if (!first) return;
    const keep = lowerBound(this.rows.ends, first.endMs, 0, this.rowCount);
    const tailCount = this.rowCount - keep;
    const tail = tailCount === 0 ? NO_ROWS : copyRows(this.rows, keep, this.rowCount);
    const takenBack = findTakenBack(changes, tail, tailCount);
    this.#isSeen = newestView > 0;
    if (tailCount > 0 && this.#ownSince < newestView) {
      this.#replaceRows(moved(this.rows, this.rows.ends.length, this.rows.highs !== null));
      this.#ownSince = newestView;
    }
    this.rowCount = keep;

    let next = 0;
    const takeTailUntil = (endMs: number): void => {
      for (; next < tailCount && tail.ends[next]! <= endMs; next++) {
        if (takenBack?.has(next)) continue;
        this.#append(tail.ends[next]!, tail.facets[next]!, tail.conversationKeys[next]!, valuesAt(tail, next));
      }
    };
    for (const change of changes) {
      if (change.sign === -1) continue;
      takeTailUntil(change.endMs);
      this.#append(change.endMs, change.facet, change.conversationKey, change);
    }
    takeTailUntil(Infinity);
  }

  /** Adds a row behind all others, wherever it ends: until the lane is laid it must not be asked. */
  load(row: SignedRow): void {
    this.#isSeen = false;
    this.#isLoose ||= this.rowCount > 0 && this.rows.ends[this.rowCount - 1]! > row.endMs;
    this.#append(row.endMs, row.facet, row.conversationKey, row);
  }

  /** Puts the rows that were loaded in order. */
  lay(): void {
    if (!this.#isLoose) return;
    this.#isLoose = false;
    const { ends } = this.rows;
    const order = Uint32Array.from({ length: this.rowCount }, (_, i) => i).toSorted((a, b) => ends[a]! - ends[b]! || a - b);
    this.#replaceRows(laid(pickRows(this.rows, order), this.rowCount));
  }

  /** Adds rows that end no earlier than all others, in their order. Nobody may be reading. */
  extend(columns: RowColumns): void {
    this.#isSeen = false;
    const from = this.rowCount;
    this.rowCount += columns.ends.length;
    const capacity = this.rows.ends.length;
    const isWide = this.rows.highs !== null || columns.highs !== null;
    if (this.rowCount > capacity) this.#replaceRows(moved(this.rows, Math.max(this.rowCount, Math.ceil(capacity * GROWTH)), isWide));
    else if (isWide && this.rows.highs === null) this.#replaceRows(moved(this.rows, capacity, true));
    setRows(this.rows, columns, from);
    for (let c = Math.floor(from / CHECKPOINT_ROWS) + 1; c * CHECKPOINT_ROWS <= this.rowCount; c++) layCheckpoint(this.rows, c);
  }

  /**
   * Drops the rows that end before a moment, once they are a good part of the lane.
   *
   * @param newestView as `merge` takes it
   */
  forget(beforeMs: number, newestView: number): void {
    const count = lowerBound(this.rows.ends, beforeMs, 0, this.rowCount);
    if (count * 4 < this.rowCount || count === 0) return;
    const kept = copyRows(this.rows, count, this.rowCount);
    this.rowCount -= count;
    this.#isSeen = newestView > 0;
    this.#replaceRows(laid(kept, this.rowCount));
  }

  #append(endMs: number, facet: number, conversationKey: number, row: RowValues): void {
    const capacity = this.rows.ends.length;
    const isWide = this.rows.highs !== null || isTooWide(row);
    if (this.rowCount === capacity) this.#replaceRows(moved(this.rows, Math.max(CAPACITY_MIN, Math.ceil(capacity * GROWTH)), isWide));
    else if (isWide && this.rows.highs === null) this.#replaceRows(moved(this.rows, capacity, true));
    const { rows } = this;
    const i = this.rowCount++;
    rows.ends[i] = endMs;
    rows.facets[i] = facet;
    this.facets.add(facet);
    rows.conversationKeys[i] = conversationKey;
    writeValues(rows.values, rows.highs, i, row);
    if (this.rowCount % CHECKPOINT_ROWS === 0) layCheckpoint(rows, this.rowCount / CHECKPOINT_ROWS);
  }

  /** Whoever has a view of those before keeps them. */
  #replaceRows(rows: Rows): void {
    if (!this.#isSeen) release(this.rows.area);
    this.rows = rows;
  }
}

/** Facets, each once, in memory that kernels find. */
class FacetList {
  count = 0;
  area = takeArea(4 * FACETS_MIN);
  #words = wordsAt(this.area.address, FACETS_MIN);
  readonly #has = new Set<number>();

  add(facet: number): void {
    if (this.#has.has(facet)) return;
    this.#has.add(facet);
    if (this.count === this.#words.length) {
      // Whoever has a view looks at the one before, which is free when nobody does any more.
      this.area = takeArea(8 * this.count);
      const larger = wordsAt(this.area.address, 2 * this.count);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[this.count++] = facet;
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#has.values();
  }
}

/** The first row in `[from, to)` that ends at or after a moment; `to` if there is none. */
export function lowerBound(ends: Float64Array, endMs: number, from: number, to: number): number {
  if (from === to || ends[from]! >= endMs) return from;
  if (ends[to - 1]! < endMs) return to;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (ends[middle]! < endMs) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The same, for a row that is probably near `from`: steps that double, then halves. */
export function gallop(ends: Float64Array, endMs: number, from: number, to: number): number {
  let step = 1;
  let low = from;
  while (low < to && ends[low]! < endMs) {
    const next = low + step;
    if (next >= to || ends[next]! >= endMs) return lowerBound(ends, endMs, low + 1, Math.min(next, to));
    low = next;
    step *= 2;
  }
  return low;
}

/** Adds the rows `[from, to)` to one of some sums that lie in the engine's memory, in a time that does not grow with their number. */
export function sumRows({ addresses }: Rows, from: number, to: number, sums: Sums, at: number): void {
  const { values, highs, checkpoints } = addresses;
  compiled.sumRows(values, highs, checkpoints, from, to, sums.doubles.byteOffset + at * SUMS_BYTES);
}

export function valuesAt({ values, highs }: RowColumns, i: number): RowValues {
  return readValues(values, highs, i);
}

/** Each column behind the one before; what needs the widest alignment comes first. */
function createRows(capacity: number, isWide: boolean): Rows {
  const valuesBytes = 4 * VALUES_WORDS * capacity;
  const checkpointCount = Math.floor(capacity / CHECKPOINT_ROWS) + 1;
  const area = takeArea((isWide ? 2 : 1) * valuesBytes + 20 * capacity + checkpointCount * SUMS_BYTES);
  let end = area.address;
  const take = (bytes: number): number => (end += bytes) - bytes;
  const addresses: RowAddresses = {
    values: take(valuesBytes),
    highs: isWide ? take(valuesBytes) : 0,
    ends: take(8 * capacity),
    conversationKeys: take(8 * capacity),
    // The first one, over no rows, included.
    checkpoints: take(checkpointCount * SUMS_BYTES),
    facets: take(4 * capacity),
  };
  const rows: Rows = {
    area,
    addresses,
    values: wordsAt(addresses.values, VALUES_WORDS * capacity),
    highs: isWide ? wordsAt(addresses.highs, VALUES_WORDS * capacity).fill(0) : null,
    ends: doublesAt(addresses.ends, capacity),
    conversationKeys: doublesAt(addresses.conversationKeys, capacity),
    checkpoints: sumsAt(addresses.checkpoints, checkpointCount),
    facets: wordsAt(addresses.facets, capacity),
  };
  clearSums(rows.checkpoints, 0, 1);
  return rows;
}

const NO_ROWS: RowColumns = {
  ends: new Float64Array(0),
  values: new Uint32Array(0),
  highs: null,
  facets: new Uint32Array(0),
  conversationKeys: new Float64Array(0),
};

/** The same rows elsewhere. */
function moved(rows: Rows, capacity: number, isWide: boolean): Rows {
  const copy = createRows(capacity, isWide);
  setRows(copy, rows, 0);
  copy.checkpoints.doubles.set(rows.checkpoints.doubles);
  return copy;
}

function setRows(to: Rows, { ends, values, highs, facets, conversationKeys }: RowColumns, at: number): void {
  to.ends.set(ends, at);
  to.values.set(values, at * VALUES_WORDS);
  if (highs !== null) to.highs!.set(highs, at * VALUES_WORDS);
  to.facets.set(facets, at);
  to.conversationKeys.set(conversationKeys, at);
}

function copyRows({ ends, values, highs, facets, conversationKeys }: Rows, from: number, to: number): RowColumns {
  const [valuesFrom, valuesTo] = [from * VALUES_WORDS, to * VALUES_WORDS];
  return {
    ends: ends.slice(from, to),
    values: values.slice(valuesFrom, valuesTo),
    highs: highs && highs.slice(valuesFrom, valuesTo),
    facets: facets.slice(from, to),
    conversationKeys: conversationKeys.slice(from, to),
  };
}

/** @returns some rows, in the order given */
function pickRows({ ends, values, highs, facets, conversationKeys }: Rows, order: Uint32Array): RowColumns {
  const pickValues = (from: Uint32Array): Uint32Array =>
    new Uint32Array(order.length * VALUES_WORDS).map((_, at) => from[order[at >>> 2]! * VALUES_WORDS + (at & 3)]!);
  return {
    ends: new Float64Array(order.length).map((_, i) => ends[order[i]!]!),
    values: pickValues(values),
    highs: highs && pickValues(highs),
    facets: order.map((i) => facets[i]!),
    conversationKeys: new Float64Array(order.length).map((_, i) => conversationKeys[order[i]!]!),
  };
}

/** Lays rows, and their checkpoints. */
function laid(columns: RowColumns, rowCount: number): Rows {
  const rows = createRows(rowCount, columns.highs !== null);
  setRows(rows, columns, 0);
  for (let c = 1; c * CHECKPOINT_ROWS <= rowCount; c++) layCheckpoint(rows, c);
  return rows;
}

/** Lays a checkpoint by the one before it. */
function layCheckpoint({ addresses }: Rows, checkpoint: number): void {
  const { values, highs, checkpoints } = addresses;
  compiled.layCheckpoint(values, highs, checkpoints, checkpoint);
}

function findTakenBack(changes: readonly SignedRow[], rows: RowColumns, rowCount: number): Set<number> | null {
  let takenBack: Set<number> | null = null;
  for (const change of changes) {
    if (change.sign === 1) continue;
    takenBack ??= new Set();
    takenBack.add(find(change, rows, rowCount, takenBack));
  }
  return takenBack;
}

/** The row that a change takes back: one that is alike in everything. */
function find(change: SignedRow, rows: RowColumns, rowCount: number, except: ReadonlySet<number>): number {
  for (let i = lowerBound(rows.ends, change.endMs, 0, rowCount); i < rowCount && rows.ends[i] === change.endMs; i++) {
    if (rows.conversationKeys[i] !== change.conversationKey || rows.facets[i] !== change.facet || except.has(i)) continue;
    const values = valuesAt(rows, i);
    const isAlike =
      values.durationMs === change.durationMs &&
      values.responseMs === change.responseMs &&
      values.firstResponseMs === change.firstResponseMs &&
      values.responses === change.responses &&
      values.code === change.code;
    if (isAlike) return i;
  }
  throw new Error(`a segment of conversation ${change.conversationKey} is taken back, but was never added`);
}
