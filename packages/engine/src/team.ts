import { BOARD, SEAT, SEAT_WORDS, seatOf, type Seat } from "./board.ts";
import { compiledModule } from "./compiled.ts";
import { intsAt, memory, takeArea, type Area } from "./memory.ts";

export interface TeamOptions {
  /** 1 and up. */
  readonly helperCount: number;
  /** For tests: from so many rows on others are called. */
  readonly worthRows?: number;
  /** For tests: about so many cells are filled by one task. */
  readonly taskCells?: number;
  /** Told when there is something to help with for the first time: until then nobody need be there. */
  readonly onWanted?: () => void;
}

/** From so many rows on, it is worth to call others. */
const WORTH_ROWS = 30_000;
/** About 0.2 ms; then the main thread sleeps for so long at a time. */
const LOOKS = 20_000;
const NAP_MS = 1;
/** A task takes a tenth of a millisecond: whoever takes longer than this has lost its processor. */
const NAPS_MAX = 2;

let current: Team | null = null;

/** The team that is to be called for something that costs as much as adding so many rows; null: none. */
export function teamFor(rows: number): Team | null {
  return current !== null && rows >= current.worthRows ? current : null;
}

/** The threads that help the main one. One team a process at a time, as all share its memory. */
export class Team {
  readonly seats: readonly Seat[];
  readonly worthRows: number;
  readonly taskCells: number | undefined;
  #onWanted: (() => void) | undefined;
  /** Helpers look at it until they have ended. */
  readonly #area: Area;
  readonly #words: Int32Array;
  /** Jobs that were ended while a helper was still at them, and what to do when none is. */
  #dismissed: { readonly job: number; readonly free: () => void }[] = [];

  /** @throws Error if there is a team already */
  constructor({ helperCount, worthRows = WORTH_ROWS, taskCells, onWanted }: TeamOptions) {
    if (current !== null) throw new Error("expected to be the only team, there is another");
    const wordCount = seatOf(helperCount) + SEAT_WORDS;
    this.#area = takeArea(4 * wordCount);
    this.#words = intsAt(this.#area.address, wordCount).fill(0);
    this.worthRows = worthRows;
    this.taskCells = taskCells;
    this.#onWanted = onWanted;
    const { address: board } = this.#area;
    this.seats = Array.from({ length: helperCount }, (_, i) => ({ memory, module: compiledModule, board, thread: i + 1 }));
    // oxlint-disable-next-line typescript/no-this-alias, unicorn/no-this-assignment
    current = this;
  }

  /** The main one included. */
  get threadCount(): number {
    return 1 + this.seats.length;
  }

  /** Lets the helpers end, when they are done with what they are at. */
  close(): void {
    if (current === this) current = null;
    Atomics.store(this.#words, BOARD.job, 0);
    Atomics.store(this.#words, BOARD.isClosed, 1);
    this.#wake();
  }

  /** All helpers have ended, however they did. */
  ended(): void {
    this.close();
    for (const { thread } of this.seats) Atomics.store(this.#words, seatOf(thread) + SEAT.atWork, 0);
    this.#freeDismissed();
  }

  /** Calls all to a job, from whatever they were at. */
  call(job: number): void {
    this.#freeDismissed();
    if (current !== this) return;
    this.#onWanted?.();
    this.#onWanted = undefined;
    Atomics.store(this.#words, BOARD.job, job);
    this.#wake();
  }

  /** Ends a job. @param free what to do when nobody is at it any more */
  dismiss(job: number, free: () => void): void {
    Atomics.compareExchange(this.#words, BOARD.job, job, 0);
    for (let look = 0; look < LOOKS && this.#isAtWork(job); look++);
    this.#dismissed.push({ job, free });
    this.#freeDismissed();
  }

  /** Waits for a helper, not for long. @returns whether it has come so far */
  waitFor(isSo: () => boolean): boolean {
    for (let look = 0; look < LOOKS; look++) if (isSo()) return true;
    for (let nap = 0; nap < NAPS_MAX; nap++) {
      Atomics.wait(this.#words, BOARD.nothing, 0, NAP_MS);
      if (isSo()) return true;
    }
    return false;
  }

  #freeDismissed(): void {
    if (this.#dismissed.length === 0) return;
    const dismissed = this.#dismissed;
    this.#dismissed = dismissed.filter(({ job }) => this.#isAtWork(job));
    for (const { job, free } of dismissed) if (!this.#dismissed.some((other) => other.job === job)) free();
  }

  #isAtWork(job: number): boolean {
    return this.seats.some(({ thread }) => Atomics.load(this.#words, seatOf(thread) + SEAT.atWork) === job);
  }

  #wake(): void {
    Atomics.add(this.#words, BOARD.call, 1);
    if (this.seats.some(({ thread }) => Atomics.load(this.#words, seatOf(thread) + SEAT.isAsleep) === 1)) {
      Atomics.notify(this.#words, BOARD.call);
    }
  }
}
