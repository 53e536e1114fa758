import { NO_KEY, type CellPart, type Cells, type SortKey } from "./cells.ts";
import type { Columns } from "./columns.ts";
import { NONE } from "./facets.ts";
import { fillCells, taskCellsOf, type Filled } from "./filling.ts";
import { Held } from "./held.ts";
import { lowerBound } from "./lane.ts";
import { LaneTable, MIXED } from "./lane-table.ts";
import { intsAt, release, takeArea, type Area } from "./memory.ts";
import type { Dimension, Filter, Query } from "./query.ts";
import type { Batch } from "./reading.ts";
import { giveBack, takeSpare } from "./spares.ts";
import { CellIndex, scanTogether, subtractTogether } from "./together.ts";

/**
 * How rows become cells. `calendar`: the total of everybody, from sums by time. `subtract`: checkpoints at the edges of each
 * interval; its cost follows the answer. `add`: every row of the window is added to the cell of its interval. `scan`: the same,
 * where the rows of a lane have to be told apart. Each lane is answered as suits it.
 */
export type ExecutionPath = "calendar" | "subtract" | "add" | "scan";

/** With so many rows an interval, checkpoints cost less than adding. */
const SUBTRACT_ROWS = 16;

/**
 * The cells of one query, batch by batch, in parts of some thousand in the order of the grouping; all that have the outermost key in
 * common come together. They lie in the memory of those before. Whatever comes in while cells are being read is not seen by them.
 *
 * @param forced for tests: the path to take wherever it can be taken
 */
export function* streamBatches(columns: Columns, query: Query, forced?: ExecutionPath): Generator<Batch, void> {
  const pass = openPass(columns, query, forced);
  if (pass.byAgent) yield* fillByAgent(pass);
  else yield* fillAtOnce(pass);
}

/** The parts of all batches. */
export function* streamCells(columns: Columns, query: Query, forced?: ExecutionPath): Generator<CellPart, void> {
  for (const { parts } of streamBatches(columns, query, forced)) yield* parts;
}

function* fillAtOnce(pass: Pass): Generator<Batch, void> {
  const cells = takeSpare();
  const held = new Held(() => {
    giveBack(cells);
    pass.close();
  });
  try {
    if (pass.path === "calendar") fillTotal(pass, cells);
    else fillTogether(pass, cells);
    yield toBatch(pass, pass.path === "calendar" ? [] : pass.query.grouping, { cells, team: null, held });
  } finally {
    held.letGo();
  }
}

/** @param unsorted what the cells are to be sorted by for the order of the grouping */
function toBatch(pass: Pass, unsorted: readonly Dimension[], filled: Filled): Batch {
  const { cells, team } = filled;
  const order = cells.orderBy(unsorted.map((dimension) => sortKeyOf(pass, dimension)));
  const outermost = pass.query.grouping[0];
  const keys = outermost === undefined ? null : cells.column(outermost);
  const keyAt = (place: number): number => keys![order === null ? place : order[place]!]!;
  const parts: CellPart[] = [];
  for (let from = 0, to = 0; from < cells.count; from = to) {
    to = Math.min(from + taskCellsOf(team), cells.count);
    if (keys !== null) to = endOf(keyAt, to, cells.count);
    parts.push({ cells, order, from, to });
  }
  return { ...filled, parts };
}

/** @returns the place behind those that have their key in common with the one before `from` */
function endOf(keyAt: (place: number) => number, from: number, to: number): number {
  const key = keyAt(from - 1);
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (keyAt(middle) === key) from = middle + 1;
    else to = middle;
  }
  return from;
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
  readonly lanes: LaneTable;
  readonly skillOf: Int32Array;
  readonly intervalMs: number;
  readonly intervalCount: number;
  /** Rows an interval from which on those of a lane are not added one by one. */
  readonly subtractRows: number;
  /** To be called once. */
  readonly close: () => void;
}

const NOBODY = new Uint32Array(0);

function openPass(columns: Columns, query: Query, forced: ExecutionPath | undefined): Pass {
  const { grouping, window, filter } = query;
  const intervalMs = intervalMsOf(query);
  const skillOf = skillOfFacets(columns, query);
  const isTotalOfAll = grouping.length === 0 && filter.agentIds === null && skillOf === null;
  const path = isTotalOfAll && (forced === undefined || forced === "calendar") ? "calendar" : "lanes";
  const byFacet = skillOf?.byFacet ?? noSkillsOf(columns.facets.size);
  const lanes = LaneTable.of(columns.lanes, path === "calendar" ? NOBODY : agentsIn(columns, filter), {
    byFacet,
    areAlike: skillOf === null,
    isForcedScan: forced === "scan",
    ranks: columns.facets.skills.ranks,
  });
  columns.openView();
  return {
    columns,
    query,
    path,
    byAgent: grouping.includes("agent"),
    lanes,
    skillOf: byFacet,
    intervalMs,
    intervalCount: (window.endMs - window.startMs) / intervalMs,
    subtractRows: forced === "subtract" ? 0 : forced === "add" ? Infinity : SUBTRACT_ROWS,
    close: () => {
      columns.closeView();
      lanes.release();
      if (skillOf !== null) release(skillOf.area);
    },
  };
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
  return { byFacet: intsAt(area.address, facetCount).fill(NO_KEY), area };
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

function fillTotal({ columns, query: { window } }: Pass, cells: Cells): void {
  cells.clear();
  const cell = cells.begin(0, NO_KEY, NO_KEY);
  columns.calendar.sum(window.startMs, window.endMs, columns.lanes, cells.sums, cell);
}

/** All agents together: cells by interval and skill at most. */
function fillTogether({ columns, query, lanes, skillOf, intervalMs, intervalCount, subtractRows }: Pass, cells: Cells): void {
  const { startMs, endMs } = query.window;
  const intervals = { windowStartMs: startMs, widthMs: intervalMs, count: intervalCount };
  cells.clear();
  const index = new CellIndex(cells, intervals, columns.facets.skills.size);
  if (query.grouping.length === 0) index.cellAt(0, NO_KEY);
  const own = takeSpare();
  for (let l = 0; l < lanes.count; l++) {
    const skill = lanes.skill(l);
    if (skill === NONE) continue;
    const rows = lanes.rows(l);
    const isPart = lanes.isPart(l);
    const from = lowerBound(rows.ends, startMs, 0, lanes.rowCount(l));
    const to = lowerBound(rows.ends, endMs, from, lanes.rowCount(l));
    if (isPart || skill === MIXED || to - from < subtractRows * intervalCount) {
      scanTogether(rows, from, to, intervals, skillOf, isPart, index);
    } else {
      subtractTogether(rows, from, to, intervals, skill, own, index);
    }
  }
  giveBack(own);
}

/** Each agent's cells apart. What the grouping has outermost decides which of them are filled together. */
function* fillByAgent(pass: Pass): Generator<Batch, void> {
  const { lanes, skillOf, query, intervalMs, intervalCount, subtractRows, close } = pass;
  const filled = fillCells({
    lanes,
    skillOf,
    windowStartMs: query.window.startMs,
    widthMs: intervalMs,
    intervalCount,
    outermost: query.grouping[0]!,
    subtractRows,
    free: close,
  });
  const stillToSort = unsortedOf(query.grouping);
  for (const batch of filled) yield toBatch(pass, stillToSort, batch);
}

/** The order that cells are filled in: agent by agent, in the order of ids. */
const FILLED: readonly Dimension[] = ["agent", "skill", "interval"];

/** The dimensions that cells must still be sorted by. What the grouping has behind them is in order already. */
function unsortedOf(grouping: readonly Dimension[]): readonly Dimension[] {
  const places = grouping.map((dimension) => FILLED.indexOf(dimension));
  let first = places.length - 1;
  while (first > 0 && places[first - 1]! < places[first]!) first--;
  return grouping.slice(0, first);
}
