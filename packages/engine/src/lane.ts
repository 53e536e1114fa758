import { COUNT_SUMS, SUMS, TIME_SUMS } from "./metrics.ts";
import type { RowValues } from "./row.ts";

/** A change of the columns: a closed segment that is added (`sign` 1), or one that is taken back (-1). */
export interface SignedRow {
  readonly sign: 1 | -1;
  readonly endMs: number;
  readonly facet: number;
  readonly reasons: number;
  readonly conversationKey: number;
  readonly values: RowValues;
}

/** The sums of time are doubles, exact up to 2^53; those of counts are 32 bits wide, and their differences wrap rightly. */
export const WIDE_SUM_COUNT = TIME_SUMS.length;
const NARROW_SUM_COUNT = COUNT_SUMS.length;

const RECORD_BYTES = WIDE_SUM_COUNT * 8 + NARROW_SUM_COUNT * 4;
export const WIDE_STRIDE = RECORD_BYTES / 8;
export const NARROW_STRIDE = RECORD_BYTES / 4;
/** Where the narrow sums begin in a record, in units of 4 bytes. */
export const NARROW_OFFSET = WIDE_SUM_COUNT * 2;

const CAPACITY_MIN = 16;
const GROWTH = 1.25;

/**
 * The closed segments of one agent, ascending by end, as running sums: record `i` holds the sums of the first `i` rows.
 * The sums of rows `[from, to)` are record `to` less record `from`, however many rows lie between.
 *
 *     record i    64 bytes, one cache line
 *     ┌────────────────────────────┬────────────────────────────────────────┐
 *     │ 4 sums of ms    (float64)  │ 8 sums of counts               (uint32) │
 *     └────────────────────────────┴────────────────────────────────────────┘
 *     ends[i] facets[i] reasons[i] conversationKeys[i]: of row i, between records i and i + 1
 */
export class Lane {
  rowCount = 0;
  ends = new Float64Array(CAPACITY_MIN);
  facets = new Uint32Array(CAPACITY_MIN);
  reasons = new Uint8Array(CAPACITY_MIN);
  conversationKeys = new Float64Array(CAPACITY_MIN);
  /** The records, seen as doubles: sum `s` of record `i` at `i * WIDE_STRIDE + s`. */
  wide = new Float64Array((CAPACITY_MIN + 1) * WIDE_STRIDE);
  /** The same bytes, seen as counts: sum `s` of record `i` at `i * NARROW_STRIDE + NARROW_OFFSET + (s - WIDE_SUM_COUNT)`. */
  narrow = new Uint32Array(this.wide.buffer);

  /** The first row in `[from, to)` that ends at or after a moment; `to` if there is none. */
  lowerBound(endMs: number, from = 0, to = this.rowCount): number {
    const { ends } = this;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (ends[middle]! < endMs) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** What row `i` added to each sum. */
  valuesAt(i: number): RowValues {
    return SUMS.map((_, sum) => this.sumBetween(sum, i, i + 1));
  }

  sumBetween(sum: number, from: number, to: number): number {
    if (sum < WIDE_SUM_COUNT) return this.wide[to * WIDE_STRIDE + sum]! - this.wide[from * WIDE_STRIDE + sum]!;
    const column = NARROW_OFFSET + sum - WIDE_SUM_COUNT;
    return (this.narrow[to * NARROW_STRIDE + column]! - this.narrow[from * NARROW_STRIDE + column]!) | 0;
  }

  /**
   * Adds and takes back rows. Whatever ends after the earliest change is laid anew behind it, so a late correction costs
   * the rows that came since, and rows in order cost themselves.
   *
   * @param changes ascending by end; what is taken back before what is added, among equal ends
   * @param forgottenBeforeMs rows that end before may be gone already, and none is added there
   * @throws Error if a row is taken back that is not here
   */
  merge(changes: readonly SignedRow[], forgottenBeforeMs: number): void {
    const first = changes[0];
    if (!first) return;
    const keep = this.lowerBound(first.endMs);
    const tail = keep === this.rowCount ? NO_ROWS : this.#copyOf(keep);
    this.rowCount = keep;

    const takenBack = new Set<number>();
    for (const change of changes) {
      if (change.sign === 1) continue;
      const i = tail.#find(change, takenBack);
      if (i !== null) takenBack.add(i);
      else if (change.endMs >= forgottenBeforeMs)
        throw new Error(`a segment of conversation ${change.conversationKey} is taken back, but was never added`);
    }

    let next = 0;
    const takeTailUntil = (endMs: number): void => {
      for (; next < tail.rowCount && tail.ends[next]! <= endMs; next++) {
        if (!takenBack.has(next))
          this.#append(tail.ends[next]!, tail.facets[next]!, tail.reasons[next]!, tail.conversationKeys[next]!, tail.valuesAt(next));
      }
    };
    for (const change of changes) {
      if (change.sign === -1 || change.endMs < forgottenBeforeMs) continue;
      takeTailUntil(change.endMs);
      this.#append(change.endMs, change.facet, change.reasons, change.conversationKey, change.values);
    }
    takeTailUntil(Infinity);
  }

  /** Drops the rows that end before a moment, once they are a good part of the lane. */
  forget(beforeMs: number): void {
    const count = this.lowerBound(beforeMs);
    if (count * 4 < this.rowCount || count === 0) return;
    const rest = this.#copyOf(count);
    this.rowCount = rest.rowCount;
    this.ends = rest.ends;
    this.facets = rest.facets;
    this.reasons = rest.reasons;
    this.conversationKeys = rest.conversationKeys;
    this.wide = rest.wide;
    this.narrow = rest.narrow;
  }

  /** A lane of the rows from `from` on, with sums of its own that begin at zero. */
  #copyOf(from: number): Lane {
    const copy = new Lane();
    copy.rowCount = this.rowCount - from;
    copy.ends = this.ends.slice(from, this.rowCount);
    copy.facets = this.facets.slice(from, this.rowCount);
    copy.reasons = this.reasons.slice(from, this.rowCount);
    copy.conversationKeys = this.conversationKeys.slice(from, this.rowCount);
    copy.wide = this.wide.slice(from * WIDE_STRIDE, (this.rowCount + 1) * WIDE_STRIDE);
    copy.narrow = new Uint32Array(copy.wide.buffer);
    const wideBase = copy.wide.slice(0, WIDE_SUM_COUNT);
    const narrowBase = copy.narrow.slice(NARROW_OFFSET, NARROW_STRIDE);
    for (let i = 0; i <= copy.rowCount; i++) {
      for (let s = 0; s < WIDE_SUM_COUNT; s++) copy.wide[i * WIDE_STRIDE + s]! -= wideBase[s]!;
      for (let s = 0; s < NARROW_SUM_COUNT; s++) copy.narrow[i * NARROW_STRIDE + NARROW_OFFSET + s]! -= narrowBase[s]!;
    }
    return copy;
  }

  /**
   * The row that a change takes back. All but the times decides; of rows alike in that, the nearest in time is it:
   * where sums of time have grown beyond 2^53, what they differ by is rounded.
   */
  #find(change: SignedRow, except: ReadonlySet<number>): number | null {
    let found: number | null = null;
    let leastOffMs = Infinity;
    for (let i = this.lowerBound(change.endMs); i < this.rowCount && this.ends[i] === change.endMs; i++) {
      const isLike =
        this.conversationKeys[i] === change.conversationKey &&
        this.facets[i] === change.facet &&
        this.reasons[i] === change.reasons &&
        !except.has(i);
      if (!isLike) continue;
      const offs = change.values.map((value, sum) => Math.abs(this.sumBetween(sum, i, i + 1) - value));
      if (offs.some((off, sum) => sum >= WIDE_SUM_COUNT && off > 0)) continue;
      const offMs = Math.max(...offs);
      if (offMs < leastOffMs) [found, leastOffMs] = [i, offMs];
    }
    return found;
  }

  #append(endMs: number, facet: number, reasons: number, conversationKey: number, values: RowValues): void {
    if (this.rowCount === this.ends.length) this.#grow();
    const i = this.rowCount++;
    this.ends[i] = endMs;
    this.facets[i] = facet;
    this.reasons[i] = reasons;
    this.conversationKeys[i] = conversationKey;
    const wideAt = i * WIDE_STRIDE;
    for (let s = 0; s < WIDE_SUM_COUNT; s++) this.wide[wideAt + WIDE_STRIDE + s] = this.wide[wideAt + s]! + values[s]!;
    const narrowAt = i * NARROW_STRIDE + NARROW_OFFSET;
    for (let s = 0; s < NARROW_SUM_COUNT; s++)
      this.narrow[narrowAt + NARROW_STRIDE + s] = this.narrow[narrowAt + s]! + values[WIDE_SUM_COUNT + s]!;
  }

  #grow(): void {
    const capacity = Math.max(CAPACITY_MIN, Math.ceil(this.ends.length * GROWTH));
    this.ends = grown(this.ends, new Float64Array(capacity));
    this.facets = grown(this.facets, new Uint32Array(capacity));
    this.reasons = grown(this.reasons, new Uint8Array(capacity));
    this.conversationKeys = grown(this.conversationKeys, new Float64Array(capacity));
    this.wide = grown(this.wide, new Float64Array((capacity + 1) * WIDE_STRIDE));
    this.narrow = new Uint32Array(this.wide.buffer);
  }
}

const NO_ROWS = new Lane();

function grown<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
