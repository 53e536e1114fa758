import { BOARD, SEAT, SEAT_WORDS, seatOf, type Seat } from "./board.ts";

export type { Seat };

interface Helping {
  readonly help: (jobAt: number, atWorkAt: number, thread: number) => void;
}

/** What a helping thread does until its team is closed. */
export function help({ memory, module, board, thread }: Seat): void {
  const words = new Int32Array(memory.buffer, board, seatOf(thread) + SEAT_WORDS);
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Helping;
  const seat = seatOf(thread);
  while (Atomics.load(words, BOARD.isClosed) === 0) {
    const call = Atomics.load(words, BOARD.call);
    kernels.help(board + 4 * BOARD.job, board + 4 * (seat + SEAT.atWork), thread);
    Atomics.store(words, seat + SEAT.isAsleep, 1);
    // Whoever called in the meantime is heard.
    Atomics.wait(words, BOARD.call, call);
    Atomics.store(words, seat + SEAT.isAsleep, 0);
  }
}
