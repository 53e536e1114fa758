import { lowerBound, type Lane } from "./lane.ts";
import { STRIDE, type RowValues } from "./sums.ts";

const HOUR_MS = 3_600_000;
const BUCKET_MS = 15_000;
const BUCKETS_AN_HOUR = HOUR_MS / BUCKET_MS;
/** The sums of a bucket or an hour, and behind them the number of rows. */
const WIDTH = STRIDE + 1;

interface Hour {
  readonly sums: Float64Array;
  /** `WIDTH` values a bucket. */
  readonly bucketSums: Float64Array;
  /** The lanes that have, or once had, rows in each bucket; some of them more than once. */
  readonly bucketLanes: (number[] | undefined)[];
}

/**
 * The sums of all lanes together, by hours and by buckets of 15 seconds. The total of a time range is that of the hours
 * and buckets within, and what the lanes hold in the two buckets at its edges: a thousand steps for a day, however many
 * agents there are.
 */
export class Calendar {
  readonly #hours = new Map<number, Hour>();

  change(lane: number, endMs: number, values: RowValues, sign: 1 | -1): void {
    const hour = this.#hourOf(Math.floor(endMs / HOUR_MS));
    const bucket = Math.floor((endMs % HOUR_MS) / BUCKET_MS);
    for (let place = 0; place < STRIDE; place++) {
      hour.sums[place]! += sign * values[place]!;
      hour.bucketSums[bucket * WIDTH + place]! += sign * values[place]!;
    }
    hour.sums[STRIDE]! += sign;
    hour.bucketSums[bucket * WIDTH + STRIDE]! += sign;
    if (sign === 1) (hour.bucketLanes[bucket] ??= []).push(lane);
  }

  /** Drops the hours that lie before a moment. */
  forget(beforeMs: number): void {
    for (const hour of this.#hours.keys()) if ((hour + 1) * HOUR_MS <= beforeMs) this.#hours.delete(hour);
  }

  /** @returns the sums of the rows that end in `[startMs, endMs)`, and behind them their number */
  sum(startMs: number, endMs: number, lanes: readonly Lane[]): Float64Array {
    const to = new Float64Array(WIDTH);
    for (const [hourMs, held] of this.#hoursIn(startMs, endMs)) {
      if (startMs <= hourMs && hourMs + HOUR_MS <= endMs) add(held.sums, 0, to);
      else sumBuckets(held, hourMs, startMs, endMs, lanes, to);
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
    if (!held) {
      held = { sums: new Float64Array(WIDTH), bucketSums: new Float64Array(BUCKETS_AN_HOUR * WIDTH), bucketLanes: [] };
      this.#hours.set(hour, held);
    }
    return held;
  }
}

function sumBuckets(
  { bucketSums, bucketLanes }: Hour,
  hourMs: number,
  startMs: number,
  endMs: number,
  lanes: readonly Lane[],
  to: Float64Array,
): void {
  const first = Math.max(0, Math.floor((startMs - hourMs) / BUCKET_MS));
  const last = Math.min(BUCKETS_AN_HOUR - 1, Math.floor((endMs - 1 - hourMs) / BUCKET_MS));
  for (let bucket = first; bucket <= last; bucket++) {
    const bucketMs = hourMs + bucket * BUCKET_MS;
    if (startMs <= bucketMs && bucketMs + BUCKET_MS <= endMs) add(bucketSums, bucket * WIDTH, to);
    else sumLanes(bucketLanes[bucket] ?? [], Math.max(startMs, bucketMs), Math.min(endMs, bucketMs + BUCKET_MS), lanes, to);
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

function add(from: Float64Array, at: number, to: Float64Array): void {
  for (let place = 0; place < WIDTH; place++) to[place]! += from[at + place]!;
}
