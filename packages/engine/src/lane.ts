import type { SignedRow } from "./row.ts";
import { assertRoom, STRIDE, TIME_PLACES, type RowValues } from "./sums.ts";

const CAPACITY_MIN = 8;
const GROWTH = 1.25;

/**
 * Rows ascending by end, as running sums: record `i` holds the sums of the first `i` rows, so the sums of rows
 * `[from, to)` are record `to` less record `from`, however many rows lie between.
 *
 *     sums[i * STRIDE + place]                                56 bytes a record
 *     ends[i] facets[i] reasons[i] conversationKeys[i]        21 bytes: of row i, between records i and i + 1
 */
export interface Rows {
  readonly ends: Float64Array;
  readonly facets: Uint32Array;
  readonly reasons: Uint8Array;
  readonly conversationKeys: Float64Array;
  readonly sums: Float64Array;
}

/** Rows as they were at one moment; rows that are added later lie behind `rowCount`. */
export interface LaneView {
  readonly rows: Rows;
  readonly rowCount: number;
}

/** The closed segments of one agent. */
export class Lane implements LaneView {
  rowCount = 0;
  rows: Rows = createRows(CAPACITY_MIN);
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
      this.rows = copyRows(this.rows, 0, this.rowCount);
      this.#ownSince = newestView;
    }
    this.rowCount = keep;

    let next = 0;
    const takeTailUntil = (endMs: number): void => {
      for (; next < tailCount && tail.ends[next]! <= endMs; next++) {
        if (takenBack?.has(next)) continue;
        this.#append(tail.ends[next]!, tail.facets[next]!, tail.reasons[next]!, tail.conversationKeys[next]!, valuesAt(tail, next));
      }
    };
    for (const change of changes) {
      if (change.sign === -1) continue;
      takeTailUntil(change.endMs);
      this.#append(change.endMs, change.facet, change.reasons, change.conversationKey, change.values);
    }
    takeTailUntil(Infinity);
    assertRoom(this.rowCount, this.rows.sums);
  }

  /** Adds a row behind all others, wherever it ends: until the lane is laid it must not be asked. */
  load({ endMs, facet, reasons, conversationKey, values }: SignedRow): void {
    this.#isLoose ||= this.rowCount > 0 && this.rows.ends[this.rowCount - 1]! > endMs;
    this.#append(endMs, facet, reasons, conversationKey, values);
  }

  /** Puts the rows that were loaded in order. */
  lay(): void {
    if (!this.#isLoose) return;
    this.#isLoose = false;
    const { rows: loose, rowCount } = this;
    const order = Uint32Array.from({ length: rowCount }, (_, i) => i).toSorted((a, b) => loose.ends[a]! - loose.ends[b]! || a - b);
    this.rows = createRows(rowCount);
    this.rowCount = 0;
    for (const i of order)
      this.#append(loose.ends[i]!, loose.facets[i]!, loose.reasons[i]!, loose.conversationKeys[i]!, valuesAt(loose, i));
    assertRoom(this.rowCount, this.rows.sums);
  }

  /** Drops the rows that end before a moment, once they are a good part of the lane. */
  forget(beforeMs: number): void {
    const count = lowerBound(this.rows.ends, beforeMs, 0, this.rowCount);
    if (count * 4 < this.rowCount || count === 0) return;
    this.rows = rebased(copyRows(this.rows, count, this.rowCount));
    this.rowCount -= count;
  }

  #append(endMs: number, facet: number, reasons: number, conversationKey: number, values: RowValues): void {
    if (this.rowCount === this.rows.ends.length) this.rows = grown(this.rows);
    const { rows } = this;
    const i = this.rowCount++;
    rows.ends[i] = endMs;
    rows.facets[i] = facet;
    this.facets.add(facet);
    rows.reasons[i] = reasons;
    rows.conversationKeys[i] = conversationKey;
    const at = i * STRIDE;
    for (let place = 0; place < STRIDE; place++) rows.sums[at + STRIDE + place] = rows.sums[at + place]! + values[place]!;
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

/** What row `i` added to each place. */
export function valuesAt({ sums }: Rows, i: number): RowValues {
  const values = new Float64Array(STRIDE);
  for (let place = 0; place < STRIDE; place++) values[place] = sums[(i + 1) * STRIDE + place]! - sums[i * STRIDE + place]!;
  return values;
}

function createRows(capacity: number): Rows {
  return {
    ends: new Float64Array(capacity),
    facets: new Uint32Array(capacity),
    reasons: new Uint8Array(capacity),
    conversationKeys: new Float64Array(capacity),
    sums: new Float64Array((capacity + 1) * STRIDE),
  };
}

const NO_ROWS = createRows(0);

function grown(rows: Rows): Rows {
  const larger = createRows(Math.max(CAPACITY_MIN, Math.ceil(rows.ends.length * GROWTH)));
  larger.ends.set(rows.ends);
  larger.facets.set(rows.facets);
  larger.reasons.set(rows.reasons);
  larger.conversationKeys.set(rows.conversationKeys);
  larger.sums.set(rows.sums);
  return larger;
}

function copyRows({ ends, facets, reasons, conversationKeys, sums }: Rows, from: number, to: number): Rows {
  return {
    ends: ends.slice(from, to),
    facets: facets.slice(from, to),
    reasons: reasons.slice(from, to),
    conversationKeys: conversationKeys.slice(from, to),
    sums: sums.slice(from * STRIDE, (to + 1) * STRIDE),
  };
}

/** Lets running sums begin at zero again. */
function rebased(rows: Rows): Rows {
  const base = rows.sums.slice(0, STRIDE);
  for (let i = 0; i < rows.sums.length; i++) rows.sums[i]! -= base[i % STRIDE]!;
  return rows;
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

/**
 * The row that a change takes back. All but the times decides; of rows alike in that, the nearest in time is it: where
 * sums of time have grown beyond 2^53, what they differ by is rounded.
 */
function find(change: SignedRow, rows: Rows, rowCount: number, except: ReadonlySet<number>): number {
  let found: number | null = null;
  let leastOffMs = Infinity;
  for (let i = lowerBound(rows.ends, change.endMs, 0, rowCount); i < rowCount && rows.ends[i] === change.endMs; i++) {
    const isAlike =
      rows.conversationKeys[i] === change.conversationKey && rows.facets[i] === change.facet && rows.reasons[i] === change.reasons;
    if (!isAlike || except.has(i)) continue;
    const offs = Array.from(valuesAt(rows, i), (value, place) => Math.abs(value - change.values[place]!));
    if (offs.some((off, place) => place >= TIME_PLACES && off > 0)) continue;
    const offMs = Math.max(...offs);
    if (offMs < leastOffMs) [found, leastOffMs] = [i, offMs];
  }
  if (found === null) throw new Error(`a segment of conversation ${change.conversationKey} is taken back, but was never added`);
  return found;
}
