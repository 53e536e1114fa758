import type { Cells } from "./cells.ts";
import { Held } from "./held.ts";
import { Job } from "./job.ts";
import { MIXED, type LaneTable } from "./lane-table.ts";
import { doublesAt } from "./memory.ts";
import type { Dimension } from "./query.ts";
import { giveBack, takeSpare } from "./spares.ts";
import { teamFor, type Team } from "./team.ts";

// As `Filling` and `FillTask` lie in `assembly/fill.ts`.
const FILLING_WORDS = 12;
const FILLING_WORD = { lanes: 6, skillOf: 7, intervalCount: 8, isByIntervals: 9, placesAt: 10 } as const;
const TASK_WORDS = 11;
const TASK_WORD = { firstCell: 9, lastCell: 10 } as const;

/** So many batches of cells lie ready or are being filled, where others help; of those that are filled by all lanes, so many. */
const BATCHES = 4;
const WIDE_BATCHES = 2;

export interface FillPlan {
  readonly lanes: LaneTable;
  readonly skillOf: Int32Array;
  readonly windowStartMs: number;
  readonly widthMs: number;
  readonly intervalCount: number;
  /** What the grouping has outermost decides which cells are filled before they are read: those of some agents, or of all of them. */
  readonly outermost: Dimension;
  /** Rows an interval from which on those of a lane are not added one by one. */
  readonly subtractRows: number;
  /** Lets go of all that the plan holds, when nobody looks at it any more. */
  readonly free: () => void;
}

/** About as many cells are filled by one task, and read at a time: their columns stay in the processor's cache. */
export const TASK_CELLS = 4_096;

/** About as many cells are of one task of a team, or of nobody: as many as usual, unless a test has told it otherwise. */
export function taskCellsOf(team: Team | null): number {
  return team?.taskCells ?? TASK_CELLS;
}

/** About so many tasks are done before cells are read where all lanes are visited each time: what counts then is to find many rows there. */
const WIDE_TASKS = 16;

/** What one task, or a batch of them, is about. */
interface Chunk {
  readonly firstLane: number;
  readonly lastLane: number;
  /** In the cells of the batch. */
  readonly firstCell: number;
  /** At most. */
  readonly cellCount: number;
}

/** Cells that have been filled. */
export interface Filled {
  readonly cells: Cells;
  /** Who can help to read them, since all is filled. null: nobody. */
  readonly team: Team | null;
  /** For whoever looks at the cells longer than the next ones are waited for. */
  readonly held: Held;
}

interface Way {
  /** null: the main thread is alone. */
  readonly team: Team | null;
  readonly taskCells: number;
  /** Where it begins. */
  readonly firstBatch: number;
}

/**
 * Fills the cells of each agent apart, batch by batch: of all lanes for some intervals, or of some lanes for all. The threads of the
 * team, if it is worth it, fill the next batches while one is being read. If one of them does not go on, as on a machine that is
 * busy, its batch is begun anew, in other memory than what it may still write to.
 *
 * @returns cells, each to be read before the next ones are asked for
 */
export function* fillCells(plan: FillPlan): Generator<Filled, void> {
  const team = teamFor(costOf(plan));
  const taskCells = taskCellsOf(team);
  const held = new Held(plan.free);
  try {
    for (let [firstBatch, tries]: [number | null, number] = [0, 0]; firstBatch !== null; tries++) {
      const lanes: LaneTable = tries === 0 ? plan.lanes : plan.lanes.anew();
      const free = (): void => {
        if (lanes !== plan.lanes) lanes.release();
        held.letGo();
      };
      const filling: Filling = new Filling({ ...plan, lanes, free }, { team, taskCells, firstBatch });
      held.hold();
      firstBatch = yield* filling.batches();
    }
  } finally {
    held.letGo();
  }
}

class Filling {
  readonly #plan: FillPlan;
  readonly #way: Way;
  /** All lanes are filled before cells are read. */
  readonly #isWide: boolean;
  /** Intervals that are filled together. */
  readonly #intervalStep: number;
  readonly #chunks: readonly Chunk[];
  readonly #batchCount: number;
  /** Of each batch. */
  readonly #taskCount: number;
  readonly #slots: readonly Cells[];
  readonly #job: Job;
  readonly #held: Held;

  constructor(plan: FillPlan, way: Way) {
    const { lanes, intervalCount, outermost } = plan;
    const { team, taskCells } = way;
    const isWide = outermost !== "agent";
    const wideStep = Math.max(1, Math.floor((WIDE_TASKS * taskCells) / lanes.count));
    this.#plan = plan;
    this.#way = way;
    this.#isWide = isWide;
    this.#intervalStep = outermost === "interval" ? Math.min(wideStep, intervalCount) : intervalCount;
    // Alone, one task fills what can only be read together.
    this.#chunks = this.#parted(isWide && team === null ? Infinity : taskCells);
    this.#taskCount = isWide ? this.#chunks.length : 1;
    this.#batchCount = isWide ? Math.ceil(intervalCount / this.#intervalStep) : this.#chunks.length;
    const slotCount = Math.min(this.#batchCount, team === null ? 1 : isWide ? WIDE_BATCHES : BATCHES);
    const capacity = this.#chunks.reduce((most, { firstCell, cellCount }) => Math.max(most, firstCell + cellCount), 0);
    this.#slots = Array.from({ length: slotCount }, () => takeSpare(capacity));
    const placesAt = 4 * (rowsMaxOf(lanes) + 2);
    this.#job = new Job({
      team,
      fillingWords: FILLING_WORDS,
      taskCount: this.#batchCount * this.#taskCount,
      taskWords: TASK_WORDS,
      firstTask: way.firstBatch * this.#taskCount,
      tasksBetween: isWide ? this.#taskCount : 0,
      scratchBytes: placesAt + 4 * lanes.placeWords,
    });
    this.#held = new Held(() => {
      for (const cells of this.#slots) giveBack(cells);
      plan.free();
    });
    this.#writeFilling(placesAt);
    this.#writeTasks();
  }

  /** @returns the batch that a helper has begun and does not end; null: all are done */
  *batches(): Generator<Filled, number | null> {
    try {
      for (let batch = this.#way.firstBatch; batch < this.#batchCount; batch++) {
        this.#job.allow(Math.min(batch + this.#slots.length, this.#batchCount) * this.#taskCount);
        if (!this.#job.finish(batch * this.#taskCount, (batch + 1) * this.#taskCount)) return batch;
        yield this.#filled(batch);
      }
      return null;
    } finally {
      this.#job.close(this.#held.letGo);
    }
  }

  /** Lanes that have about so many cells together, for as many intervals as are filled together. */
  #parted(taskCells: number): Chunk[] {
    const { lanes } = this.#plan;
    const chunks: Chunk[] = [];
    let [firstLane, firstCell, cellCount] = [0, 0, 0];
    for (let l = 0; l < lanes.count; l++) {
      cellCount += Math.min(lanes.rowCount(l), this.#intervalStep * lanes.skillCount(l));
      if (cellCount < taskCells && l + 1 < lanes.count) continue;
      chunks.push({ firstLane, lastLane: l + 1, firstCell, cellCount });
      [firstLane, firstCell, cellCount] = [l + 1, this.#isWide ? firstCell + cellCount : 0, 0];
    }
    return chunks;
  }

  #filled(batch: number): Filled {
    const cells = this.#slots[batch % this.#slots.length]!;
    const { words } = this.#job;
    const runs: number[] = [];
    for (let task = batch * this.#taskCount; task < (batch + 1) * this.#taskCount; task++) {
      const at = FILLING_WORDS + task * TASK_WORDS;
      const firstCell = words[at + TASK_WORD.firstCell]!;
      runs.push(firstCell, words[at + TASK_WORD.lastCell]! - firstCell);
    }
    cells.runs = runs;
    return { cells, team: batch + 1 < this.#batchCount ? null : this.#way.team, held: this.#held };
  }

  #writeFilling(placesAt: number): void {
    const { windowStartMs, widthMs, subtractRows, lanes, skillOf, intervalCount } = this.#plan;
    const { words, fillingAt } = this.#job;
    doublesAt(fillingAt, 3).set([windowStartMs, widthMs, subtractRows]);
    words[FILLING_WORD.lanes] = lanes.address;
    words[FILLING_WORD.skillOf] = skillOf.byteOffset;
    words[FILLING_WORD.intervalCount] = intervalCount;
    words[FILLING_WORD.isByIntervals] = this.#isWide ? 1 : 0;
    words[FILLING_WORD.placesAt] = placesAt;
  }

  #writeTasks(): void {
    const { intervalCount } = this.#plan;
    const { words } = this.#job;
    const isWide = this.#isWide;
    const intervalStep = this.#intervalStep;
    let at = FILLING_WORDS;
    for (let batch = 0; batch < this.#batchCount; batch++) {
      const { sums, intervals, skills, agents } = this.#slots[batch % this.#slots.length]!;
      const firstInterval = isWide ? batch * intervalStep : 0;
      for (const { firstLane, lastLane, firstCell } of isWide ? this.#chunks : [this.#chunks[batch]!]) {
        words[at] = batch < this.#way.firstBatch ? 1 : 0;
        words[at + 1] = firstLane;
        words[at + 2] = lastLane;
        words[at + 3] = firstInterval;
        words[at + 4] = Math.min(firstInterval + intervalStep, intervalCount);
        words[at + 5] = sums.doubles.byteOffset;
        words[at + 6] = intervals.byteOffset;
        words[at + 7] = skills.byteOffset;
        words[at + 8] = agents.byteOffset;
        words[at + TASK_WORD.firstCell] = firstCell;
        words[at + TASK_WORD.lastCell] = firstCell;
        at += TASK_WORDS;
      }
    }
  }
}

function rowsMaxOf(lanes: LaneTable): number {
  let most = 0;
  for (let l = 0; l < lanes.count; l++) if (lanes.isPart(l) || lanes.skill(l) === MIXED) most = Math.max(most, lanes.rowCount(l));
  return most;
}

/** In rows that are added: where checkpoints are subtracted, an interval costs about as much as some rows. */
function costOf({ lanes, intervalCount, subtractRows }: FillPlan): number {
  let cost = 0;
  for (let l = 0; l < lanes.count; l++) {
    const rowCount = lanes.rowCount(l);
    const isAlike = !lanes.isPart(l) && lanes.skill(l) !== MIXED;
    cost += isAlike ? Math.min(rowCount, subtractRows * intervalCount) : rowCount;
  }
  return cost;
}
