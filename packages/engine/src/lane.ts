import type { SignedRow } from "./row.ts";
import {
  addDifference,
  addHighs,
  addSums,
  addValues,
  clearSums,
  createSums,
  isTooWide,
  readValues,
  resizedSums,
  VALUES_WORDS,
  writeValues,
  type RowValues,
  type Sums,
} from "./sums.ts";

const CAPACITY_MIN = 8;
const GROWTH = 1.25;
/** Rows from one checkpoint to the next. */
const CHECKPOINT_ROWS = 8;

/**
 * Rows ascending by end. Checkpoint `c` holds the sums of the first `c * CHECKPOINT_ROWS` rows, so the sums of many rows
 * are the difference of two checkpoints, and a few rows at either edge.
 *
 *     ends[i]   values[4i … 4i + 3]   facets[i]   conversationKeys[i]        36 bytes a row
 *     checkpoint c                                                           72 bytes a checkpoint
 */
export interface Rows {
  readonly ends: Float64Array;
  readonly values: Uint32Array;
  /** What of the values does not fit in their words, value by value; null where every row's fit. */
  readonly highs: Uint32Array | null;
  readonly facets: Uint32Array;
  readonly conversationKeys: Float64Array;
  readonly checkpoints: Sums;
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
  readonly facets = new Set<number>();
  /** The newest view that was open when `rows` were made for this lane alone. */
  #ownSince = 0;
  /** Rows were loaded that are out of order. */
  #isLoose = false;

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
    if (tailCount > 0 && this.#ownSince < newestView) {
      const { checkpoints } = this.rows;
      this.rows = { ...copyRows(this.rows, 0, this.rowCount), checkpoints: resizedSums(checkpoints, checkpointCount(this.rowCount)) };
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
    this.#isLoose ||= this.rowCount > 0 && this.rows.ends[this.rowCount - 1]! > row.endMs;
    this.#append(row.endMs, row.facet, row.conversationKey, row);
  }

  /** Puts the rows that were loaded in order. */
  lay(): void {
    if (!this.#isLoose) return;
    this.#isLoose = false;
    const { ends } = this.rows;
    const order = Uint32Array.from({ length: this.rowCount }, (_, i) => i).toSorted((a, b) => ends[a]! - ends[b]! || a - b);
    this.rows = laid(pickRows(this.rows, order), this.rowCount);
  }

  /** Drops the rows that end before a moment, once they are a good part of the lane. */
  forget(beforeMs: number): void {
    const count = lowerBound(this.rows.ends, beforeMs, 0, this.rowCount);
    if (count * 4 < this.rowCount || count === 0) return;
    const kept = copyRows(this.rows, count, this.rowCount);
    this.rowCount -= count;
    this.rows = laid(kept, this.rowCount);
  }

  #append(endMs: number, facet: number, conversationKey: number, row: RowValues): void {
    if (this.rowCount === this.rows.ends.length) this.rows = grown(this.rows);
    if (this.rows.highs === null && isTooWide(row)) this.rows = { ...this.rows, highs: new Uint32Array(this.rows.values.length) };
    const { rows } = this;
    const i = this.rowCount++;
    rows.ends[i] = endMs;
    rows.facets[i] = facet;
    this.facets.add(facet);
    rows.conversationKeys[i] = conversationKey;
    writeValues(rows.values, rows.highs, i, row);
    if (this.rowCount % CHECKPOINT_ROWS === 0) layCheckpoint(rows, this.rowCount / CHECKPOINT_ROWS);
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

/** Adds the rows `[from, to)` to one of some sums, in a time that does not grow with their number. */
export function sumRows(rows: Rows, from: number, to: number, sums: Sums, at: number): void {
  const first = Math.ceil(from / CHECKPOINT_ROWS);
  const last = Math.floor(to / CHECKPOINT_ROWS);
  if (first >= last) return addRun(rows, from, to, sums, at);
  addRun(rows, from, first * CHECKPOINT_ROWS, sums, at);
  // Whatever lies in memory costs more to fetch than to compute with, were it only the zeros of the first checkpoint.
  if (first === 0) addSums(rows.checkpoints, last, sums, at);
  else addDifference(rows.checkpoints, first, last, sums, at);
  addRun(rows, last * CHECKPOINT_ROWS, to, sums, at);
}

function addRun({ values, highs }: Rows, from: number, to: number, sums: Sums, at: number): void {
  const { doubles, words } = sums;
  for (let i = from; i < to; i++) addValues(values, i, doubles, words, at);
  if (highs !== null) for (let i = from; i < to; i++) addHighs(highs, values, i, sums, at);
}

export function valuesAt({ values, highs }: Rows, i: number): RowValues {
  return readValues(values, highs, i);
}

function createRows(capacity: number, hasHighs: boolean): Rows {
  return {
    ends: new Float64Array(capacity),
    values: new Uint32Array(capacity * VALUES_WORDS),
    highs: hasHighs ? new Uint32Array(capacity * VALUES_WORDS) : null,
    facets: new Uint32Array(capacity),
    conversationKeys: new Float64Array(capacity),
    checkpoints: createSums(checkpointCount(capacity)),
  };
}

/** The first one, over no rows, included. */
function checkpointCount(rowCount: number): number {
  return Math.floor(rowCount / CHECKPOINT_ROWS) + 1;
}

const NO_ROWS = createRows(0, false);

function grown(rows: Rows): Rows {
  const larger = createRows(Math.max(CAPACITY_MIN, Math.ceil(rows.ends.length * GROWTH)), rows.highs !== null);
  larger.ends.set(rows.ends);
  larger.values.set(rows.values);
  if (rows.highs !== null) larger.highs!.set(rows.highs);
  larger.facets.set(rows.facets);
  larger.conversationKeys.set(rows.conversationKeys);
  larger.checkpoints.doubles.set(rows.checkpoints.doubles);
  return larger;
}

const NO_CHECKPOINTS = createSums(0);

/** @returns rows without checkpoints */
function copyRows({ ends, values, highs, facets, conversationKeys }: Rows, from: number, to: number): Rows {
  const [valuesFrom, valuesTo] = [from * VALUES_WORDS, to * VALUES_WORDS];
  return {
    ends: ends.slice(from, to),
    values: values.slice(valuesFrom, valuesTo),
    highs: highs && highs.slice(valuesFrom, valuesTo),
    facets: facets.slice(from, to),
    conversationKeys: conversationKeys.slice(from, to),
    checkpoints: NO_CHECKPOINTS,
  };
}

/** @returns some rows, in the order given, without checkpoints */
function pickRows({ ends, values, highs, facets, conversationKeys }: Rows, order: Uint32Array): Rows {
  const pickValues = (from: Uint32Array): Uint32Array =>
    new Uint32Array(order.length * VALUES_WORDS).map((_, at) => from[order[at >>> 2]! * VALUES_WORDS + (at & 3)]!);
  return {
    ends: new Float64Array(order.length).map((_, i) => ends[order[i]!]!),
    values: pickValues(values),
    highs: highs && pickValues(highs),
    facets: order.map((i) => facets[i]!),
    conversationKeys: new Float64Array(order.length).map((_, i) => conversationKeys[order[i]!]!),
    checkpoints: NO_CHECKPOINTS,
  };
}

/** Lays the checkpoints of rows that have none. */
function laid(rows: Rows, rowCount: number): Rows {
  const whole = { ...rows, checkpoints: createSums(checkpointCount(rowCount)) };
  for (let c = 1; c * CHECKPOINT_ROWS <= rowCount; c++) layCheckpoint(whole, c);
  return whole;
}

/** Lays a checkpoint by the one before it. */
function layCheckpoint(rows: Rows, checkpoint: number): void {
  const { checkpoints } = rows;
  clearSums(checkpoints, checkpoint, checkpoint + 1);
  addSums(checkpoints, checkpoint - 1, checkpoints, checkpoint);
  addRun(rows, (checkpoint - 1) * CHECKPOINT_ROWS, checkpoint * CHECKPOINT_ROWS, checkpoints, checkpoint);
}

function findTakenBack(changes: readonly SignedRow[], rows: Rows, rowCount: number): Set<number> | null {
  let takenBack: Set<number> | null = null;
  for (const change of changes) {
    if (change.sign === 1) continue;
    takenBack ??= new Set();
    takenBack.add(find(change, rows, rowCount, takenBack));
  }
  return takenBack;
}

/** The row that a change takes back: one that is alike in everything. */
function find(change: SignedRow, rows: Rows, rowCount: number, except: ReadonlySet<number>): number {
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
