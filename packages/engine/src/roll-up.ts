import { NO_KEY, type Cells } from "./cells.ts";
import type { Columns } from "./columns.ts";
import type { Dimension, Query, RollUp } from "./query.ts";
import { agentsIn, giveBack, streamCells, takeSpare, type ExecutionPath } from "./stream.ts";
import { CELL_STRIDE, ROW_COUNT } from "./sums.ts";

/** Cells that are added up: `[0, cellCount)` are agents', and those behind them totals. */
export interface Level {
  readonly cells: Cells;
  readonly cellCount: number;
  readonly grouping: readonly Dimension[];
}

/**
 * The agents of a window and their total; if it is asked by intervals, those of each interval first. It is one pass: what
 * is coarser is added up from what is finer, which gives the same sums, since all of them are whole numbers.
 *
 *     by interval   agents of 00:00  agents of 00:05 …  │  total of 00:00  total of 00:05 …      block by block
 *     whole window  agents                              │  total
 */
export function* rollUp(columns: Columns, query: RollUp, forced?: ExecutionPath): Generator<Level, void> {
  if (query.intervalMs === undefined) yield* rollUpAgents(columns, { ...query, grouping: ["agent"] }, forced);
  else yield* rollUpIntervals(columns, { ...query, grouping: ["interval", "agent"] }, forced);
}

function* rollUpAgents(columns: Columns, query: Query, forced: ExecutionPath | undefined): Generator<Level, void> {
  const { grouping } = query;
  const last = takeSpare();
  try {
    last.clear();
    const total = last.begin(0, NO_KEY, NO_KEY);
    for (const cells of streamCells(columns, query, forced)) {
      for (let cell = 0; cell < cells.count; cell++) addCell(cells.values, cell, last.values, total);
      yield { cells, cellCount: cells.count, grouping };
    }
    yield { cells: last, cellCount: 0, grouping };
  } finally {
    giveBack(last);
  }
}

function* rollUpIntervals(columns: Columns, query: Query, forced: ExecutionPath | undefined): Generator<Level, void> {
  const { grouping } = query;
  const agents = agentsIn(columns, query.filter);
  const sums = new Float64Array(agents.length * CELL_STRIDE);
  for (const cells of streamCells(columns, query, forced)) {
    const cellCount = cells.count;
    addIntervals(cells, agents, sums);
    yield { cells, cellCount, grouping };
  }
  const whole = takeSpare();
  try {
    const cellCount = fillWhole(agents, sums, whole);
    yield { cells: whole, cellCount, grouping: ["agent"] };
  } finally {
    giveBack(whole);
  }
}

/** Adds each cell to its agent's sums, and to a total behind the cells, one for each of their intervals. */
function addIntervals(cells: Cells, agents: Uint32Array, sums: Float64Array): void {
  const { count } = cells;
  for (let cell = 0, place = 0, interval = -1, total = -1; cell < count; cell++) {
    if (cells.intervals[cell] !== interval) {
      interval = cells.intervals[cell]!;
      total = cells.begin(interval, NO_KEY, NO_KEY);
      place = 0;
    }
    // Within an interval the cells are in the order of the agents.
    while (agents[place] !== cells.agents[cell]) place++;
    addCell(cells.values, cell, sums, place);
    addCell(cells.values, cell, cells.values, total);
  }
}

/** @returns how many agents there are; behind them lies their total */
function fillWhole(agents: Uint32Array, sums: Float64Array, cells: Cells): number {
  cells.clear();
  agents.forEach((agent, place) => {
    if (sums[place * CELL_STRIDE + ROW_COUNT] === 0) return;
    const cell = cells.begin(0, NO_KEY, agent);
    addCell(sums, place, cells.values, cell);
  });
  const total = cells.begin(0, NO_KEY, NO_KEY);
  for (let cell = 0; cell < total; cell++) addCell(cells.values, cell, cells.values, total);
  return total;
}

function addCell(from: Float64Array, cell: number, to: Float64Array, toCell: number): void {
  const a = cell * CELL_STRIDE;
  const b = toCell * CELL_STRIDE;
  for (let v = 0; v < CELL_STRIDE; v++) to[b + v]! += from[a + v]!;
}
