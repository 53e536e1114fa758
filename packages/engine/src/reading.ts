import { giveBackColumns, SCRATCH_BYTES, takeColumns, TASK_WORDS, type CellColumns, type Reading } from "./cell-columns.ts";
import type { CellPart } from "./cells.ts";
import { TASK_CELLS, taskCellsOf, type Filled } from "./filling.ts";
import type { Held } from "./held.ts";
import { Job } from "./job.ts";
import type { Team } from "./team.ts";

/** Cells that have been filled, in the order of the grouping. */
export interface Batch extends Filled {
  readonly parts: readonly CellPart[];
}

export interface ReadPart {
  readonly columns: CellColumns;
  readonly cellCount: number;
}

/** A task reads this part of as many cells as one fills: whoever waits for its end waits little. */
const PIECES = 8;
/** About so many cells are read ahead. */
const AHEAD_CELLS = 8 * TASK_CELLS;

/**
 * Reads parts, one after another. Where a team has nothing left to fill, it reads the next ones meanwhile; if one of its threads does
 * not go on, a part is begun anew, in other memory than what that thread may still write to.
 *
 * @returns columns, each to be looked at before the next ones are asked for
 */
export function* readParts(batch: Batch, reading: Reading): Generator<ReadPart, void> {
  const { team, parts } = batch;
  const taskCells = taskCellsOf(team);
  const pieceCells = 2 * Math.ceil(taskCells / (2 * PIECES));
  if (team === null || batch.cells.count <= taskCells) yield* readAlone(parts, reading);
  else {
    let first: number | null = 0;
    while (first !== null) first = yield* new SharedReading(batch, team, reading, pieceCells, first).columns();
  }
}

function* readAlone(parts: readonly CellPart[], reading: Reading): Generator<ReadPart, void> {
  const columns = takeColumns();
  try {
    for (const part of parts) {
      columns.read(part, null, reading);
      yield { columns, cellCount: part.to - part.from };
    }
  } finally {
    giveBackColumns(columns);
  }
}

class SharedReading {
  readonly #parts: readonly CellPart[];
  readonly #first: number;
  /** Of each part its first task; and behind them, how many there are. */
  readonly #firstTasks: readonly number[];
  readonly #slots: readonly CellColumns[];
  readonly #job: Job;
  readonly #held: Held;

  /** @param first the part to begin with */
  constructor({ cells, parts, held }: Batch, team: Team, reading: Reading, pieceCells: number, first: number) {
    const largest = parts.reduce((most, { from, to }) => Math.max(most, to - from), 0);
    const slotCount = Math.min(parts.length, Math.max(1, Math.floor(AHEAD_CELLS / largest)));
    this.#parts = parts;
    this.#first = first;
    this.#held = held;
    this.#slots = Array.from({ length: slotCount }, takeColumns);
    for (const columns of this.#slots) columns.begin(cells, largest, reading);
    const firstTasks = [0];
    for (const { from, to } of parts) firstTasks.push(firstTasks.at(-1)! + Math.ceil((to - from) / pieceCells));
    this.#firstTasks = firstTasks;
    const taskCount = firstTasks.at(-1)!;
    this.#job = new Job({ team, taskCount, taskWords: TASK_WORDS, firstTask: firstTasks[first]!, scratchBytes: SCRATCH_BYTES });
    this.#writeTasks(pieceCells);
    held.hold();
  }

  /** @returns the part that a helper has begun and does not end; null: all are read */
  *columns(): Generator<ReadPart, number | null> {
    const parts = this.#parts;
    const firstTasks = this.#firstTasks;
    try {
      for (let p = this.#first; p < parts.length; p++) {
        const { from, to } = parts[p]!;
        this.#job.allow(firstTasks[Math.min(p + this.#slots.length, parts.length)]!);
        if (!this.#job.finish(firstTasks[p]!, firstTasks[p + 1]!)) return p;
        yield { columns: this.#slots[p % this.#slots.length]!, cellCount: to - from };
      }
      return null;
    } finally {
      this.#job.close(() => {
        for (const columns of this.#slots) giveBackColumns(columns);
        this.#held.letGo();
      });
    }
  }

  #writeTasks(pieceCells: number): void {
    let at = 0;
    for (const [p, part] of this.#parts.entries()) {
      const columns = this.#slots[p % this.#slots.length]!;
      for (let { from } = part; from < part.to; from += pieceCells) {
        this.#job.words.set(columns.taskOf(part, from, Math.min(from + pieceCells, part.to), from - part.from), at);
        at += TASK_WORDS;
      }
    }
  }
}
