import { setTimeout as delay } from "node:timers/promises";

/** When a worker asks next. */
export interface Pace {
  /** Settles when it is time; at once after the signal. */
  readonly turn: (signal: AbortSignal) => Promise<void>;
}

/**
 * The pace of one of several workers.
 *
 * @param perSecond of all of them together, whatever the answers take; undefined: each asks without a pause
 * @param catchesUp whether turns that passed while it waited for an answer are taken afterwards
 */
export function paceOf(perSecond: number | undefined, workerCount: number, { catchesUp }: { readonly catchesUp: boolean }): Pace {
  if (perSecond === undefined) return { turn: () => Promise.resolve() };
  const everyMs = (1_000 * workerCount) / perSecond;
  let dueMs = performance.now() + Math.random() * everyMs;
  return {
    turn: async (signal) => {
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined);
      dueMs = catchesUp ? dueMs + everyMs : Math.max(dueMs, performance.now()) + everyMs;
    },
  };
}
