import { metricOf, type MetricName, type Sum } from "./metrics.ts";
import type { Dimension } from "./query.ts";
import { clearSums, createSums, readSums, resizedSums } from "./sums.ts";

const CAPACITY_MIN = 64;

/** Cells that belong to no skill, or are of no agent alone. */
export const NO_KEY = 0;

/** Cells as the kernels fill them: keys by column, the sums of a cell side by side. The memory is used again for the next. */
export class Cells {
  count = 0;
  capacity = 0;
  intervals = new Uint32Array(0);
  skills = new Uint32Array(0);
  agents = new Uint32Array(0);
  sums = createSums(0);

  /** Begins anew. */
  clear(): void {
    this.count = 0;
  }

  /** Makes room for so many cells more. */
  reserve(more: number): void {
    if (this.count + more <= this.capacity) return;
    this.capacity = Math.max(CAPACITY_MIN, this.count + more, this.capacity * 2);
    this.intervals = enlarged(this.intervals, this.capacity);
    this.skills = enlarged(this.skills, this.capacity);
    this.agents = enlarged(this.agents, this.capacity);
    this.sums = resizedSums(this.sums, this.capacity);
  }

  /** Begins a cell with nothing in it. @returns its index */
  begin(interval: number, skill: number, agent: number): number {
    this.reserve(1);
    const cell = this.count++;
    this.intervals[cell] = interval;
    this.skills[cell] = skill;
    this.agents[cell] = agent;
    clearSums(this.sums, cell, cell + 1);
    return cell;
  }

  column(dimension: Dimension): Uint32Array {
    return { interval: this.intervals, skill: this.skills, agent: this.agents }[dimension];
  }

  /**
   * The order that the ranks of some keys give; of equal ranks the first stays first.
   *
   * @returns null: as they lie
   */
  orderBy(keys: readonly { readonly dimension: Dimension; readonly ranks: Uint32Array | null }[]): Uint32Array | null {
    let order: Uint32Array | null = null;
    for (const { dimension, ranks } of keys.toReversed()) order = countingSort(order, this.column(dimension), ranks, this.count);
    return order;
  }
}

function enlarged(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length);
  larger.set(column);
  return larger;
}

/** Stable; ranks are small whole numbers. @param order what is to be sorted; null: the cells as they lie */
function countingSort(order: Uint32Array | null, keys: Uint32Array, ranks: Uint32Array | null, count: number): Uint32Array {
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

/** Some cells: of an order of them, the places `[from, to)`; where it is null, of the cells as they lie. */
export interface CellPart {
  readonly cells: Cells;
  readonly order: Uint32Array | null;
  readonly from: number;
  readonly to: number;
}

/** Some cells as columns. What is read next takes their place. */
export class CellColumns {
  count = 0;
  #capacity = 0;
  intervals = new Uint32Array(0);
  skills = new Uint32Array(0);
  agents = new Uint32Array(0);
  readonly #memory = new Map<string, Float64Array>();

  /** @param behind further cells, behind the others */
  read(part: CellPart, behind: CellPart | null): void {
    const partCount = part.to - part.from;
    this.count = partCount + (behind === null ? 0 : behind.to - behind.from);
    this.#reserve(this.count);
    this.#readPart(part, 0);
    if (behind !== null) this.#readPart(behind, partCount);
  }

  /** @returns the value of a metric in every cell, `count` of them; NaN where there is nothing to average */
  metric(name: MetricName): Float64Array {
    const { numerator, denominator, type } = metricOf(name);
    if (denominator.length === 0) return this.#total(numerator, "numerator");
    const over = this.#total(numerator, "numerator");
    const under = this.#total(denominator, "denominator");
    const values = this.#column(name);
    const { count } = this;
    if (type === "Long") for (let c = 0; c < count; c++) values[c] = Math.trunc(over[c]! / under[c]!);
    else for (let c = 0; c < count; c++) values[c] = over[c]! / under[c]!;
    return values;
  }

  #total(sums: readonly Sum[], role: string): Float64Array {
    const first = this.#column(sums[0]!);
    if (sums.length === 1) return first;
    const second = this.#column(sums[1]!);
    const total = this.#column(role);
    for (let c = 0; c < this.count; c++) total[c] = first[c]! + second[c]!;
    return total;
  }

  #readPart({ cells, order, from, to }: CellPart, at: number): void {
    readKeys(cells.intervals, order, from, to, this.intervals, at);
    readKeys(cells.skills, order, from, to, this.skills, at);
    readKeys(cells.agents, order, from, to, this.agents, at);
    readSums(cells.sums, order, from, to, at, (sum) => this.#column(sum));
  }

  #reserve(count: number): void {
    if (count <= this.#capacity) return;
    this.#capacity = Math.max(CAPACITY_MIN, count, this.#capacity * 2);
    this.intervals = new Uint32Array(this.#capacity);
    this.skills = new Uint32Array(this.#capacity);
    this.agents = new Uint32Array(this.#capacity);
    this.#memory.clear();
  }

  #column(name: string): Float64Array {
    let column = this.#memory.get(name);
    if (!column) this.#memory.set(name, (column = new Float64Array(this.#capacity)));
    return column;
  }
}

function readKeys(keys: Uint32Array, order: Uint32Array | null, from: number, to: number, column: Uint32Array, at: number): void {
  if (order === null) column.set(keys.subarray(from, to), at);
  else for (let place = from, c = at; place < to; place++, c++) column[c] = keys[order[place]!]!;
}
