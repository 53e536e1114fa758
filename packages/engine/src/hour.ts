import { gallop, lowerBound, sumRows, type Lane, type Rows } from "./lane.ts";
import { release, type Area } from "./memory.ts";
import type { SignedRow } from "./row.ts";
import { addRow, addSums, clearSums, SUMS_WORDS, takeSums, type Sums } from "./sums.ts";

export const HOUR_MS = 3_600_000;

/** Into so many buckets an hour is parted. One: it is not. */
const BUCKET_COUNTS = [1, 4, 20, 60, 240];
/** More buckets are made where there are more rows than so many to each. */
const BUCKET_ROWS_MAX = 128;
const GROWTH = 1.25;

/**
 * The sums of all rows that end in one hour, of the hour and of each of its buckets, and which lanes have rows in which of them. The
 * more rows there are, the more buckets. All of it lies in one area of the engine's memory:
 *
 *     sums of the hour
 *     sums of each bucket, if the hour is parted
 *     a lane each, ascending:   its index, and if the hour is parted, a bit for every bucket in which it has, or once had, rows
 *
 * An hour without rows has no memory.
 */
export class Hour {
  readonly startMs: number;
  /** Which of all changes was the last one here. */
  changedAt = 0;
  #rowCount = 0;
  #bucketCount = 1;
  #laneCount = 0;
  #memory: { readonly sums: Sums; readonly area: Area } | null = null;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  change(lane: number, row: SignedRow): void {
    const bucket = this.#bucketOf(row.endMs);
    if (row.sign === 1) this.#mark(this.#entryOf(lane), bucket);
    const { sums } = this.#memory!;
    this.#rowCount += row.sign;
    addRow(row, row.sign, sums, 0);
    if (this.#isParted) addRow(row, row.sign, sums, 1 + bucket);
    if (this.#rowCount === 0) this.release();
  }

  /** Adds the rows `[from, to)` of a lane, one at least, all of which end in this hour. */
  add(lane: number, rows: Rows, from: number, to: number): void {
    const entry = this.#entryOf(lane);
    const { sums } = this.#memory!;
    this.#rowCount += to - from;
    sumRows(rows, from, to, sums, 0);
    if (!this.#isParted) return;
    for (let start = from, end = from; start < to; start = end) {
      const bucket = this.#bucketOf(rows.ends[start]!);
      end = gallop(rows.ends, this.startMs + (bucket + 1) * this.#bucketMs, start, to);
      sumRows(rows, start, end, sums, 1 + bucket);
      this.#mark(entry, bucket);
    }
  }

  /** Whether there are more rows by now than suits the buckets, or far fewer. */
  get isToBeParted(): boolean {
    return bucketCountFor(this.#rowCount) > this.#bucketCount || bucketCountFor(2 * this.#rowCount) < this.#bucketCount;
  }

  /** Parts the hour as suits its rows, which are added up again. */
  part(lanes: readonly Lane[]): void {
    const indexes = Array.from({ length: this.#laneCount }, (_, place) => this.#memory!.sums.words[this.#entryAt(place)]!);
    const bucketCount = bucketCountFor(this.#rowCount);
    this.release();
    this.#bucketCount = bucketCount;
    for (const index of indexes) {
      const { rows, rowCount } = lanes[index]!;
      const from = lowerBound(rows.ends, this.startMs, 0, rowCount);
      const to = lowerBound(rows.ends, this.startMs + HOUR_MS, from, rowCount);
      if (from < to) this.add(index, rows, from, to);
    }
  }

  /** Adds the rows that end in `[startMs, endMs)` to one of some sums, which lie in the engine's memory. */
  sum(startMs: number, endMs: number, lanes: readonly Lane[], to: Sums, at: number): void {
    if (this.#memory === null) return;
    const { sums } = this.#memory;
    const fromMs = Math.max(startMs, this.startMs);
    const untilMs = Math.min(endMs, this.startMs + HOUR_MS);
    if (untilMs - fromMs === HOUR_MS) return addSums(sums, 0, to, at);
    let bucket = this.#bucketOf(fromMs);
    for (let bucketMs = this.startMs + bucket * this.#bucketMs; bucketMs < untilMs; bucket++, bucketMs += this.#bucketMs) {
      const bucketEndMs = bucketMs + this.#bucketMs;
      if (fromMs <= bucketMs && bucketEndMs <= untilMs) addSums(sums, 1 + bucket, to, at);
      else this.#sumLanes(bucket, Math.max(fromMs, bucketMs), Math.min(untilMs, bucketEndMs), lanes, to, at);
    }
  }

  /** Lets go of all rows. */
  release(): void {
    if (this.#memory !== null) release(this.#memory.area);
    this.#memory = null;
    this.#rowCount = 0;
    this.#bucketCount = 1;
    this.#laneCount = 0;
  }

  /** Adds the rows of one bucket that end in `[fromMs, untilMs)`, lane by lane. */
  #sumLanes(bucket: number, fromMs: number, untilMs: number, lanes: readonly Lane[], to: Sums, at: number): void {
    const { words } = this.#memory!.sums;
    const [end, step, bits, bit] = [this.#entryAt(this.#laneCount), this.#entryWords, 1 + (bucket >>> 5), 1 << (bucket & 31)];
    for (let entry = this.#entryAt(0); entry < end; entry += step) {
      if (step > 1 && (words[entry + bits]! & bit) === 0) continue;
      const { rows, rowCount } = lanes[words[entry]!]!;
      const from = lowerBound(rows.ends, fromMs, 0, rowCount);
      const until = lowerBound(rows.ends, untilMs, from, rowCount);
      if (from < until) sumRows(rows, from, until, to, at);
    }
  }

  /** Notes that the lane of an entry has rows in a bucket. */
  #mark(entry: number, bucket: number): void {
    if (this.#isParted) this.#memory!.sums.words[entry + 1 + (bucket >>> 5)]! |= 1 << (bucket & 31);
  }

  /** @returns where the lane is noted, which it is from now on */
  #entryOf(lane: number): number {
    const { words } = this.#memory?.sums ?? this.#grow();
    // What is loaded comes in the order of lanes.
    let [low, high] = [0, this.#laneCount];
    if (high > 0 && words[this.#entryAt(high - 1)]! < lane) low = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (words[this.#entryAt(middle)]! < lane) low = middle + 1;
      else high = middle;
    }
    const entry = this.#entryAt(low);
    if (low < this.#laneCount && words[entry] === lane) return entry;
    this.#insert(entry, lane);
    return entry;
  }

  #insert(entry: number, lane: number): void {
    const end = this.#entryAt(this.#laneCount++);
    let { words } = this.#memory!.sums;
    if (end + this.#entryWords > words.length) ({ words } = this.#grow());
    words.copyWithin(entry + this.#entryWords, entry, end);
    words.fill(0, entry, entry + this.#entryWords);
    words[entry] = lane;
  }

  /** Takes memory, or more of it. */
  #grow(): Sums {
    const before = this.#memory;
    const entryRecords = before === null ? 1 : Math.ceil((before.sums.words.length / SUMS_WORDS - this.#sumsCount) * GROWTH);
    const grown = takeSums(this.#sumsCount + entryRecords);
    if (before === null) clearSums(grown.sums, 0, this.#sumsCount);
    else {
      grown.sums.doubles.set(before.sums.doubles);
      release(before.area);
    }
    this.#memory = grown;
    return grown.sums;
  }

  get #isParted(): boolean {
    return this.#bucketCount > 1;
  }

  get #bucketMs(): number {
    return HOUR_MS / this.#bucketCount;
  }

  #bucketOf(endMs: number): number {
    return Math.floor((endMs - this.startMs) / this.#bucketMs);
  }

  get #sumsCount(): number {
    return this.#isParted ? 1 + this.#bucketCount : 1;
  }

  /** The index of a lane, and a bit a bucket. */
  get #entryWords(): number {
    return this.#isParted ? 1 + Math.ceil(this.#bucketCount / 32) : 1;
  }

  #entryAt(place: number): number {
    return this.#sumsCount * SUMS_WORDS + place * this.#entryWords;
  }
}

function bucketCountFor(rowCount: number): number {
  return BUCKET_COUNTS.find((count) => rowCount <= count * BUCKET_ROWS_MAX) ?? BUCKET_COUNTS.at(-1)!;
}
