import { NO_KEY, type CellPart, type Cells } from "./cells.ts";
import type { Columns } from "./columns.ts";
import type { Dimension, Query, RollUp } from "./query.ts";
import { giveBack, takeSpare } from "./spares.ts";
import { agentsIn, streamCells, type ExecutionPath } from "./stream.ts";
import { addSums, createSums, segmentCountOf, type Sums } from "./sums.ts";

/** Cells of agents, and totals of them. */
export interface Level {
  readonly agents: CellPart;
  readonly totals: CellPart;
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
  const totals = takeSpare();
  try {
    if (query.intervalMs === undefined) yield* rollUpAgents(columns, { ...query, grouping: ["agent"] }, totals, forced);
    else yield* rollUpIntervals(columns, { ...query, grouping: ["interval", "agent"] }, totals, forced);
  } finally {
    giveBack(totals);
  }
}

function* rollUpAgents(columns: Columns, query: Query, totals: Cells, forced: ExecutionPath | undefined): Generator<Level, void> {
  const { grouping } = query;
  totals.clear();
  const total = totals.begin(0, NO_KEY, NO_KEY);
  for (const part of streamCells(columns, query, forced)) {
    for (let place = part.from; place < part.to; place++) addSums(part.cells.sums, cellOf(part, place), totals.sums, total);
    yield { agents: part, totals: noneOf(totals), grouping };
  }
  yield { agents: noneOf(totals), totals: allOf(totals), grouping };
}

function* rollUpIntervals(columns: Columns, query: Query, totals: Cells, forced: ExecutionPath | undefined): Generator<Level, void> {
  const { grouping } = query;
  const agents = agentsIn(columns, query.filter);
  const sums = createSums(agents.length);
  for (const part of streamCells(columns, query, forced)) {
    totals.clear();
    addIntervals(part, agents, sums, totals);
    yield { agents: part, totals: allOf(totals), grouping };
  }
  const whole = takeSpare();
  try {
    whole.clear();
    totals.clear();
    fillWhole(agents, sums, whole, totals);
    yield { agents: allOf(whole), totals: allOf(totals), grouping: ["agent"] };
  } finally {
    giveBack(whole);
  }
}

/** Adds each cell to its agent's sums, and to the total of its interval. */
function addIntervals(part: CellPart, agents: Uint32Array, sums: Sums, totals: Cells): void {
  const { cells } = part;
  for (let at = part.from, place = 0, interval = -1, total = -1; at < part.to; at++) {
    const cell = cellOf(part, at);
    if (cells.intervals[cell] !== interval) {
      interval = cells.intervals[cell]!;
      total = totals.begin(interval, NO_KEY, NO_KEY);
      place = 0;
    }
    // Within an interval the cells are in the order of the agents.
    while (agents[place] !== cells.agents[cell]) place++;
    addSums(cells.sums, cell, sums, place);
    addSums(cells.sums, cell, totals.sums, total);
  }
}

function fillWhole(agents: Uint32Array, sums: Sums, whole: Cells, totals: Cells): void {
  const total = totals.begin(0, NO_KEY, NO_KEY);
  agents.forEach((agent, place) => {
    if (segmentCountOf(sums, place) === 0) return;
    const cell = whole.begin(0, NO_KEY, agent);
    addSums(sums, place, whole.sums, cell);
    addSums(sums, place, totals.sums, total);
  });
}

function cellOf({ order }: CellPart, place: number): number {
  return order === null ? place : order[place]!;
}

function allOf(cells: Cells): CellPart {
  return { cells, order: null, from: 0, to: cells.count };
}

function noneOf(cells: Cells): CellPart {
  return { cells, order: null, from: 0, to: 0 };
}
