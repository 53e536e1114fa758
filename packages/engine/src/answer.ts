import { giveBackColumns, takeColumns, type CellColumns, type Reading } from "./cell-columns.ts";
import type { Columns } from "./columns.ts";
import { KeptColumns } from "./kept-columns.ts";
import { TOTAL_METRIC, type MetricName } from "./metrics.ts";
import type { Dimension, Query, RollUp } from "./query.ts";
import { readParts } from "./reading.ts";
import { rollUp } from "./roll-up.ts";
import { streamBatches, type ExecutionPath } from "./stream.ts";

/** Of one dimension, the value of every cell: an index into `values`. */
export interface KeyColumn<Value> {
  readonly indexes: Uint32Array;
  readonly values: ArrayLike<Value>;
}

/** Some cells of an answer, as columns. Those of a stream are overwritten by its next block. */
export interface Block {
  readonly cellCount: number;
  /** Start of each cell's interval, UTC epoch ms; with a grouping by interval only. */
  readonly intervals: KeyColumn<number> | null;
  readonly skills: KeyColumn<string> | null;
  readonly agents: KeyColumn<string> | null;
  /** Of a roll-up: behind its cells lie so many totals of them, by interval if they are by interval. */
  readonly totalCount: number;
  /** @returns the value of one metric asked for, or of the total, in every cell and total; NaN where there is nothing to average */
  readonly metric: (name: MetricName) => Float64Array;
}

/**
 * The non-empty parts of what was asked, as columns of cells in the order of the grouping: intervals by time, ids by
 * `compareIds`. Without a grouping there is exactly one cell, empty or not.
 */
export interface Answer extends Block {
  readonly query: Query;
  /** @returns the value of one metric asked for, or of the total, in a cell; null where there is nothing to average */
  readonly reader: (metric: MetricName) => (cell: number) => number | null;
  /** Lets the next answer have its memory; nothing of it is read any more. Without it, that is up to the garbage collector. */
  readonly close: () => void;
}

/** Block by block: memory does not grow with the answer. Events that come in between are not seen. */
export function* streamBlocks(columns: Columns, query: Query, forced?: ExecutionPath): Generator<Block, void> {
  const reading = { grouping: query.grouping, metrics: metricsOf(query.metrics) };
  const intervalStarts = intervalStartsOf(query);
  for (const batch of streamBatches(columns, query, forced)) {
    for (const read of readParts(batch, reading)) yield toBlock(columns, intervalStarts, read.columns, read.cellCount, 0, reading);
  }
}

/**
 * Agents and totals: blocks by interval first, if it is asked by intervals, each with whole intervals; then blocks of the whole
 * window, of which the last one has the total.
 */
export function* rollUpBlocks(columns: Columns, query: RollUp, forced?: ExecutionPath): Generator<Block, void> {
  const metrics = metricsOf(query.metrics);
  const intervalStarts = intervalStartsOf(query);
  const read = takeColumns();
  try {
    for (const { agents, totals, grouping } of rollUp(columns, query, forced)) {
      const reading = { grouping, metrics };
      read.read(agents, totals, reading);
      yield toBlock(columns, intervalStarts, read, agents.to - agents.from, totals.to - totals.from, reading);
    }
  } finally {
    giveBackColumns(read);
  }
}

function intervalStartsOf({ window, intervalMs }: RollUp): readonly number[] {
  const intervalCount = intervalMs === undefined ? 0 : (window.endMs - window.startMs) / intervalMs;
  return Array.from({ length: intervalCount }, (_, i) => window.startMs + i * intervalMs!);
}

function toBlock(
  { agents, facets }: Columns,
  intervalStarts: readonly number[],
  read: CellColumns,
  cellCount: number,
  totalCount: number,
  { grouping, metrics }: Reading,
): Block {
  const columnsOf = new Map(metrics.map((name) => [name, read.metric(name)]));
  return {
    cellCount,
    totalCount,
    intervals: grouping.includes("interval") ? { indexes: read.keys("interval"), values: intervalStarts } : null,
    skills: grouping.includes("skill") ? { indexes: read.keys("skill"), values: facets.skills.words } : null,
    agents: grouping.includes("agent") ? { indexes: read.keys("agent"), values: agents.words } : null,
    metric: (name) => columnOf(name, columnsOf),
  };
}

/** What was asked for, and the total, which always comes. */
function metricsOf(metrics: readonly MetricName[]): readonly MetricName[] {
  return metrics.includes(TOTAL_METRIC) ? metrics : [TOTAL_METRIC, ...metrics];
}

function columnOf(name: MetricName, columns: ReadonlyMap<MetricName, Float64Array>): Float64Array {
  const column = columns.get(name);
  if (!column) throw new Error(`${name} was not among the metrics asked for`);
  return column;
}

/** The whole answer, in memory of its own. */
export function ask(columns: Columns, query: Query, forced?: ExecutionPath): Answer {
  const asked = metricsOf(query.metrics);
  const parts: Part[] = [];
  let last: Block | undefined;
  for (const block of streamBlocks(columns, query, forced)) parts.push(copyBlock((last = block), asked));
  // Most answers are one part.
  const { cellCount, keys, metrics } = parts.length === 1 ? parts[0]! : joined(parts, asked.length);
  const keyColumn = <Value>(dimension: Dimension, key: KeyColumn<Value> | null | undefined, k: number): KeyColumn<Value> | null =>
    // Of no blocks there are no values, and no cell that has one.
    query.grouping.includes(dimension) ? { indexes: keys[k] ?? NO_INDEXES, values: key?.values ?? [] } : null;
  const columnsOf = new Map(asked.map((name, m) => [name, metrics.columns[m]!]));
  return {
    query,
    cellCount,
    totalCount: 0,
    intervals: keyColumn("interval", last?.intervals, 0),
    skills: keyColumn("skill", last?.skills, 1),
    agents: keyColumn("agent", last?.agents, 2),
    metric: (name) => columnOf(name, columnsOf),
    reader: (name) => {
      const column = columnOf(name, columnsOf);
      return (cell) => (Number.isNaN(column[cell]) ? null : column[cell]!);
    },
    close: () => metrics.close(),
  };
}

const NO_INDEXES = new Uint32Array(0);

interface Part {
  readonly cellCount: number;
  /** Of intervals, skills and agents; null for what is not grouped by. */
  readonly keys: readonly (Uint32Array | null)[];
  readonly metrics: KeptColumns;
}

function copyBlock({ cellCount, intervals, skills, agents, metric }: Block, asked: readonly MetricName[]): Part {
  const metrics = new KeptColumns(asked.length, cellCount);
  asked.forEach((name, m) => metrics.columns[m]!.set(metric(name).subarray(0, cellCount)));
  return { cellCount, keys: [intervals, skills, agents].map((key) => key && key.indexes.slice(0, cellCount)), metrics };
}

function joined(parts: readonly Part[], metricCount: number): Part {
  const cellCount = parts.reduce((count, part) => count + part.cellCount, 0);
  const keys = (parts[0]?.keys ?? []).map((key) => key && new Uint32Array(cellCount));
  const metrics = new KeptColumns(metricCount, cellCount);
  let at = 0;
  for (const part of parts) {
    keys.forEach((key, k) => key?.set(part.keys[k]!, at));
    metrics.columns.forEach((column, m) => column.set(part.metrics.columns[m]!, at));
    at += part.cellCount;
    part.metrics.close();
  }
  return { cellCount, keys, metrics };
}
