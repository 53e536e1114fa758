import type { SegmeterError } from "./error.ts";

const FIRST_MS = 500;
const MOST_MS = 10_000;

/**
 * How long to wait before the next attempt: twice as long each time, and no two clients alike, so that they do not all come
 * back in one moment to a gateway that was restarted.
 *
 * @param failureCount attempts that failed in a row before this one
 */
export function backoffMs(failureCount: number): number {
  const boundMs = Math.min(MOST_MS, FIRST_MS * 2 ** failureCount);
  return boundMs * (0.5 + Math.random() / 2);
}

/** As long as the gateway asked for, if it did. */
export function waitMs(error: SegmeterError, failureCount: number): number {
  const askedMs = error.kind === "http" ? error.retryAfterMs : null;
  return askedMs ?? backoffMs(failureCount);
}
