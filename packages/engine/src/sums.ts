import { doublesAt, takeArea, wordsAt, type Area } from "./memory.ts";
import type { Sum } from "./metrics.ts";
import type { Outcome, Segment } from "./segment.ts";

/**
 * Sums of segments, many side by side, each in 72 bytes that are looked at as doubles and as words. Times are doubles, exact
 * up to 2^53. Counts are words: of all responses, and of the segments of each class, from which every other count follows.
 *
 *     doubles   0 durationMs   1 responseMs   2 firstResponseMsOfNew   3 firstResponseMsOfTransfers
 *     words     8 responses    9…16 segments by class                  17 nothing
 */
export interface Sums {
  readonly doubles: Float64Array;
  readonly words: Uint32Array;
}

export const SUMS_BYTES = 72;
export const SUMS_WORDS = SUMS_BYTES / 4;
const DOUBLES = 9;
const WORDS = SUMS_WORDS;
const TIMES = 4;
const RESPONSES = 2 * TIMES;
const CLASSES = 9;
const LAST_CLASS = 7;

export function createSums(count: number): Sums {
  const doubles = new Float64Array(count * DOUBLES);
  return { doubles, words: new Uint32Array(doubles.buffer) };
}

/** Sums that lie in the engine's memory, as they are. */
export function sumsAt(address: number, count: number): Sums {
  return { doubles: doublesAt(address, count * DOUBLES), words: wordsAt(address, count * WORDS) };
}

/** Sums in an area of their own, with anything in them. */
export function takeSums(count: number): { readonly sums: Sums; readonly area: Area } {
  const area = takeArea(count * SUMS_BYTES);
  return { sums: sumsAt(area.address, count), area };
}

export function clearSums({ doubles }: Sums, from: number, to: number): void {
  // A call of `fill` costs as much as the sums of some rows.
  if (to - from === 1) for (let at = from * DOUBLES, end = at + DOUBLES; at < end; at++) doubles[at] = 0;
  else doubles.fill(0, from * DOUBLES, to * DOUBLES);
}

/**
 * What a segment counts as, in three bits: its outcome, and whether it has a first response. The lowest bit tells those of
 * transfers from those of new conversations.
 */
export function classOf({ outcome, startReason, firstResponseMs }: Segment): number {
  if (outcome === "ABANDONED_BY_CONSUMER") return 3;
  if (outcome === "NON_RESPONSIVE_AGENT") return 7;
  const first = firstResponseMs === null ? 2 : startReason === "NEW_CONVERSATION" ? 0 : 1;
  return outcome === "INTERACTIVE" ? first : 4 + first;
}

export function outcomeOf(segmentClass: number): Outcome {
  if (segmentClass === 3) return "ABANDONED_BY_CONSUMER";
  if (segmentClass === 7) return "NON_RESPONSIVE_AGENT";
  return segmentClass < 3 ? "INTERACTIVE" : "NON_RESPONSIVE_CONSUMER";
}

export function hasFirstResponse(segmentClass: number): boolean {
  return (segmentClass & 3) < 2;
}

/** What one segment adds, and what else it was. */
export interface RowValues {
  readonly durationMs: number;
  readonly responseMs: number;
  /** 0 without one. */
  readonly firstResponseMs: number;
  readonly responses: number;
  /** Eight bits, the lowest three of them the class. */
  readonly code: number;
}

/** @param sign 1 adds it, -1 takes it back */
export function addRow(row: RowValues, sign: 1 | -1, { doubles, words }: Sums, to: number): void {
  const at = to * DOUBLES;
  doubles[at]! += sign * row.durationMs;
  doubles[at + 1]! += sign * row.responseMs;
  doubles[at + 2 + (row.code & 1)]! += sign * row.firstResponseMs;
  words[2 * at + RESPONSES]! += sign * row.responses;
  words[2 * at + CLASSES + (row.code & LAST_CLASS)]! += sign;
}

// The values of row `i`, in four words from `4i` on:
//
//     durationMs   responseMs   firstResponseMs   responses · code
//
// What does not fit, as of a segment of more than 49 days, lies in four words elsewhere, the `highs`: each in units of the
// word that it did not fit in. Exported names are looked up at every use: loops need constants of this file alone.
const VALUES = 4;
const CODE_BITS = 8;
const WORD = 2 ** 32;
const CODES = 2 ** CODE_BITS;
const RESPONSES_WORD = WORD / CODES;

/** Words a row. */
export const VALUES_WORDS = VALUES;

/** Whether a row needs `highs`. */
export function isTooWide({ durationMs, responseMs, firstResponseMs, responses }: RowValues): boolean {
  return durationMs >= WORD || responseMs >= WORD || firstResponseMs >= WORD || responses >= RESPONSES_WORD;
}

export function writeValues(
  values: Uint32Array,
  highs: Uint32Array | null,
  i: number,
  { durationMs, responseMs, firstResponseMs, responses, code }: RowValues,
): void {
  const at = i * VALUES;
  values[at] = durationMs;
  values[at + 1] = responseMs;
  values[at + 2] = firstResponseMs;
  values[at + 3] = responses * CODES + code;
  if (highs === null) return;
  highs[at] = durationMs / WORD;
  highs[at + 1] = responseMs / WORD;
  highs[at + 2] = firstResponseMs / WORD;
  highs[at + 3] = responses / RESPONSES_WORD;
}

export function readValues(values: Uint32Array, highs: Uint32Array | null, i: number): RowValues {
  const at = i * VALUES;
  const last = values[at + 3]!;
  const high = (value: number): number => (highs === null ? 0 : highs[at + value]!);
  return {
    durationMs: values[at]! + high(0) * WORD,
    responseMs: values[at + 1]! + high(1) * WORD,
    firstResponseMs: values[at + 2]! + high(2) * WORD,
    responses: (last >>> CODE_BITS) + high(3) * RESPONSES_WORD,
    code: last % CODES,
  };
}

export function addSums(from: Sums, f: number, { doubles, words }: Sums, t: number): void {
  const source = f * DOUBLES;
  const target = t * DOUBLES;
  for (let d = 0; d < TIMES; d++) doubles[target + d]! += from.doubles[source + d]!;
  for (let w = RESPONSES; w < WORDS; w++) words[2 * target + w]! += from.words[2 * source + w]!;
}

export function segmentCountOf({ words }: Sums, s: number): number {
  let count = 0;
  for (let w = 0, at = s * WORDS + CLASSES; w <= LAST_CLASS; w++) count += words[at + w]!;
  return count;
}

/** The sums that the kernels read, in the order of their columns. Behind them is a column of nothing. */
export const SUM_COLUMNS = [
  "durationMs",
  "responseMs",
  "firstResponseMsOfNew",
  "firstResponseMsOfTransfers",
  "responses",
  "segments",
  "interactive",
  "abandoned",
  "nonResponsiveConsumers",
  "nonResponsiveAgents",
  "firstResponsesOfNew",
  "firstResponsesOfTransfers",
] as const satisfies readonly Sum[];
