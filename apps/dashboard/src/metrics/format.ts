import type { MetricKind } from "./metrics.ts";

/** A space that does not break: a value stays on its line. */
const SPACE = "\u00a0";
const SECOND_MS = 1000;
const MINUTE_S = 60;
const HOUR_S = 3600;
/** Below it, seconds have a decimal. */
const TENTHS_BELOW_MS = 9950;

const COUNT = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const RATIO = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY_AND_TIME = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "short" });
const TIME_TO_SECOND = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const FORMATS: Readonly<Record<MetricKind, { readonly format: (value: number) => string; readonly unit: string }>> = {
  count: { format: (value) => COUNT.format(value), unit: "segments" },
  ratio: { format: (value) => RATIO.format(value), unit: "responses per segment" },
  duration: { format: formatDuration, unit: "ms" },
};

/** As people read it: `1,204`, `4.33`, `1 m 24 s`. */
export function formatValue(kind: MetricKind, value: number): string {
  return FORMATS[kind].format(value);
}

/** The API's own number with its unit: `84123 ms`. */
export function exactValue(kind: MetricKind, value: number): string {
  return `${value} ${FORMATS[kind].unit}`;
}

/** `0.8 s`, `42 s`, `1 m 24 s`, `2 h 05 m`; rounded to the last unit shown. */
export function formatDuration(ms: number): string {
  if (ms < TENTHS_BELOW_MS) return `${ms === 0 ? "0" : (ms / SECOND_MS).toFixed(1)}${SPACE}s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < MINUTE_S) return `${seconds}${SPACE}s`;
  if (seconds < HOUR_S) return inTwo(Math.floor(seconds / MINUTE_S), "m", seconds % MINUTE_S, "s");
  const minutes = Math.round(ms / (MINUTE_S * SECOND_MS));
  return inTwo(Math.floor(minutes / 60), "h", minutes % 60, "m");
}

/** A number of minutes, as a name for a window or an interval: `45 min`, `1 h`, `1 h 30 min`. */
export function formatMinutes(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const parts = [hours > 0 ? `${hours}${SPACE}h` : "", rest > 0 ? `${rest}${SPACE}min` : ""];
  return parts.filter((part) => part !== "").join(SPACE);
}

/** In the reader's time zone: `14:05`. */
export function formatTime(atMs: number): string {
  return TIME.format(atMs);
}

/** `14:05:09` */
export function formatTimeToSecond(atMs: number): string {
  return TIME_TO_SECOND.format(atMs);
}

/** `14:05–14:10`; over midnight `Sat 23:05 – Sun 01:05`. */
export function formatTimeRange(startMs: number, endMs: number): string {
  if (DAY.format(startMs) === DAY.format(endMs)) return `${formatTime(startMs)}–${formatTime(endMs)}`;
  return `${toDayAndTime(startMs)} – ${toDayAndTime(endMs)}`;
}

function toDayAndTime(atMs: number): string {
  return DAY_AND_TIME.format(atMs).replace(",", "");
}

function inTwo(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${SPACE}${largeUnit}${SPACE}${String(small).padStart(2, "0")}${SPACE}${smallUnit}`;
}
