import { describe } from "./fault.ts";
import type { Window } from "./query.ts";

export const MINUTE_MS = 60_000;
export const TIMEFRAME_MAX_MINUTES = 1440;
export const INTERVAL_MIN_MINUTES = 5;
/** How far past the server's clock a window may end. */
export const WINDOW_AHEAD_MAX_MS = 60_000;

/** What a window is held against: the server's clock, and the earliest moment of which segments are still kept. */
export interface Limits {
  readonly nowMs: number;
  /** -Infinity when everything is kept. */
  readonly keptSinceMs: number;
}

// The rules below are the same on every surface; each returns what is wrong, or null. Contract, section 4.

export function timeframeFault(minutes: unknown): string | null {
  const isTimeframe = Number.isInteger(minutes) && (minutes as number) >= 1 && (minutes as number) <= TIMEFRAME_MAX_MINUTES;
  return isTimeframe ? null : `expected whole minutes, 1 to ${TIMEFRAME_MAX_MINUTES}, got ${describe(minutes)}`;
}

/** @param whole name and length in minutes of what the interval parts; null when that is wrong itself */
export function intervalFault(minutes: unknown, whole: { readonly name: string; readonly minutes: number } | null): string | null {
  const isInterval = Number.isInteger(minutes) && (minutes as number) >= INTERVAL_MIN_MINUTES;
  if (!isInterval) return `expected whole minutes, at least ${INTERVAL_MIN_MINUTES}, got ${describe(minutes)}`;
  if (whole !== null && whole.minutes % (minutes as number) !== 0)
    return `must divide ${whole.name} (${whole.minutes}), got ${describe(minutes)}`;
  return null;
}

/** Checks that a window is whole minutes long and ends no later than it may. */
export function windowEndFault({ startMs, endMs }: Window, { nowMs }: Limits): string | null {
  const minutes = (endMs - startMs) / MINUTE_MS;
  const isLengthRight = Number.isInteger(minutes) && minutes >= 1 && minutes <= TIMEFRAME_MAX_MINUTES;
  if (!isLengthRight)
    return `expected a window of whole minutes, 1 to ${TIMEFRAME_MAX_MINUTES}, got ${endMs - startMs} ms (${startMs} to ${endMs})`;
  return aheadFault(endMs, nowMs);
}

export function aheadFault(endMs: number, nowMs: number): string | null {
  if (endMs <= nowMs + WINDOW_AHEAD_MAX_MS) return null;
  return `expected at most ${WINDOW_AHEAD_MAX_MS / 1000} s after the server's clock (${nowMs}), got ${endMs}`;
}

export function windowStartFault(startMs: number, { keptSinceMs }: Limits): string | null {
  return startMs >= keptSinceMs ? null : `expected a window within what is kept (since ${keptSinceMs}), got one from ${startMs}`;
}
