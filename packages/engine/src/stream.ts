import { Cells, NO_KEY, type CellPart, type SortKey } from "./cells.ts";
import type { Columns } from "./columns.ts";
import { NONE } from "./facets.ts";
import { CellIndex, MIXED, scan, scanTogether, subtract, type Belonging, type Intervals } from "./kernels.ts";
import { gallop, lowerBound, type LaneView } from "./lane.ts";
import { memory, release, takeArea, type Area } from "./memory.ts";
import type { Dimension, Filter, Query } from "./query.ts";
import { addSums } from "./sums.ts";

/**
 * How rows become cells. `calendar`: the total of everybody, from sums by time. `subtract`: checkpoints at the edges of each
 * interval; its cost follows the answer. `add`: every row of the window is added to the cell of its interval. `scan`: the same,
 * where the rows of a lane have to be told apart. Each lane is answered as suits it.
 */
export type ExecutionPath = "calendar" | "subtract" | "add" | "scan";

/** With so many rows an interval, checkpoints cost less than adding. */
const SUBTRACT_ROWS = 16;
/** About as many cells are filled before they are read, and read at a time: their columns stay in the processor's cache. */
const PART_CELLS = 4_096;
/** About as many are filled where all lanes are visited each time: what counts then is to find many rows there. */
const WIDE_CELLS = 65_536;

/**
 * The cells of one query, some thousand at a time, in the order of the grouping; all that have the outermost key in common come
 * together. They lie in the memory of those before. Whatever comes in while cells are being read is not seen by them.
 *
 * @param forced for tests: the path to take wherever it can be taken
 */
export function* streamCells(columns: Columns, query: Query, forced?: ExecutionPath): Generator<CellPart, void> {
  const outermost = query.grouping[0];
  const cells = outermost === "interval" || outermost === "skill" ? takeLargeSpare() : takeSpare();
  const skillOf = skillOfFacets(columns, query);
  columns.openView();
  try {
    const pass = createPass(columns, query, skillOf, forced);
    if (pass.path === "calendar") yield* partsOf(pass, [], fillTotal(pass, cells));
    else if (!pass.byAgent) yield* partsOf(pass, query.grouping, fillTogether(pass, cells));
    else yield* fillByAgent(pass, cells);
  } finally {
    if (skillOf !== null) release(skillOf.area);
    columns.closeView();
    giveBack(cells);
  }
}

const spares: Cells[] = [];
const SPARES_MAX = 6;
const SPARE_CAPACITY_MAX = 4 * PART_CELLS;
/** One that has grown large: asked again, it spares the time that fresh memory costs. Whoever needs memory gets it. */
let largeSpare: WeakRef<Cells> | null = null;

export function takeSpare(): Cells {
  return spares.pop() ?? new Cells();
}

function takeLargeSpare(): Cells {
  const cells = largeSpare?.deref();
  largeSpare = null;
  return cells ?? takeSpare();
}

export function giveBack(cells: Cells): void {
  if (cells.capacity > SPARE_CAPACITY_MAX) largeSpare = new WeakRef(cells);
  else if (spares.length < SPARES_MAX) spares.push(cells);
}

/** All cells, in the order of the grouping. @param unsorted what they are to be sorted by for it */
function* partsOf(pass: Pass, unsorted: readonly Dimension[], cells: Cells): Generator<CellPart, void> {
  const { query } = pass;
  const order = cells.orderBy(unsorted.map((dimension) => sortKeyOf(pass, dimension)));
  const outermost = query.grouping[0];
  const keys = outermost === undefined ? null : cells.column(outermost);
  const keyAt = (place: number): number => keys![order === null ? place : order[place]!]!;
  for (let from = 0, to = 0; from < cells.count; from = to) {
    to = Math.min(from + PART_CELLS, cells.count);
    if (keys !== null) while (to < cells.count && keyAt(to) === keyAt(to - 1)) to++;
    yield { cells, order, from, to };
  }
}

function sortKeyOf({ columns, intervalCount }: Pass, dimension: Dimension): SortKey {
  if (dimension === "interval") return { dimension, ranks: null, rankCount: intervalCount };
  const { ranks } = dimension === "skill" ? columns.facets.skills : columns.agents;
  return { dimension, ranks, rankCount: ranks.length };
}

/** What stays the same while one query is answered. */
interface Pass {
  readonly columns: Columns;
  readonly query: Query;
  readonly path: "calendar" | "lanes";
  readonly byAgent: boolean;
  /** Those that may have rows that count, in the order of the agents' ids. */
  readonly lanes: readonly PassLane[];
  readonly intervalMs: number;
  readonly intervalCount: number;
  /** Rows an interval from which on those of a lane are not added one by one. */
  readonly subtractRows: number;
}

/** One agent's lane, as it was when the pass began. */
interface PassLane extends LaneView {
  readonly agent: number;
  readonly belonging: Belonging;
}

/** By facet: the skill to group by, `NO_KEY` where nothing is grouped by skill, `NONE` for rows that are passed over. */
interface SkillOf {
  readonly byFacet: Int32Array;
  readonly area: Area;
}

let noSkills = createSkillOf(64);

/** `NO_KEY` for every facet: nothing is filtered, nor grouped by skill. */
function noSkillsOf(facetCount: number): Int32Array {
  if (noSkills.byFacet.length < facetCount) noSkills = createSkillOf(2 * facetCount);
  return noSkills.byFacet;
}

function createSkillOf(facetCount: number): SkillOf {
  const area = takeArea(4 * facetCount);
  return { byFacet: new Int32Array(memory.buffer, area.address, facetCount).fill(NO_KEY), area };
}

function createPass(columns: Columns, query: Query, skillOf: SkillOf | null, forced: ExecutionPath | undefined): Pass {
  const { grouping, window, filter } = query;
  const intervalMs = intervalMsOf(query);
  const isTotalOfAll = grouping.length === 0 && filter.agentIds === null && skillOf === null;
  const path = isTotalOfAll && (forced === undefined || forced === "calendar") ? "calendar" : "lanes";
  return {
    columns,
    query,
    path,
    byAgent: grouping.includes("agent"),
    lanes: path === "calendar" ? [] : lanesIn(columns, filter, skillOf?.byFacet ?? null, forced === "scan"),
    intervalMs,
    intervalCount: (window.endMs - window.startMs) / intervalMs,
    subtractRows: forced === "subtract" ? 0 : forced === "add" ? Infinity : SUBTRACT_ROWS,
  };
}

/** @param skillOf null where rows need not be told apart */
function lanesIn(columns: Columns, filter: Filter, skillOf: Int32Array | null, isForcedScan: boolean): PassLane[] {
  const lanes: PassLane[] = [];
  const alike = { skillOf: noSkillsOf(columns.facets.size), skill: isForcedScan ? MIXED : NO_KEY, skillCount: 1, isPart: false };
  for (const agent of agentsIn(columns, filter)) {
    const { rows, rowCount, facets } = columns.lanes[agent]!;
    const belonging = skillOf === null ? alike : belongingOf(facets, skillOf);
    if (belonging.skill === NONE) continue;
    lanes.push({ rows, rowCount, agent, belonging: isForcedScan ? { ...belonging, skill: MIXED } : belonging });
  }
  return lanes;
}

/**
 * Filters mostly keep an agent's rows or pass them over as a whole: agents keep their group and their user type, and work few
 * skills.
 *
 * @returns `NONE` as the skill of a lane of which all rows are passed over
 */
function belongingOf(facets: ReadonlySet<number>, skillOf: Int32Array): Belonging {
  let common = NONE;
  let isPart = false;
  for (const facet of facets) {
    const skill = skillOf[facet]!;
    if (skill === NONE) isPart = true;
    else if (common === NONE) common = skill;
    else if (skill !== common) common = MIXED;
  }
  return { skillOf, skill: common, skillCount: facets.size, isPart };
}

/** @returns null where rows need not be told apart */
function skillOfFacets({ facets }: Columns, { filter, grouping }: Query): SkillOf | null {
  const kept = facets.select(filter);
  const bySkill = grouping.includes("skill");
  if (kept === null && !bySkill) return null;
  const skillOf = createSkillOf(facets.size);
  facets.skillOf.forEach((skill, facet) => {
    skillOf.byFacet[facet] = kept !== null && kept[facet] === 0 ? NONE : bySkill ? skill : NO_KEY;
  });
  return skillOf;
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

function fillTotal({ columns, query: { window } }: Pass, cells: Cells): Cells {
  cells.clear();
  const cell = cells.begin(0, NO_KEY, NO_KEY);
  columns.calendar.sum(window.startMs, window.endMs, columns.lanes, cells.sums, cell);
  return cells;
}

/** All agents together: cells by interval and skill at most. */
function fillTogether(pass: Pass, cells: Cells): Cells {
  const { query, lanes, intervalCount, subtractRows } = pass;
  const intervals = { ...allIntervals(pass), from: 0, to: intervalCount };
  cells.clear();
  const index = new CellIndex(cells, intervals, pass.columns.facets.skills.size);
  if (query.grouping.length === 0) index.cellAt(0, NO_KEY);
  const own = takeSpare();
  for (const { rows, rowCount, belonging } of lanes) {
    const from = lowerBound(rows.ends, query.window.startMs, 0, rowCount);
    const to = lowerBound(rows.ends, query.window.endMs, from, rowCount);
    if (belonging.isPart || belonging.skill === MIXED || to - from < subtractRows * intervalCount) {
      scanTogether(rows, from, to, intervals, belonging, index);
    } else {
      own.clear();
      subtract(rows, from, to, intervals, NO_KEY, belonging.skill, own);
      addCells(own, index);
    }
  }
  giveBack(own);
  return cells;
}

function addCells(own: Cells, index: CellIndex): void {
  for (let c = 0; c < own.count; c++) {
    const cell = index.cellAt(own.intervals[c]!, own.skills[c]!);
    addSums(own.sums, c, index.cells.sums, cell);
  }
}

/** Each agent's cells apart. What the grouping has outermost decides which of them are filled together. */
function* fillByAgent(pass: Pass, cells: Cells): Generator<CellPart, void> {
  const { lanes, intervalCount, query } = pass;
  const cursors = new Uint32Array(lanes.length);
  const outermost = query.grouping[0];
  const stillToSort = unsortedOf(query.grouping);
  const cellsMax = outermost === "agent" ? PART_CELLS : Infinity;
  const intervalStep = outermost === "interval" ? Math.max(1, Math.floor(WIDE_CELLS / lanes.length)) : intervalCount;
  for (let from = 0; from < intervalCount; from += intervalStep) {
    const intervals = { ...allIntervals(pass), from, to: Math.min(from + intervalStep, intervalCount) };
    for (let lane = 0; lane < lanes.length;) {
      cells.clear();
      for (; lane < lanes.length && cells.count < cellsMax; lane++) fillLane(pass, lane, cursors, intervals, cells);
      yield* partsOf(pass, stillToSort, cells);
    }
  }
}

function allIntervals({ query, intervalMs }: Pass): Pick<Intervals, "windowStartMs" | "widthMs"> {
  return { windowStartMs: query.window.startMs, widthMs: intervalMs };
}

/** @param cursors the first row of each lane behind the intervals before */
function fillLane({ lanes, intervalCount, subtractRows }: Pass, l: number, cursors: Uint32Array, intervals: Intervals, cells: Cells): void {
  const { rows, rowCount, agent, belonging } = lanes[l]!;
  const { windowStartMs, widthMs } = intervals;
  // Near, where some intervals are filled at a time: looking at the lane's end first would fetch memory for nothing.
  const findEnd = intervals.to === intervalCount ? lowerBound : gallop;
  const from = intervals.from === 0 ? lowerBound(rows.ends, windowStartMs, 0, rowCount) : cursors[l]!;
  const to = findEnd(rows.ends, windowStartMs + intervals.to * widthMs, from, rowCount);
  cursors[l] = to;
  if (from === to) return;
  const isAlike = !belonging.isPart && belonging.skill !== MIXED;
  if (isAlike && to - from >= subtractRows * (intervals.to - intervals.from)) {
    subtract(rows, from, to, intervals, agent, belonging.skill, cells);
  } else {
    scan(rows, from, to, intervals, agent, belonging, cells);
  }
}

/**
 * The dimensions that cells must still be sorted by: they are filled agent by agent in the order of their ids, and each
 * agent's cells by time, so what the grouping has innermost of these is in order already.
 */
function unsortedOf(grouping: readonly Dimension[]): readonly Dimension[] {
  const outer = grouping.at(-1) === "interval" ? grouping.slice(0, -1) : grouping;
  return outer.at(-1) === "agent" ? outer.slice(0, -1) : outer;
}
