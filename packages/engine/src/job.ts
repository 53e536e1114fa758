import { compiled } from "./compiled.ts";
import { intsAt, release, takeArea, type Area } from "./memory.ts";
import type { Team } from "./team.ts";

// As `Job` lies in `assembly/job.ts`.
const JOB_WORDS = 8;
const WORD = { filling: 0, tasks: 1, taskBytes: 2, tasksBetween: 3, next: 4, limit: 5, scratches: 6, scratchBytes: 7 } as const;

export interface JobPlan {
  /** null: the main thread is alone. */
  readonly team: Team | null;
  /** Of `Filling`, where cells are filled. */
  readonly fillingWords?: number;
  readonly taskCount: number;
  readonly taskWords: number;
  /** The first one that is to be done. */
  readonly firstTask?: number;
  /** So many tasks before one that goes on where that one ended; 0: none does. */
  readonly tasksBetween?: number;
  /** What each thread needs for itself. */
  readonly scratchBytes: number;
}

/** Many tasks of one kind, as kernels read them. The main thread does them like any other, and waits for none that nobody has begun. */
export class Job {
  /** The filling, and the tasks behind it: whoever makes the job writes both, and 0 in the first word of a task that is not done. */
  readonly words: Int32Array;
  /** Where the filling lies; 0: the tasks are to read. */
  readonly fillingAt: number;
  readonly #team: Team | null;
  readonly #area: Area;
  readonly #header: Int32Array;

  constructor({ team, fillingWords = 0, taskCount, taskWords, firstTask = 0, tasksBetween = 0, scratchBytes }: JobPlan) {
    const threadCount = team === null ? 1 : team.threadCount;
    const wordCount = fillingWords + taskCount * taskWords;
    this.#team = team;
    this.#area = takeArea(4 * (JOB_WORDS + wordCount) + threadCount * scratchBytes);
    const wordsAt = this.#area.address + 4 * JOB_WORDS;
    this.words = intsAt(wordsAt, wordCount);
    this.fillingAt = fillingWords === 0 ? 0 : wordsAt;
    const header = intsAt(this.#area.address, JOB_WORDS);
    this.#header = header;
    header[WORD.filling] = this.fillingAt;
    header[WORD.tasks] = wordsAt + 4 * fillingWords;
    header[WORD.taskBytes] = 4 * taskWords;
    header[WORD.tasksBetween] = tasksBetween;
    header[WORD.next] = firstTask;
    header[WORD.limit] = 0;
    header[WORD.scratches] = wordsAt + 4 * wordCount;
    header[WORD.scratchBytes] = scratchBytes;
  }

  /** Tasks before this one may be done. */
  allow(limit: number): void {
    Atomics.store(this.#header, WORD.limit, limit);
    this.#team?.call(this.#area.address);
  }

  /** Does what is left of the tasks `[from, to)`. @returns false if a helper does not end what it has begun */
  finish(from: number, to: number): boolean {
    const { address } = this.#area;
    for (let task = from; task < to; task++) {
      while (compiled.isDone(address, task) === 0) {
        if (compiled.doNext(address, 0) !== 0) continue;
        if (!this.#team!.waitFor(() => compiled.isDone(address, task) !== 0)) return false;
      }
    }
    return true;
  }

  /** @param free what to do when nobody is at it any more */
  close(free: () => void): void {
    const freeAll = (): void => {
      release(this.#area);
      free();
    };
    if (this.#team === null) freeAll();
    else this.#team.dismiss(this.#area.address, freeAll);
  }
}
