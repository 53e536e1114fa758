import type { CellPart, Cells } from "./cells.ts";
import { compiled } from "./compiled.ts";
import { doublesAt, keepArea, release, takeArea, wordsAt, type Area } from "./memory.ts";
import { metricOf, METRIC_NAMES, type MetricName, type Sum } from "./metrics.ts";
import type { Dimension } from "./query.ts";
import { SUM_COLUMNS } from "./sums.ts";

const CAPACITY_MIN = 64;
const NOTHING = new Uint32Array(0);

// As `ReadTask` lies in `assembly/columns.ts`, and what it points to.
export const TASK_WORDS = 10;
const METRIC_WORDS = 6;
const KEY_WORDS = 2;
const KEYS_MAX = 3;
const KINDS = { count: 0, quotient: 1, wholeQuotient: 2 } as const;

/** What each thread needs for itself. */
export const SCRATCH_BYTES = compiled.scratchBytes();

const spares: CellColumns[] = [];
const SPARES_MAX = 6;

/** Columns that nobody uses. */
export function takeColumns(): CellColumns {
  return spares.pop() ?? new CellColumns();
}

export function giveBackColumns(columns: CellColumns): void {
  if (spares.length < SPARES_MAX) spares.push(columns);
}

/** What is read of cells. */
export interface Reading {
  /** The keys. */
  readonly grouping: readonly Dimension[];
  readonly metrics: readonly MetricName[];
}

/** Some cells as columns. What is read next takes their place. */
export class CellColumns {
  #capacity = 0;
  #area: Area | null = null;
  readonly #keys: Record<Dimension, Uint32Array> = { interval: NOTHING, skill: NOTHING, agent: NOTHING };
  #metrics: readonly Float64Array[] = [];
  /** What tasks point to. */
  #metricWords: Uint32Array = NOTHING;
  #keyWords: Uint32Array = NOTHING;
  #metricCount = 0;
  #keyCount = 0;

  /** @param behind further cells, behind the others */
  read(part: CellPart, behind: CellPart | null, reading: Reading): void {
    const partCount = part.to - part.from;
    this.begin(part.cells, partCount + (behind === null ? 0 : behind.to - behind.from), reading);
    this.#readAlone(part, 0);
    if (behind === null) return;
    this.#aim(behind.cells, reading);
    this.#readAlone(behind, partCount);
  }

  /** Makes room for as many of some cells as are to be read at a time. */
  begin(cells: Cells, count: number, reading: Reading): void {
    this.#reserve(count);
    this.#aim(cells, reading);
  }

  /** What reads places of a part. @param first where the first of them goes: an even place */
  taskOf({ cells, order }: CellPart, from: number, to: number, first: number): number[] {
    const { byteOffset: metricsAt } = this.#metricWords;
    const { byteOffset: keysAt } = this.#keyWords;
    const sumsAt = cells.sums.doubles.byteOffset;
    return [0, sumsAt, order?.byteOffset ?? 0, from, to - from, first, metricsAt, this.#metricCount, keysAt, this.#keyCount];
  }

  /** @returns the key of every cell, `count` of them */
  keys(dimension: Dimension): Uint32Array {
    return this.#keys[dimension];
  }

  /** @returns the value of a metric in every cell, `count` of them; NaN where there is nothing to average */
  metric(name: MetricName): Float64Array {
    return this.#metrics[METRIC_NAMES.indexOf(name)]!;
  }

  #readAlone(part: CellPart, first: number): void {
    task.set(this.taskOf(part, part.from, part.to, first));
    compiled.readCells(task.byteOffset, scratchAt);
  }

  #aim(cells: Cells, { grouping, metrics }: Reading): void {
    grouping.forEach((dimension, k) => {
      this.#keyWords.set([cells.column(dimension).byteOffset, this.#keys[dimension].byteOffset], k * KEY_WORDS);
    });
    metrics.forEach((name, m) => this.#metricWords.set(programOf(name, this.metric(name)), m * METRIC_WORDS));
    this.#keyCount = grouping.length;
    this.#metricCount = metrics.length;
  }

  #reserve(count: number): void {
    // Two cells are computed at a time, also of those behind the others: one more may be written than there are.
    if (count < this.#capacity) return;
    this.#capacity = Math.max(CAPACITY_MIN, count + 1, this.#capacity * 2);
    if (this.#area !== null) release(this.#area);
    const metricCount = METRIC_NAMES.length;
    this.#area = takeArea(this.#capacity * (8 * metricCount + 12) + 4 * (METRIC_WORDS * metricCount + KEY_WORDS * KEYS_MAX));
    let end = this.#area.address;
    const take = (bytes: number): number => (end += bytes) - bytes;
    this.#metrics = METRIC_NAMES.map(() => doublesAt(take(8 * this.#capacity), this.#capacity));
    for (const dimension of ["interval", "skill", "agent"] as const) {
      this.#keys[dimension] = wordsAt(take(4 * this.#capacity), this.#capacity);
    }
    this.#metricWords = wordsAt(take(4 * METRIC_WORDS * metricCount), METRIC_WORDS * metricCount);
    this.#keyWords = wordsAt(take(4 * KEY_WORDS * KEYS_MAX), KEY_WORDS * KEYS_MAX);
  }
}

/** Of the main thread, where it is alone. */
const scratchAt = keepArea(SCRATCH_BYTES);
const task = wordsAt(keepArea(4 * TASK_WORDS), TASK_WORDS);

/** A metric as `readCells` takes it. */
function programOf(name: MetricName, column: Float64Array): number[] {
  const { numerator, denominator, type } = metricOf(name);
  const kind = denominator.length === 0 ? KINDS.count : type === "Long" ? KINDS.wholeQuotient : KINDS.quotient;
  return [columnOf(numerator[0]), columnOf(numerator[1]), columnOf(denominator[0]), columnOf(denominator[1]), kind, column.byteOffset];
}

function columnOf(sum: Sum | undefined): number {
  return sum === undefined ? SUM_COLUMNS.length : SUM_COLUMNS.indexOf(sum);
}
