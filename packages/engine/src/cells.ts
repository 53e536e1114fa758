import { metricOf, type MetricName, type Sum } from "./metrics.ts";
import type { Dimension } from "./query.ts";
import { CELL_STRIDE, readSums } from "./sums.ts";

const CAPACITY_MIN = 64;

/** Cells that belong to no skill, or are of no agent alone. */
export const NO_KEY = 0;

/**
 * Cells as the kernels fill them: keys by column, the sums of a cell side by side. The memory is used again for the next
 * cells, so whoever wants to keep a value copies it.
 */
export class Cells {
  count = 0;
  capacity = 0;
  intervals = new Uint32Array(0);
  skills = new Uint32Array(0);
  agents = new Uint32Array(0);
  /** The sums: `CELL_STRIDE` values a cell. */
  values = new Float64Array(0);
  #spareValues = new Float64Array(0);
  readonly #memory = new Map<string, Float64Array>();

  /** Begins anew. */
  clear(): void {
    this.count = 0;
  }

  /** Makes room for so many cells more. */
  reserve(more: number): void {
    if (this.count + more <= this.capacity) return;
    this.capacity = Math.max(CAPACITY_MIN, this.count + more, this.capacity * 2);
    this.intervals = enlarged(this.intervals, new Uint32Array(this.capacity));
    this.skills = enlarged(this.skills, new Uint32Array(this.capacity));
    this.agents = enlarged(this.agents, new Uint32Array(this.capacity));
    this.values = enlarged(this.values, new Float64Array(this.capacity * CELL_STRIDE));
  }

  /** Begins a cell with nothing in it. @returns its index */
  begin(interval: number, skill: number, agent: number): number {
    this.reserve(1);
    const cell = this.count++;
    this.intervals[cell] = interval;
    this.skills[cell] = skill;
    this.agents[cell] = agent;
    const { values } = this;
    for (let at = cell * CELL_STRIDE, end = at + CELL_STRIDE; at < end; at++) values[at] = 0;
    return cell;
  }

  column(dimension: Dimension): Uint32Array {
    return { interval: this.intervals, skill: this.skills, agent: this.agents }[dimension];
  }

  /** Brings the cells into the order that the ranks of some keys give; of equal ranks the first stays first. */
  sort(keys: readonly { readonly dimension: Dimension; readonly ranks: Uint32Array | null }[]): void {
    if (keys.length === 0) return;
    let order: Uint32Array | null = null;
    for (const { dimension, ranks } of keys.toReversed()) order = countingSort(order, this.column(dimension), ranks, this.count);
    for (const column of [this.intervals, this.skills, this.agents]) reorder(column, order!);
    this.#reorderValues(order!);
  }

  #reorderValues(order: Uint32Array): void {
    const { values } = this;
    const sorted = this.#spareValues.length === values.length ? this.#spareValues : new Float64Array(values.length);
    for (let place = 0, to = 0; place < order.length; place++) {
      const from = order[place]! * CELL_STRIDE;
      for (let v = 0; v < CELL_STRIDE; v++) sorted[to++] = values[from + v]!;
    }
    this.values = sorted;
    this.#spareValues = values;
  }

  /** Reads the sums out of the values that metrics are made of. */
  read(sums: ReadonlySet<Sum>): void {
    readSums(sums, this.values, this.count, (sum) => this.#take(sum));
  }

  /**
   * @param name of a metric whose sums were read for the cells of now
   * @returns its value in every cell, `count` of them; NaN where there is nothing to average
   */
  metric(name: MetricName): Float64Array {
    const { numerator, denominator, type } = metricOf(name);
    if (denominator.length === 0) return this.#total(numerator, "numerator");
    const over = this.#total(numerator, "numerator");
    const under = this.#total(denominator, "denominator");
    const values = this.#take(name);
    const { count } = this;
    if (type === "Long") for (let c = 0; c < count; c++) values[c] = Math.trunc(over[c]! / under[c]!);
    else for (let c = 0; c < count; c++) values[c] = over[c]! / under[c]!;
    return values;
  }

  #total(sums: readonly Sum[], role: string): Float64Array {
    const first = this.#take(sums[0]!);
    if (sums.length === 1) return first;
    const second = this.#take(sums[1]!);
    const total = this.#take(role);
    for (let c = 0; c < this.count; c++) total[c] = first[c]! + second[c]!;
    return total;
  }

  /** The column of this name: what was put there, as long as there is room for the cells of now. */
  #take(name: string): Float64Array {
    const held = this.#memory.get(name);
    if (held && held.length >= this.count) return held;
    const column = new Float64Array(this.capacity);
    this.#memory.set(name, column);
    return column;
  }
}

function enlarged<Column extends Float64Array | Uint32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

function reorder(column: Uint32Array, order: Uint32Array): void {
  const before = column.slice(0, order.length);
  for (let place = 0; place < order.length; place++) column[place] = before[order[place]!]!;
}

/** Stable; ranks are small whole numbers. @param order what is to be sorted; null: the cells as they lie */
function countingSort(order: Uint32Array | null, keys: Uint32Array, ranks: Uint32Array | null, count: number): Uint32Array<ArrayBuffer> {
  const rankOf = new Uint32Array(count);
  let rankMax = 0;
  for (let cell = 0; cell < count; cell++) {
    const rank = ranks === null ? keys[cell]! : ranks[keys[cell]!]!;
    rankOf[cell] = rank;
    if (rank > rankMax) rankMax = rank;
  }
  const places = new Uint32Array(rankMax + 2);
  for (let cell = 0; cell < count; cell++) places[rankOf[cell]! + 1]!++;
  for (let rank = 0; rank <= rankMax; rank++) places[rank + 1]! += places[rank]!;
  const sorted = new Uint32Array(count);
  for (let place = 0; place < count; place++) {
    const cell = order === null ? place : order[place]!;
    sorted[places[rankOf[cell]!]!++] = cell;
  }
  return sorted;
}
