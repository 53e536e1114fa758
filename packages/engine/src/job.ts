import type { Cells } from "./cells.ts";
import { compiled } from "./compiled.ts";
import { MIXED, type LaneTable } from "./lane-table.ts";
import { doublesAt, intsAt, release, takeArea, type Area } from "./memory.ts";
import type { Dimension } from "./query.ts";
import { giveBack, takeSpare } from "./spares.ts";
import { teamFor, type Team } from "./team.ts";

// As `Job`, `Task` and `Scratch` lie in `assembly/job.ts`.
const JOB_BYTES = 64;
const JOB_WORD = { lanes: 6, skillOf: 7, intervalCount: 8, tasks: 9, tasksBetween: 10, next: 11, limit: 12, scratches: 13 } as const;
const TASK_WORDS = 11;
const TASK_WORD = { firstCell: 8, lastCell: 9, isDone: 10 } as const;
const SCRATCH_WORDS = 2;

/** So many batches of cells lie ready or are being filled, where others help; of those that are filled by all lanes, so many. */
const BATCHES = 4;
const WIDE_BATCHES = 2;

export interface JobPlan {
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
export function* fillCells(plan: JobPlan): Generator<Cells, void> {
  const team = teamFor(costOf(plan));
  const taskCells = team?.taskCells ?? TASK_CELLS;
  let holders = 1;
  const letGo = (): void => {
    holders -= 1;
    if (holders === 0) plan.free();
  };
  try {
    for (let [firstBatch, tries]: [number | null, number] = [0, 0]; firstBatch !== null; tries++) {
      const lanes: LaneTable = tries === 0 ? plan.lanes : plan.lanes.anew();
      const free = (): void => {
        if (lanes !== plan.lanes) lanes.release();
        letGo();
      };
      const job: Job = new Job({ ...plan, lanes, free }, { team, taskCells, firstBatch });
      holders += 1;
      firstBatch = yield* job.batches();
    }
  } finally {
    letGo();
  }
}

class Job {
  readonly #plan: JobPlan;
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
  readonly #area: Area;
  readonly #words: Int32Array;
  readonly #tasksAt = JOB_BYTES / 4;

  constructor(plan: JobPlan, way: Way) {
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
    const threadCount = team === null ? 1 : team.threadCount;
    const rowsMax = rowsMaxOf(lanes);
    const taskCount = this.#batchCount * this.#taskCount;
    const ownWords = rowsMax + 1 + lanes.placeWords;
    this.#area = takeArea(JOB_BYTES + 4 * (taskCount * TASK_WORDS + threadCount * (SCRATCH_WORDS + ownWords)));
    this.#words = intsAt(this.#area.address, this.#area.bytes / 4);
    this.#writeJob();
    this.#writeTasks();
    this.#writeScratches(this.#tasksAt + taskCount * TASK_WORDS, threadCount, ownWords);
  }

  /** @returns the batch that a helper has begun and does not end; null: all are done */
  *batches(): Generator<Cells, number | null> {
    try {
      for (let batch = this.#way.firstBatch; batch < this.#batchCount; batch++) {
        this.#allow(batch + this.#slots.length);
        if (!this.#fill(batch)) return batch;
        yield this.#read(batch);
      }
      return null;
    } finally {
      this.#close();
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

  get #address(): number {
    return this.#area.address;
  }

  /** Tasks of batches before this one may be done. */
  #allow(batch: number): void {
    const limit = Math.min(batch, this.#batchCount) * this.#taskCount;
    Atomics.store(this.#words, JOB_WORD.limit, limit);
    this.#way.team?.call(this.#address);
  }

  /** @returns false if a helper does not end what it has begun */
  #fill(batch: number): boolean {
    for (let task = batch * this.#taskCount; task < (batch + 1) * this.#taskCount; task++) {
      while (compiled.isDone(this.#address, task) === 0) {
        if (compiled.doNext(this.#address, 0) !== 0) continue;
        if (!this.#way.team!.waitFor(() => compiled.isDone(this.#address, task) !== 0)) return false;
      }
    }
    return true;
  }

  #read(batch: number): Cells {
    const cells = this.#slots[batch % this.#slots.length]!;
    const runs: number[] = [];
    for (let task = batch * this.#taskCount; task < (batch + 1) * this.#taskCount; task++) {
      const at = this.#tasksAt + task * TASK_WORDS;
      const firstCell = this.#words[at + TASK_WORD.firstCell]!;
      runs.push(firstCell, this.#words[at + TASK_WORD.lastCell]! - firstCell);
    }
    cells.runs = runs;
    return cells;
  }

  #close(): void {
    const free = (): void => {
      for (const cells of this.#slots) giveBack(cells);
      release(this.#area);
      this.#plan.free();
    };
    const { team } = this.#way;
    if (team === null) free();
    else team.dismiss(this.#address, free);
  }

  #writeJob(): void {
    const { windowStartMs, widthMs, subtractRows, lanes, skillOf, intervalCount } = this.#plan;
    doublesAt(this.#address, 3).set([windowStartMs, widthMs, subtractRows]);
    const words = this.#words;
    words[JOB_WORD.lanes] = lanes.address;
    words[JOB_WORD.skillOf] = skillOf.byteOffset;
    words[JOB_WORD.intervalCount] = intervalCount;
    words[JOB_WORD.tasks] = this.#address + 4 * this.#tasksAt;
    words[JOB_WORD.tasksBetween] = this.#isWide ? this.#taskCount : 0;
    words[JOB_WORD.next] = this.#way.firstBatch * this.#taskCount;
    words[JOB_WORD.limit] = 0;
  }

  #writeTasks(): void {
    const { intervalCount } = this.#plan;
    const isWide = this.#isWide;
    const intervalStep = this.#intervalStep;
    let at = this.#tasksAt;
    for (let batch = 0; batch < this.#batchCount; batch++) {
      const { sums, intervals, skills, agents } = this.#slots[batch % this.#slots.length]!;
      const firstInterval = isWide ? batch * intervalStep : 0;
      for (const { firstLane, lastLane, firstCell } of isWide ? this.#chunks : [this.#chunks[batch]!]) {
        const words = this.#words;
        words[at] = firstLane;
        words[at + 1] = lastLane;
        words[at + 2] = firstInterval;
        words[at + 3] = Math.min(firstInterval + intervalStep, intervalCount);
        words[at + 4] = sums.doubles.byteOffset;
        words[at + 5] = intervals.byteOffset;
        words[at + 6] = skills.byteOffset;
        words[at + 7] = agents.byteOffset;
        words[at + TASK_WORD.firstCell] = firstCell;
        words[at + TASK_WORD.lastCell] = firstCell;
        words[at + TASK_WORD.isDone] = batch < this.#way.firstBatch ? 1 : 0;
        at += TASK_WORDS;
      }
    }
  }

  #writeScratches(from: number, threadCount: number, ownWords: number): void {
    const words = this.#words;
    words[JOB_WORD.scratches] = this.#address + 4 * from;
    for (let thread = 0; thread < threadCount; thread++) {
      const own = from + threadCount * SCRATCH_WORDS + thread * ownWords;
      // That of the rows that are passed over lies before the other places.
      const places = own + ownWords - this.#plan.lanes.placeWords + 1;
      words.set(
        [own, places].map((word) => this.#address + 4 * word),
        from + thread * SCRATCH_WORDS,
      );
    }
  }
}

function rowsMaxOf(lanes: LaneTable): number {
  let most = 0;
  for (let l = 0; l < lanes.count; l++) if (lanes.isPart(l) || lanes.skill(l) === MIXED) most = Math.max(most, lanes.rowCount(l));
  return most;
}

/** In rows that are added: where checkpoints are subtracted, an interval costs about as much as some rows. */
function costOf({ lanes, intervalCount, subtractRows }: JobPlan): number {
  let cost = 0;
  for (let l = 0; l < lanes.count; l++) {
    const rowCount = lanes.rowCount(l);
    const isAlike = !lanes.isPart(l) && lanes.skill(l) !== MIXED;
    cost += isAlike ? Math.min(rowCount, subtractRows * intervalCount) : rowCount;
  }
  return cost;
}
