import { Cells, NO_KEY } from "./cells.ts";
import type { Columns } from "./columns.ts";
import { NONE } from "./facets.ts";
import { CellIndex, scan, subtract, type Intervals } from "./kernels.ts";
import { gallop, lowerBound, type LaneView } from "./lane.ts";
import type { Dimension, Filter, Query } from "./query.ts";
import { CELL_STRIDE } from "./sums.ts";

/**
 * How rows become cells. `calendar`: the total of everybody, from sums by time. `subtract`: running sums at the edges of
 * each interval; its cost follows the answer. `scan`: every row of the window, in those lanes whose rows differ in what they
 * belong to; the others are subtracted.
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
  const cells = query.grouping[0] === "skill" ? takeLargeSpare() : takeSpare();
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
/** Of an answer that was one large block: asked again, it spares the time that fresh memory costs. Whoever needs memory gets it. */
let largeSpare: WeakRef<Cells> | null = null;

export function takeSpare(): Cells {
  return spareCells.pop() ?? new Cells();
}

function takeLargeSpare(): Cells {
  const cells = largeSpare?.deref();
  largeSpare = null;
  return cells ?? takeSpare();
}

export function giveBack(cells: Cells): void {
  if (cells.capacity > SPARE_CAPACITY_MAX) largeSpare = new WeakRef(cells);
  else if (spareCells.length < SPARE_MAX) spareCells.push(cells);
}

/** What stays the same while one query is answered. */
interface Pass {
  readonly columns: Columns;
  readonly query: Query;
  readonly path: ExecutionPath;
  readonly byAgent: boolean;
  /** Those that may have rows that count, in the order of the agents' ids. */
  readonly lanes: readonly PassLane[];
  /** By facet: the skill to group by, or `NONE` for rows that are passed over. */
  readonly skillOf: Int32Array;
  readonly intervalMs: number;
  readonly intervalCount: number;
  /** Where all agents are added up, so few rows of a lane are added faster than its cells. */
  readonly fewRows: number;
}

/** Rows an interval. */
const FEW_ROWS = 8;

/** One agent's lane, as it was when the pass began. */
interface PassLane extends LaneView {
  readonly agent: number;
  /** The skill of all its rows, `NO_KEY` where nothing is grouped by skill, `MIXED` where its rows have to be told apart. */
  readonly skill: number;
}

/** Unlike any skill, and unlike none. */
const MIXED = -2;

let zeros = new Int32Array(0);

/** `NO_KEY` for every facet: nothing is filtered, nor grouped by skill. */
function noSkills(facetCount: number): Int32Array {
  if (zeros.length < facetCount) zeros = new Int32Array(2 * facetCount);
  return zeros;
}

function createPass(columns: Columns, query: Query, forced: ExecutionPath | undefined): Pass {
  const { grouping, window } = query;
  const intervalMs = intervalMsOf(query);
  const skillOf = skillOfFacets(columns, query);
  const path = pathOf(query, skillOf, forced);
  const intervalCount = (window.endMs - window.startMs) / intervalMs;
  return {
    columns,
    query,
    path,
    byAgent: grouping.includes("agent"),
    lanes: path === "calendar" ? [] : lanesIn(columns, query, skillOf, forced),
    skillOf: skillOf ?? noSkills(columns.facets.size),
    intervalMs,
    intervalCount,
    fewRows: forced === "subtract" || intervalCount === 1 ? 0 : FEW_ROWS * intervalCount,
  };
}

/**
 * Filters mostly keep an agent's rows or pass them over as a whole: agents keep their group and their user type, and work few
 * skills. Only lanes of which they keep a part are scanned.
 */
function lanesIn(columns: Columns, { filter }: Query, skillOf: Int32Array | null, forced: ExecutionPath | undefined): PassLane[] {
  const lanes: PassLane[] = [];
  for (const agent of agentsIn(columns, filter)) {
    const { rows, rowCount, facets } = columns.lanes[agent]!;
    const skill = forced === "scan" ? MIXED : skillOf === null ? NO_KEY : commonSkillOf(facets, skillOf);
    if (skill !== NONE) lanes.push({ rows, rowCount, agent, skill });
  }
  return lanes;
}

/** @returns `NONE` where all are passed over */
function commonSkillOf(facets: Iterable<number>, skillOf: Int32Array): number {
  let common: number | null = null;
  for (const facet of facets) {
    const skill = skillOf[facet]!;
    if (common !== null && skill !== common) return MIXED;
    common = skill;
  }
  return common ?? NONE;
}

/** @returns null where rows need not be told apart */
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
  const own = takeSpare();
  for (const lane of pass.lanes) {
    const { startMs, endMs } = pass.query.window;
    const from = lowerBound(lane.rows.ends, startMs, 0, lane.rowCount);
    const to = lowerBound(lane.rows.ends, endMs, from, lane.rowCount);
    if (lane.skill === MIXED || to - from < pass.fewRows) {
      scan(lane, from, to, intervals, NO_KEY, pass.skillOf, index);
    } else {
      own.clear();
      subtract(lane, from, to, intervals, NO_KEY, lane.skill, own);
      addCells(own, index);
    }
  }
  giveBack(own);
  sortCells(pass, cells);
  return cells;
}

function addCells(own: Cells, index: CellIndex): void {
  for (let c = 0; c < own.count; c++) {
    const cell = index.cellAt(own.intervals[c]!, own.skills[c]!, NO_KEY);
    for (let v = 0; v < CELL_STRIDE; v++) index.cells.values[cell * CELL_STRIDE + v]! += own.values[c * CELL_STRIDE + v]!;
  }
}

/** Each agent's cells apart. What the grouping has outermost decides where one block ends and the next begins. */
function* fillByAgent(pass: Pass, cells: Cells): Generator<Cells, void> {
  const { lanes, intervalCount, query } = pass;
  const cursors = Uint32Array.from(lanes, ({ rows, rowCount }) => lowerBound(rows.ends, query.window.startMs, 0, rowCount));
  const outermost = query.grouping[0];
  const stillToSort = unsorted(query.grouping);
  const laneStep = outermost === "agent" ? Math.max(1, Math.floor(BLOCK_CELLS / intervalCount)) : lanes.length;
  const intervalStep = outermost === "interval" ? Math.max(1, Math.floor(BLOCK_CELLS / lanes.length)) : intervalCount;
  for (let laneFrom = 0; laneFrom < lanes.length; laneFrom += laneStep) {
    const laneTo = Math.min(laneFrom + laneStep, lanes.length);
    for (let from = 0; from < intervalCount; from += intervalStep) {
      const intervals = { ...allIntervals(pass), from, to: Math.min(from + intervalStep, intervalCount) };
      cells.clear();
      fillBlock(pass, cursors, laneFrom, laneTo, intervals, cells);
      sortCells(pass, cells, stillToSort);
      yield cells;
    }
  }
}

function allIntervals({ query, intervalMs }: Pass): Pick<Intervals, "windowStartMs" | "widthMs"> {
  return { windowStartMs: query.window.startMs, widthMs: intervalMs };
}

/** @param cursors the first row of each lane that belongs to no block yet */
function fillBlock(pass: Pass, cursors: Uint32Array, laneFrom: number, laneTo: number, intervals: Intervals, cells: Cells): void {
  const { lanes, columns, intervalCount, skillOf, path } = pass;
  // Near, where blocks are parts of the window: looking at the lane's end first would fetch memory for nothing.
  const findEnd = intervals.to === intervalCount ? lowerBound : gallop;
  const endMs = intervals.windowStartMs + intervals.to * intervals.widthMs;
  const index = new CellIndex(cells, intervals, path === "scan" ? columns.facets.skills.size : 0);
  for (let l = laneFrom; l < laneTo; l++) {
    const lane = lanes[l]!;
    const from = cursors[l]!;
    const to = findEnd(lane.rows.ends, endMs, from, lane.rowCount);
    cursors[l] = to;
    if (from === to) continue;
    if (lane.skill === MIXED) {
      scan(lane, from, to, intervals, lane.agent, skillOf, index);
      index.forget();
    } else {
      subtract(lane, from, to, intervals, lane.agent, lane.skill, cells);
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
