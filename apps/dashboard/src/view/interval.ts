const INTERVAL_MINUTES_MIN = 5;
const PARTS_WHEN_NOT_CHOSEN = 24;

/** The intervals that a window can be parted by, in minutes, ascending; none when it is shorter than the shortest. */
export function intervalsOf(timeframe: number): number[] {
  const count = Math.floor(timeframe / INTERVAL_MINUTES_MIN);
  const intervals: number[] = [];
  for (let parts = count; parts >= 1; parts--) if (timeframe % parts === 0) intervals.push(timeframe / parts);
  return intervals;
}

/** @returns the shortest interval that parts the window into at most 24; null when there is none */
export function usualInterval(timeframe: number): number | null {
  return intervalsOf(timeframe).find((interval) => timeframe / interval <= PARTS_WHEN_NOT_CHOSEN) ?? null;
}
