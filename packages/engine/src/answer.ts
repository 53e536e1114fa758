import { metricOf, SUMS, TOTAL_METRIC, type MetricName, type Sum } from "./metrics.ts";
import type { Columns } from "./columns.ts";
import type { Dimension, Query } from "./query.ts";

/** Of one dimension, the value of every cell: an index into `values`. */
export interface KeyColumn<Value> {
  readonly indexes: Uint32Array;
  readonly values: ArrayLike<Value>;
}

/**
 * The non-empty parts of what was asked, as columns of cells in the order of the grouping: intervals by time, ids by
 * `compareIds`. Without a grouping there is exactly one cell, empty or not.
 */
export interface Answer {
  readonly query: Query;
  readonly cellCount: number;
  /** Start of each cell's interval, UTC epoch ms; with a grouping by interval only. */
  readonly intervals: KeyColumn<number> | null;
  readonly skills: KeyColumn<string> | null;
  readonly agents: KeyColumn<string> | null;
  /** @returns the value of one metric in a cell; null where there is nothing to average */
  readonly reader: (metric: MetricName) => (cell: number) => number | null;
}

/** The sums that some metrics are made of, and the count that tells empty cells. */
export function sumsOf(metrics: readonly MetricName[]): readonly Sum[] {
  const wanted = new Set<Sum>();
  for (const name of [TOTAL_METRIC, ...metrics]) {
    const { numerator, denominator } = metricOf(name);
    for (const sum of [...numerator, ...denominator]) wanted.add(sum);
  }
  return SUMS.filter((sum) => wanted.has(sum));
}

/** Cells as they are found, before they are put in order. */
export class CellTable {
  readonly sums: readonly Sum[];
  readonly #columns: Record<Dimension, number[]> = { interval: [], skill: [], agent: [] };
  readonly #values: number[] = [];
  #count = 0;

  constructor(sums: readonly Sum[]) {
    this.sums = sums;
  }

  /** @param values the sums of the cell, in the order of `sums`, from `at` on */
  add(interval: number, skill: number, agent: number, values: Float64Array, at: number): void {
    this.#columns.interval.push(interval);
    this.#columns.skill.push(skill);
    this.#columns.agent.push(agent);
    for (let s = 0; s < this.sums.length; s++) this.#values.push(values[at + s]!);
    this.#count++;
  }

  toAnswer(query: Query, columns: Columns): Answer {
    const { window, grouping, intervalMs = 0 } = query;
    const ranksOf: Record<Dimension, Uint32Array | null> = {
      interval: null,
      skill: grouping.includes("skill") ? columns.facets.skills.ranks : null,
      agent: grouping.includes("agent") ? columns.agents.ranks : null,
    };
    const order = this.#inOrderOf(grouping, ranksOf);
    const column = (dimension: Dimension): Uint32Array => Uint32Array.from(order, (cell) => this.#columns[dimension][cell]!);
    const starts = (): number[] =>
      Array.from({ length: (window.endMs - window.startMs) / intervalMs }, (_, i) => window.startMs + i * intervalMs);
    const values = Float64Array.from({ length: this.#values.length }, (_, i) => {
      const place = Math.floor(i / this.sums.length);
      return this.#values[order[place]! * this.sums.length + (i % this.sums.length)]!;
    });
    return {
      query,
      cellCount: this.#count,
      intervals: grouping.includes("interval") ? { indexes: column("interval"), values: starts() } : null,
      skills: grouping.includes("skill") ? { indexes: column("skill"), values: columns.facets.skills.words } : null,
      agents: grouping.includes("agent") ? { indexes: column("agent"), values: columns.agents.words } : null,
      reader: (metric) => readerOf(metric, this.sums, values),
    };
  }

  /** Counting sorts, the innermost dimension first: stable, so that the outermost decides. */
  #inOrderOf(grouping: readonly Dimension[], ranksOf: Record<Dimension, Uint32Array | null>): Uint32Array {
    let order = Uint32Array.from({ length: this.#count }, (_, cell) => cell);
    for (const dimension of grouping.toReversed()) {
      const indexes = this.#columns[dimension];
      const ranks = ranksOf[dimension];
      const rankOf = (cell: number): number => (ranks ? ranks[indexes[cell]!]! : indexes[cell]!);
      order = countingSort(order, rankOf);
    }
    return order;
  }
}

function countingSort(order: Uint32Array, rankOf: (cell: number) => number): Uint32Array<ArrayBuffer> {
  let rankMax = 0;
  for (const cell of order) rankMax = Math.max(rankMax, rankOf(cell));
  const places = new Uint32Array(rankMax + 2);
  for (const cell of order) places[rankOf(cell) + 1]!++;
  for (let rank = 0; rank <= rankMax; rank++) places[rank + 1]! += places[rank]!;
  const sorted = new Uint32Array(order.length);
  for (const cell of order) sorted[places[rankOf(cell)]!++] = cell;
  return sorted;
}

/** One quotient of pooled sums. Contract, section 3: averages in ms are truncated. */
function readerOf(name: MetricName, sums: readonly Sum[], values: Float64Array): (cell: number) => number | null {
  const { numerator, denominator, type } = metricOf(name);
  const placesOf = (wanted: readonly Sum[]): readonly number[] =>
    wanted.map((sum) => {
      const place = sums.indexOf(sum);
      if (place === -1) throw new Error(`${name} was not among the metrics asked for`);
      return place;
    });
  const over = placesOf(numerator);
  const under = placesOf(denominator);
  const total = (places: readonly number[], cell: number): number => {
    let sum = 0;
    for (const place of places) sum += values[cell * sums.length + place]!;
    return sum;
  };
  if (under.length === 0) return (cell) => total(over, cell);
  return (cell) => {
    const count = total(under, cell);
    if (count === 0) return null;
    const quotient = total(over, cell) / count;
    return type === "Long" ? Math.trunc(quotient) : quotient;
  };
}
