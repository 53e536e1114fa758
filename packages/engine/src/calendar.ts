import { Hour, HOUR_MS } from "./hour.ts";
import { gallop, type Lane } from "./lane.ts";
import { keepArea } from "./memory.ts";
import type { SignedRow } from "./row.ts";
import { clearSums, segmentCountOf, SUMS_BYTES, sumsAt, type Sums } from "./sums.ts";

/** What is counted at the time. */
const counted = sumsAt(keepArea(SUMS_BYTES), 1);

/**
 * The sums of all lanes together, by hours and by their buckets. The total of a time range is that of the hours and buckets
 * within, and what the lanes hold in the two buckets at its edges: some hundred steps for a day, however many agents there are.
 */
export class Calendar {
  /** By their start, in hours. */
  readonly #hours = new Map<number, Hour>();
  /** Those that may have to be parted otherwise. */
  readonly #touched = new Set<Hour>();
  #changeCount = 0;

  /** Takes a change of a lane; once all lanes have taken theirs, `settle` has to follow. */
  change(lane: number, row: SignedRow): void {
    this.#hourToChange(row.endMs).change(lane, row);
  }

  /** Adds the rows of a lane from one on; of all other lanes, it knows every row or none. */
  add(lane: number, from: number, lanes: readonly Lane[]): void {
    const { rows, rowCount } = lanes[lane]!;
    for (let start = from, end = from; start < rowCount; start = end) {
      const hour = this.#hourToChange(rows.ends[start]!);
      end = gallop(rows.ends, hour.startMs + HOUR_MS, start, rowCount);
      hour.add(lane, rows, start, end);
    }
    this.settle(lanes);
  }

  /** Parts hours anew that have grown or shrunk: the lanes hold what the calendar does. */
  settle(lanes: readonly Lane[]): void {
    for (const hour of this.#touched) if (hour.isToBeParted) hour.part(lanes);
    this.#touched.clear();
  }

  /** Lets go of all rows. */
  clear(): void {
    this.forget(Infinity);
  }

  /** A number that grows whenever something changes in the hours that a time range touches; 0: nothing ended there. */
  versionOf(startMs: number, endMs: number): number {
    let version = 0;
    for (const { changedAt } of this.#hoursIn(startMs, endMs)) version = Math.max(version, changedAt);
    return version;
  }

  /** Drops the hours that lie before a moment. */
  forget(beforeMs: number): void {
    for (const [place, hour] of this.#hours) {
      if (hour.startMs + HOUR_MS > beforeMs) continue;
      hour.release();
      this.#hours.delete(place);
    }
  }

  /** @returns how many rows end in `[startMs, endMs)` */
  count(startMs: number, endMs: number, lanes: readonly Lane[]): number {
    clearSums(counted, 0, 1);
    if (startMs < endMs) this.sum(startMs, endMs, lanes, counted, 0);
    return segmentCountOf(counted, 0);
  }

  /** Adds the rows that end in `[startMs, endMs)` to one of some sums, which lie in the engine's memory. */
  sum(startMs: number, endMs: number, lanes: readonly Lane[], to: Sums, at: number): void {
    for (const hour of this.#hoursIn(startMs, endMs)) hour.sum(startMs, endMs, lanes, to, at);
  }

  /** The hours that a time range touches; a range that has more hours than are held is not walked through. */
  *#hoursIn(startMs: number, endMs: number): Generator<Hour> {
    const first = Math.floor(startMs / HOUR_MS);
    const end = Math.ceil(endMs / HOUR_MS);
    if (end - first > this.#hours.size) {
      for (const [place, hour] of this.#hours) if (place >= first && place < end) yield hour;
      return;
    }
    for (let place = first; place < end; place++) {
      const hour = this.#hours.get(place);
      if (hour) yield hour;
    }
  }

  #hourToChange(endMs: number): Hour {
    const place = Math.floor(endMs / HOUR_MS);
    let hour = this.#hours.get(place);
    if (!hour) this.#hours.set(place, (hour = new Hour(place * HOUR_MS)));
    hour.changedAt = ++this.#changeCount;
    this.#touched.add(hour);
    return hour;
  }
}
