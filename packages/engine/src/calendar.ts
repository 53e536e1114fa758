import { lowerBound, type Lane } from "./lane.ts";
import { STRIDE, type RowValues } from "./sums.ts";

const HOUR_MS = 3_600_000;
const BUCKET_MS = 15_000;
const BUCKETS_AN_HOUR = HOUR_MS / BUCKET_MS;
/** The sums of a bucket or an hour, and behind them the number of rows. */
const WIDTH = STRIDE + 1;

interface Hour {
  readonly sums: Float64Array;
  /** By their place in the hour; those in which nothing ended are not there. */
  readonly buckets: (Bucket | undefined)[];
  /** Which of all changes was the last one here. */
  changedAt: number;
}

interface Bucket {
  readonly sums: Float64Array;
  /** The lanes that have, or once had, rows here; some of them more than once. */
  readonly lanes: number[];
}

/**
 * The sums of all lanes together, by hours and by buckets of 15 seconds. The total of a time range is that of the hours
 * and buckets within, and what the lanes hold in the two buckets at its edges: a thousand steps for a day, however many
 * agents there are.
 */
export class Calendar {
  readonly #hours = new Map<number, Hour>();
  #changeCount = 0;

  change(lane: number, endMs: number, values: RowValues, sign: 1 | -1): void {
    const hour = this.#hourOf(Math.floor(endMs / HOUR_MS));
    const bucket = (hour.buckets[Math.floor((endMs % HOUR_MS) / BUCKET_MS)] ??= { sums: new Float64Array(WIDTH), lanes: [] });
    addRow(values, sign, hour.sums);
    addRow(values, sign, bucket.sums);
    if (sign === 1) bucket.lanes.push(lane);
    hour.changedAt = ++this.#changeCount;
  }

  /** A number that grows whenever something changes in the hours that a time range touches; 0: nothing ended there. */
  versionOf(startMs: number, endMs: number): number {
    let version = 0;
    for (const [, { changedAt }] of this.#hoursIn(startMs, endMs)) version = Math.max(version, changedAt);
    return version;
  }

  /** Drops the hours that lie before a moment. */
  forget(beforeMs: number): void {
    for (const hour of this.#hours.keys()) if ((hour + 1) * HOUR_MS <= beforeMs) this.#hours.delete(hour);
  }

  /** @returns how many rows end in `[startMs, endMs)` */
  count(startMs: number, endMs: number, lanes: readonly Lane[]): number {
    return startMs < endMs ? this.sum(startMs, endMs, lanes)[STRIDE]! : 0;
  }

  /** @returns the sums of the rows that end in `[startMs, endMs)`, and behind them their number */
  sum(startMs: number, endMs: number, lanes: readonly Lane[]): Float64Array {
    const to = new Float64Array(WIDTH);
    for (const [hourMs, hour] of this.#hoursIn(startMs, endMs)) {
      if (startMs <= hourMs && hourMs + HOUR_MS <= endMs) add(hour.sums, to);
      else sumBuckets(hour, hourMs, startMs, endMs, lanes, to);
    }
    return to;
  }

  /** The hours that a time range touches, by their start; a range that has more hours than are held is not walked through. */
  *#hoursIn(startMs: number, endMs: number): Generator<[number, Hour]> {
    const first = Math.floor(startMs / HOUR_MS);
    const end = Math.ceil(endMs / HOUR_MS);
    if (end - first > this.#hours.size) {
      for (const [hour, held] of this.#hours) if (hour >= first && hour < end) yield [hour * HOUR_MS, held];
      return;
    }
    for (let hour = first; hour < end; hour++) {
      const held = this.#hours.get(hour);
      if (held) yield [hour * HOUR_MS, held];
    }
  }

  #hourOf(hour: number): Hour {
    let held = this.#hours.get(hour);
    if (!held) this.#hours.set(hour, (held = { sums: new Float64Array(WIDTH), buckets: [], changedAt: 0 }));
    return held;
  }
}

function sumBuckets({ buckets }: Hour, hourMs: number, startMs: number, endMs: number, lanes: readonly Lane[], to: Float64Array): void {
  const first = Math.max(0, Math.floor((startMs - hourMs) / BUCKET_MS));
  const last = Math.min(BUCKETS_AN_HOUR - 1, Math.floor((endMs - 1 - hourMs) / BUCKET_MS));
  for (let place = first; place <= last; place++) {
    const bucket = buckets[place];
    if (!bucket) continue;
    const bucketMs = hourMs + place * BUCKET_MS;
    if (startMs <= bucketMs && bucketMs + BUCKET_MS <= endMs) add(bucket.sums, to);
    else sumLanes(bucket.lanes, Math.max(startMs, bucketMs), Math.min(endMs, bucketMs + BUCKET_MS), lanes, to);
  }
}

function sumLanes(laneIndexes: readonly number[], startMs: number, endMs: number, lanes: readonly Lane[], to: Float64Array): void {
  for (const index of new Set(laneIndexes)) {
    const { rows, rowCount } = lanes[index]!;
    const from = lowerBound(rows.ends, startMs, 0, rowCount);
    const end = lowerBound(rows.ends, endMs, from, rowCount);
    for (let place = 0; place < STRIDE; place++) to[place]! += rows.sums[end * STRIDE + place]! - rows.sums[from * STRIDE + place]!;
    to[STRIDE]! += end - from;
  }
}

function addRow(values: RowValues, sign: 1 | -1, to: Float64Array): void {
  for (let place = 0; place < STRIDE; place++) to[place]! += sign * values[place]!;
  to[STRIDE]! += sign;
}

function add(sums: Float64Array, to: Float64Array): void {
  for (let place = 0; place < WIDTH; place++) to[place]! += sums[place]!;
}
