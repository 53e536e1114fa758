import { Cells, NO_KEY } from "./cells.ts";
import type { Columns } from "./columns.ts";
import { NONE } from "./facets.ts";
import { CellIndex, scan, subtract, type Intervals } from "./kernels.ts";
import { gallop, lowerBound, type LaneView } from "./lane.ts";
import type { Dimension, Filter, Query } from "./query.ts";
import { CELL_STRIDE } from "./sums.ts";

/**
 * How rows become cells. `calendar`: the total of everybody, from sums by time. `subtract`: running sums at the edges of
 * each interval; its cost follows the answer. `scan`: every row of the window; needed where rows differ in what they
 * belong to.
 */
export type ExecutionPath = "calendar" | "subtract" | "scan";

/** About as many cells as are made at a time: their columns stay in the processor's cache. */
const BLOCK_CELLS = 8_192;

/**
 * The cells of one query, block by block in the order of the grouping. Each block lies in the memory of the one before.
 * Whatever comes in while blocks are being read is not seen by them.
 *
 * @param forced for tests: the path to take wherever it can be taken
 */
export function* streamCells(columns: Columns, query: Query, forced?: ExecutionPath): Generator<Cells, void> {
  const cells = takeSpare();
  columns.openView();
  try {
    const pass = createPass(columns, query, forced);
    if (pass.path === "calendar") yield totalOf(pass, cells);
    else if (!pass.byAgent) yield fillTogether(pass, cells);
    else yield* fillByAgent(pass, cells);
  } finally {
    columns.closeView();
    giveBack(cells);
  }
}

const spareCells: Cells[] = [];
const SPARE_MAX = 6;
const SPARE_CAPACITY_MAX = 2 * BLOCK_CELLS;

function takeSpare(): Cells {
  return spareCells.pop() ?? new Cells();
}

function giveBack(cells: Cells): void {
  if (cells.capacity <= SPARE_CAPACITY_MAX && spareCells.length < SPARE_MAX) spareCells.push(cells);
}

/** What stays the same while one query is answered. */
interface Pass {
  readonly columns: Columns;
  readonly query: Query;
  readonly path: ExecutionPath;
  readonly byAgent: boolean;
  readonly agents: Uint32Array;
  /** The lanes of these agents, as they were when the pass began. */
  readonly views: readonly LaneView[];
  /** By facet: the skill to group by, or `NONE` for rows that are passed over; null where rows need not be told apart. */
  readonly skillOf: Int32Array | null;
  readonly intervalMs: number;
  readonly intervalCount: number;
}

function createPass(columns: Columns, query: Query, forced: ExecutionPath | undefined): Pass {
  const { filter, grouping, window } = query;
  const intervalMs = intervalMsOf(query);
  const skillOf = skillOfFacets(columns, query);
  const agents = agentsIn(columns, filter);
  const views: LaneView[] = [];
  for (const agent of agents) {
    const { rows, rowCount } = columns.lanes[agent]!;
    views.push({ rows, rowCount });
  }
  return {
    columns,
    query,
    path: pathOf(query, skillOf, forced),
    byAgent: grouping.includes("agent"),
    agents,
    views,
    skillOf,
    intervalMs,
    intervalCount: (window.endMs - window.startMs) / intervalMs,
  };
}

function skillOfFacets({ facets }: Columns, { filter, grouping }: Query): Int32Array | null {
  const kept = facets.select(filter);
  const bySkill = grouping.includes("skill");
  if (kept === null && !bySkill) return null;
  return Int32Array.from(facets.skillOf, (skill, facet) => (kept !== null && kept[facet] === 0 ? NONE : bySkill ? skill : NO_KEY));
}

/** The whole window is one interval where nothing is grouped by intervals. */
function intervalMsOf({ window, grouping, intervalMs }: Query): number {
  const windowMs = window.endMs - window.startMs;
  if (!grouping.includes("interval")) return windowMs;
  if (intervalMs === undefined || windowMs % intervalMs !== 0) {
    throw new RangeError(`expected a divisor of the window (${windowMs} ms) as intervalMs, got ${intervalMs}`);
  }
  return intervalMs;
}

/** The agents that a filter keeps, in the order of ids. */
export function agentsIn({ agents }: Columns, { agentIds }: Filter): Uint32Array {
  if (agentIds === null) return agents.ordered;
  const { ranks } = agents;
  const kept = new Set(agentIds.map((id) => agents.indexOf(id)).filter((index) => index !== undefined));
  return Uint32Array.from(kept).toSorted((a, b) => ranks[a]! - ranks[b]!);
}

function pathOf({ filter, grouping }: Query, skillOf: Int32Array | null, forced: ExecutionPath | undefined): ExecutionPath {
  if (skillOf !== null || forced === "scan") return "scan";
  const isTotalOfAll = grouping.length === 0 && filter.agentIds === null;
  return isTotalOfAll && forced !== "subtract" ? "calendar" : "subtract";
}

function totalOf({ columns, query: { window } }: Pass, cells: Cells): Cells {
  const sums = columns.calendar.sum(window.startMs, window.endMs, columns.lanes);
  cells.clear();
  const cell = cells.begin(0, NO_KEY, NO_KEY);
  cells.values.set(sums, cell * CELL_STRIDE);
  return cells;
}

/** All agents together: cells by interval and skill at most. */
function fillTogether(pass: Pass, cells: Cells): Cells {
  const intervals = { ...allIntervals(pass), from: 0, to: pass.intervalCount };
  cells.clear();
  const index = new CellIndex(cells, intervals, pass.columns.facets.skills.size);
  if (pass.query.grouping.length === 0) index.cellAt(0, NO_KEY, NO_KEY);
  const skillOf = skillOfRows(pass);
  const own = takeSpare();
  for (const view of pass.views) {
    const { startMs, endMs } = pass.query.window;
    const from = lowerBound(view.rows.ends, startMs, 0, view.rowCount);
    const to = lowerBound(view.rows.ends, endMs, from, view.rowCount);
    if (skillOf !== null) {
      scan(view, from, to, intervals, NO_KEY, skillOf, index);
    } else {
      own.clear();
      subtract(view, from, to, intervals, NO_KEY, own);
      addCells(own, index);
    }
  }
  giveBack(own);
  sortCells(pass, cells);
  return cells;
}

/** @returns null where the path is not to scan */
function skillOfRows({ path, skillOf, columns }: Pass): Int32Array | null {
  return path === "scan" ? (skillOf ?? new Int32Array(columns.facets.size).fill(NO_KEY)) : null;
}

function addCells(own: Cells, index: CellIndex): void {
  for (let c = 0; c < own.count; c++) {
    const cell = index.cellAt(own.intervals[c]!, NO_KEY, NO_KEY);
    for (let v = 0; v < CELL_STRIDE; v++) index.cells.values[cell * CELL_STRIDE + v]! += own.values[c * CELL_STRIDE + v]!;
  }
}

/** Each agent's cells apart. What the grouping has outermost decides where one block ends and the next begins. */
function* fillByAgent(pass: Pass, cells: Cells): Generator<Cells, void> {
  const { agents, intervalCount, query } = pass;
  const cursors = new Uint32Array(agents.length);
  for (let a = 0; a < cursors.length; a++)
    cursors[a] = lowerBound(pass.views[a]!.rows.ends, query.window.startMs, 0, pass.views[a]!.rowCount);
  const outermost = query.grouping[0];
  const stillToSort = unsorted(query.grouping);
  const agentStep = outermost === "agent" ? Math.max(1, Math.floor(BLOCK_CELLS / intervalCount)) : agents.length;
  const intervalStep = outermost === "interval" ? Math.max(1, Math.floor(BLOCK_CELLS / agents.length)) : intervalCount;
  for (let agentFrom = 0; agentFrom < agents.length; agentFrom += agentStep) {
    const agentTo = Math.min(agentFrom + agentStep, agents.length);
    for (let from = 0; from < intervalCount; from += intervalStep) {
      const intervals = { ...allIntervals(pass), from, to: Math.min(from + intervalStep, intervalCount) };
      cells.clear();
      fillBlock(pass, cursors, agentFrom, agentTo, intervals, cells);
      sortCells(pass, cells, stillToSort);
      yield cells;
    }
  }
}

function allIntervals({ query, intervalMs }: Pass): Pick<Intervals, "windowStartMs" | "widthMs"> {
  return { windowStartMs: query.window.startMs, widthMs: intervalMs };
}

/** @param cursors the first row of each agent that belongs to no block yet */
function fillBlock(pass: Pass, cursors: Uint32Array, agentFrom: number, agentTo: number, intervals: Intervals, cells: Cells): void {
  const { agents, views, columns, intervalCount } = pass;
  const skillOf = skillOfRows(pass);
  // Near, where blocks are parts of the window: looking at the lane's end first would fetch memory for nothing.
  const findEnd = intervals.to === intervalCount ? lowerBound : gallop;
  const endMs = intervals.windowStartMs + intervals.to * intervals.widthMs;
  const index = new CellIndex(cells, intervals, skillOf === null ? 0 : columns.facets.skills.size);
  for (let a = agentFrom; a < agentTo; a++) {
    const view = views[a]!;
    const from = cursors[a]!;
    const to = findEnd(view.rows.ends, endMs, from, view.rowCount);
    cursors[a] = to;
    if (from === to) continue;
    if (skillOf === null) {
      subtract(view, from, to, intervals, agents[a]!, cells);
    } else {
      scan(view, from, to, intervals, agents[a]!, skillOf, index);
      index.forget();
    }
  }
}

/** Brings cells that were filled together into the order of the grouping. */
function sortCells({ query, columns }: Pass, cells: Cells, dimensions: readonly Dimension[] = query.grouping): void {
  const ranksOf: Record<Dimension, Uint32Array | null> = {
    interval: null,
    skill: columns.facets.skills.ranks,
    agent: columns.agents.ranks,
  };
  cells.sort(dimensions.map((dimension) => ({ dimension, ranks: ranksOf[dimension] })));
}

/**
 * The dimensions that a block must still be sorted by: it is filled agent by agent in the order of their ids, and each
 * agent's cells by time, so what the grouping has innermost of these is in order already.
 */
function unsorted(grouping: readonly Dimension[]): readonly Dimension[] {
  const outer = grouping.at(-1) === "interval" ? grouping.slice(0, -1) : grouping;
  return outer.at(-1) === "agent" ? outer.slice(0, -1) : outer;
}
