/** What another thread needs to help: `help` takes it. */
export interface Seat {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** The address of the board, where all are told what to do. */
  readonly board: number;
  /** The main thread is 0. */
  readonly thread: number;
}

/** What is written on the board, in words: the job that is to be helped with, 0 if there is none; a number that grows at each call. */
export const BOARD = { job: 0, call: 1, isClosed: 2, nothing: 3 } as const;
/** Of each thread by its number, behind those: the job that it is at, and whether it sleeps. */
export const SEAT = { atWork: 0, isAsleep: 1 } as const;
const BOARD_WORDS = 4;
export const SEAT_WORDS = 2;

export function seatOf(thread: number): number {
  return BOARD_WORDS + thread * SEAT_WORDS;
}
