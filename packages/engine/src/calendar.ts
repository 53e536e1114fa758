import { gallop, lowerBound, sumRows, type Lane, type LaneView } from "./lane.ts";
import type { SignedRow } from "./row.ts";
import { addRow, addSums, clearSums, createSums, segmentCountOf, takeSums, type Sums } from "./sums.ts";

const HOUR_MS = 3_600_000;
const BUCKET_MS = 15_000;
const BUCKETS_AN_HOUR = HOUR_MS / BUCKET_MS;

/** What is counted at the time. */
const counted = takeSums(1);

interface Hour {
  readonly sums: Sums;
  /** By their place in the hour; those in which nothing ended are not there. */
  readonly buckets: (Bucket | undefined)[];
  /** Which of all changes was the last one here. */
  changedAt: number;
}

interface Bucket {
  readonly sums: Sums;
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

  change(lane: number, row: SignedRow): void {
    const { endMs, sign } = row;
    const { hour, bucket } = this.#placeOf(endMs);
    addRow(row, sign, hour.sums, 0);
    addRow(row, sign, bucket.sums, 0);
    if (sign === 1) bucket.lanes.push(lane);
    hour.changedAt = ++this.#changeCount;
  }

  /** Adds the rows of a lane from one on. */
  add(lane: number, { rows, rowCount }: LaneView, from: number): void {
    for (let start = from, end = from; start < rowCount; start = end) {
      const firstEndMs = rows.ends[start]!;
      end = gallop(rows.ends, firstEndMs - (firstEndMs % BUCKET_MS) + BUCKET_MS, start, rowCount);
      const { hour, bucket } = this.#placeOf(firstEndMs);
      clearSums(counted.sums, 0, 1);
      sumRows(rows, start, end, counted.sums, 0);
      addSums(counted.sums, 0, hour.sums, 0);
      addSums(counted.sums, 0, bucket.sums, 0);
      bucket.lanes.push(lane);
      hour.changedAt = ++this.#changeCount;
    }
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
    clearSums(counted.sums, 0, 1);
    if (startMs < endMs) this.sum(startMs, endMs, lanes, counted.sums, 0);
    return segmentCountOf(counted.sums, 0);
  }

  /** Adds the rows that end in `[startMs, endMs)` to one of some sums, which lie in the engine's memory. */
  sum(startMs: number, endMs: number, lanes: readonly Lane[], to: Sums, at: number): void {
    for (const [hourMs, hour] of this.#hoursIn(startMs, endMs)) {
      if (startMs <= hourMs && hourMs + HOUR_MS <= endMs) addSums(hour.sums, 0, to, at);
      else sumBuckets(hour, hourMs, startMs, endMs, lanes, to, at);
    }
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

  #placeOf(endMs: number): { readonly hour: Hour; readonly bucket: Bucket } {
    const hour = this.#hourOf(Math.floor(endMs / HOUR_MS));
    const bucket = (hour.buckets[Math.floor((endMs % HOUR_MS) / BUCKET_MS)] ??= { sums: createSums(1), lanes: [] });
    return { hour, bucket };
  }

  #hourOf(hour: number): Hour {
    let held = this.#hours.get(hour);
    if (!held) this.#hours.set(hour, (held = { sums: createSums(1), buckets: [], changedAt: 0 }));
    return held;
  }
}

function sumBuckets({ buckets }: Hour, hourMs: number, startMs: number, endMs: number, lanes: readonly Lane[], to: Sums, at: number): void {
  const first = Math.max(0, Math.floor((startMs - hourMs) / BUCKET_MS));
  const last = Math.min(BUCKETS_AN_HOUR - 1, Math.floor((endMs - 1 - hourMs) / BUCKET_MS));
  for (let place = first; place <= last; place++) {
    const bucket = buckets[place];
    if (!bucket) continue;
    const bucketMs = hourMs + place * BUCKET_MS;
    if (startMs <= bucketMs && bucketMs + BUCKET_MS <= endMs) addSums(bucket.sums, 0, to, at);
    else sumLanes(bucket.lanes, Math.max(startMs, bucketMs), Math.min(endMs, bucketMs + BUCKET_MS), lanes, to, at);
  }
}

function sumLanes(laneIndexes: readonly number[], startMs: number, endMs: number, lanes: readonly Lane[], to: Sums, at: number): void {
  for (const index of new Set(laneIndexes)) {
    const { rows, rowCount } = lanes[index]!;
    const from = lowerBound(rows.ends, startMs, 0, rowCount);
    sumRows(rows, from, lowerBound(rows.ends, endMs, from, rowCount), to, at);
  }
}
