import { CellTable, sumsOf, type Answer } from "./answer.ts";
import type { Columns } from "./columns.ts";
import { NONE } from "./facets.ts";
import type { Lane } from "./lane.ts";
import { SUMS } from "./metrics.ts";
import type { Filter, Query } from "./query.ts";

/**
 * How a lane's rows become cells. `subtract`: running sums at the edges of each interval; cost follows the answer.
 * `scan`: every row of the window; needed where rows differ in what they belong to, cheaper where edges outnumber rows.
 */
export type ExecutionPath = "subtract" | "scan";

/**
 * Answers one query over one account's columns.
 *
 * @param forced for tests: the path to take wherever it can be taken
 */
export function ask(columns: Columns, query: Query, forced?: ExecutionPath): Answer {
  const { window, filter, grouping } = query;
  const byAgent = grouping.includes("agent");
  const intervalMs = intervalMsOf(query);
  const pass: Pass = {
    query,
    columns,
    keptFacets: columns.facets.select(filter),
    bySkill: grouping.includes("skill"),
    intervalMs,
    intervalCount: (window.endMs - window.startMs) / intervalMs,
    sums: sumsOf(query.metrics).map((sum) => SUMS.indexOf(sum)),
    forced,
  };

  const table = new CellTable(sumsOf(query.metrics));
  const accumulator = new Accumulator(pass, table);
  for (const agent of agentsIn(columns, filter)) {
    addLane(pass, columns.lanes[agent]!, accumulator);
    if (byAgent) accumulator.flush(agent);
  }
  if (!byAgent) accumulator.flush(NO_AGENT);
  return table.toAnswer(query, columns);
}

/** What stays the same while one query is answered. */
interface Pass {
  readonly query: Query;
  readonly columns: Columns;
  readonly keptFacets: Uint8Array | null;
  readonly bySkill: boolean;
  readonly intervalMs: number;
  readonly intervalCount: number;
  /** Indexes into `SUMS`. */
  readonly sums: readonly number[];
  readonly forced: ExecutionPath | undefined;
}

/** The whole window is one interval where nothing is grouped by intervals. */
function intervalMsOf({ window, grouping, intervalMs }: Query): number {
  const windowMs = window.endMs - window.startMs;
  if (!grouping.includes("interval")) return windowMs;
  if (intervalMs === undefined || windowMs % intervalMs !== 0)
    throw new RangeError(`expected a divisor of the window (${windowMs} ms) as intervalMs, got ${intervalMs}`);
  return intervalMs;
}

const NO_AGENT = 0;

/** The agents that a filter keeps, in the order of ids unless it names them. */
export function agentsIn(columns: Columns, { agentIds }: Filter): Iterable<number> {
  if (agentIds === null) return columns.agents.ordered;
  return new Set(agentIds.map((id) => columns.agents.indexOf(id)).filter((index) => index !== undefined));
}

function addLane(pass: Pass, lane: Lane, accumulator: Accumulator): void {
  const from = lane.lowerBound(pass.query.window.startMs);
  const to = lane.lowerBound(pass.query.window.endMs, from);
  if (from === to) return;
  if (pathOf(pass, to - from) === "subtract") subtract(pass, lane, from, to, accumulator);
  else scan(pass, lane, from, to, accumulator);
}

function pathOf({ keptFacets, bySkill, forced, intervalCount }: Pass, rowCount: number): ExecutionPath {
  if (keptFacets !== null || bySkill) return "scan";
  if (forced !== undefined) return forced;
  return intervalCount * Math.log2(rowCount + 1) < rowCount || intervalCount === 1 ? "subtract" : "scan";
}

function subtract({ query, intervalMs, intervalCount, sums }: Pass, lane: Lane, from: number, to: number, accumulator: Accumulator): void {
  let begin = from;
  for (let interval = 0; interval < intervalCount && begin < to; interval++) {
    const end = lane.lowerBound(query.window.startMs + (interval + 1) * intervalMs, begin, to);
    if (end === begin) continue;
    const at = accumulator.cellAt(NONE, interval);
    for (let s = 0; s < sums.length; s++) accumulator.values[at + s]! += lane.sumBetween(sums[s]!, begin, end);
    begin = end;
  }
}

function scan(pass: Pass, lane: Lane, from: number, to: number, accumulator: Accumulator): void {
  const { query, columns, keptFacets, bySkill, intervalMs, sums } = pass;
  const { skillOf } = columns.facets;
  for (let row = from; row < to; row++) {
    const facet = lane.facets[row]!;
    if (keptFacets !== null && keptFacets[facet] === 0) continue;
    const skill = bySkill ? skillOf[facet]! : NONE;
    if (bySkill && skill === NONE) continue;
    const at = accumulator.cellAt(skill, Math.floor((lane.ends[row]! - query.window.startMs) / intervalMs));
    for (let s = 0; s < sums.length; s++) accumulator.values[at + s]! += lane.sumBetween(sums[s]!, row, row + 1);
  }
}

/** The cells of one group of lanes, dense by interval for each skill that occurs, until they are flushed. */
class Accumulator {
  values = new Float64Array(0);
  readonly #pass: Pass;
  readonly #table: CellTable;
  /** The block of each skill that occurred, by its index plus one (0: no grouping by skill). */
  readonly #blocks = new Map<number, number>();
  readonly #countPlace: number;

  constructor(pass: Pass, table: CellTable) {
    this.#pass = pass;
    this.#table = table;
    this.#countPlace = table.sums.indexOf("segments");
  }

  get #blockLength(): number {
    return this.#pass.intervalCount * this.#pass.sums.length;
  }

  /** @returns where the sums of a cell begin in `values` */
  cellAt(skill: number, interval: number): number {
    let block = this.#blocks.get(skill);
    if (block === undefined) {
      block = this.#blocks.size;
      this.#blocks.set(skill, block);
      this.#reserve((block + 1) * this.#blockLength);
    }
    return block * this.#blockLength + interval * this.#pass.sums.length;
  }

  /** Hands every non-empty cell to the table, and starts anew. */
  flush(agent: number): void {
    const { intervalCount, sums, query } = this.#pass;
    const isTotal = query.grouping.length === 0;
    if (isTotal) this.cellAt(NONE, 0);
    for (const [skill, block] of this.#blocks) {
      for (let interval = 0; interval < intervalCount; interval++) {
        const at = block * this.#blockLength + interval * sums.length;
        if (isTotal || this.values[at + this.#countPlace]! > 0) this.#table.add(interval, skill, agent, this.values, at);
      }
    }
    this.values.fill(0, 0, this.#blocks.size * this.#blockLength);
    this.#blocks.clear();
  }

  #reserve(length: number): void {
    if (length <= this.values.length) return;
    const larger = new Float64Array(Math.max(length, this.values.length * 2));
    larger.set(this.values);
    this.values = larger;
  }
}
