import type { Sum } from "./metrics.ts";
import type { Outcome, Segment } from "./segment.ts";

/**
 * How sums lie in memory. Times are doubles, exact up to 2^53. Counts share doubles in pairs, the second in the lower
 * 26 bits: one addition moves both, and the difference of two running sums holds both differences, since neither shrinks.
 * Two sums are not kept at all: segments is a number of rows, and the fourth outcome is what the other three leave.
 *
 *     0 durationMs   1 responseMs   2 firstResponseMsOfNew   3 firstResponseMsOfTransfers
 *     4 responses · interactive     5 abandoned · nonResponsiveConsumers     6 firstResponsesOfNew · firstResponsesOfTransfers
 */
export const STRIDE = 7;
/** The first of them are times. */
export const TIME_PLACES = 4;

/** Two to the 26th: how many rows, and half of how many responses, may be summed up in one place. */
const PAIR_UNIT = 67_108_864;
/** A power of two: multiplying by it is exact, and faster than dividing. */
const PAIR_PART = 1 / PAIR_UNIT;

/** What one segment adds to each place. */
export type RowValues = ArrayLike<number>;

export function rowValuesOf(segment: Segment): RowValues {
  const { startReason, firstResponseMs, outcome } = segment;
  const ofNew = startReason === "NEW_CONVERSATION" ? firstResponseMs : null;
  const ofTransfer = startReason === "NEW_CONVERSATION" ? null : firstResponseMs;
  const has = (wanted: Outcome): number => (outcome === wanted ? 1 : 0);
  return [
    segment.endMs - segment.startMs,
    segment.responseMs,
    ofNew ?? 0,
    ofTransfer ?? 0,
    pair(segment.responseCount, has("INTERACTIVE")),
    pair(has("ABANDONED_BY_CONSUMER"), has("NON_RESPONSIVE_CONSUMER")),
    pair(ofNew === null ? 0 : 1, ofTransfer === null ? 0 : 1),
  ];
}

/** The values of a row, told as a segment's again. */
export function segmentValuesOf(
  values: RowValues,
): Pick<Segment, "outcome" | "responseCount" | "responseMs" | "firstResponseMs"> & { readonly durationMs: number } {
  const firstResponseMs = values[6] === 0 ? null : values[2]! + values[3]!;
  return { durationMs: values[0]!, responseMs: values[1]!, responseCount: upper(values[4]!), firstResponseMs, outcome: outcomeOf(values) };
}

function outcomeOf(values: RowValues): Outcome {
  if (lower(values[4]!) === 1) return "INTERACTIVE";
  if (upper(values[5]!) === 1) return "ABANDONED_BY_CONSUMER";
  return lower(values[5]!) === 1 ? "NON_RESPONSIVE_CONSUMER" : "NON_RESPONSIVE_AGENT";
}

function pair(first: number, second: number): number {
  return first * PAIR_UNIT + second;
}

function upper(value: number): number {
  return Math.floor(value * PAIR_PART);
}

function lower(value: number): number {
  return value - upper(value) * PAIR_UNIT;
}

/** @throws RangeError when running sums have grown so far that a pair is about to run over */
export function assertRoom(rowCount: number, sums: Float64Array): void {
  const responses = upper(sums[rowCount * STRIDE + 4]!);
  if (rowCount < PAIR_UNIT && responses < PAIR_UNIT * 2) return;
  throw new RangeError(`one agent has ${rowCount} segments with ${responses} responses; at most ${PAIR_UNIT} and twice as many fit`);
}

/** A cell: its `STRIDE` places, and behind them the number of its rows. */
export const CELL_STRIDE = STRIDE + 1;
export const ROW_COUNT = CELL_STRIDE - 1;

/** From so many on, all are read together: the memory of a cell is then looked at once. */
const MANY_SUMS = 5;

/**
 * Some sums of every cell.
 *
 * @param cells `CELL_STRIDE` values a cell
 * @param columnOf takes a sum, one value a cell; of others than those asked as well
 */
export function readSums(sums: ReadonlySet<Sum>, cells: Float64Array, count: number, columnOf: (sum: Sum) => Float64Array): void {
  if (sums.size >= MANY_SUMS) readEvery(cells, count, columnOf);
  else for (const sum of sums) readSum(sum, cells, count, columnOf(sum));
}

function readEvery(cells: Float64Array, count: number, columnOf: (sum: Sum) => Float64Array): void {
  const [segments, durationMs, responseMs] = [columnOf("segments"), columnOf("durationMs"), columnOf("responseMs")];
  const [ofNewMs, ofTransfersMs] = [columnOf("firstResponseMsOfNew"), columnOf("firstResponseMsOfTransfers")];
  const [responses, interactive, abandoned] = [columnOf("responses"), columnOf("interactive"), columnOf("abandoned")];
  const [noConsumer, noAgent] = [columnOf("nonResponsiveConsumers"), columnOf("nonResponsiveAgents")];
  const [ofNew, ofTransfers] = [columnOf("firstResponsesOfNew"), columnOf("firstResponsesOfTransfers")];
  for (let c = 0, at = 0; c < count; c++, at += CELL_STRIDE) {
    segments[c] = cells[at + ROW_COUNT]!;
    durationMs[c] = cells[at]!;
    responseMs[c] = cells[at + 1]!;
    ofNewMs[c] = cells[at + 2]!;
    ofTransfersMs[c] = cells[at + 3]!;
    responses[c] = upper(cells[at + 4]!);
    interactive[c] = lower(cells[at + 4]!);
    abandoned[c] = upper(cells[at + 5]!);
    noConsumer[c] = lower(cells[at + 5]!);
    noAgent[c] = segments[c]! - interactive[c]! - abandoned[c]! - noConsumer[c]!;
    ofNew[c] = upper(cells[at + 6]!);
    ofTransfers[c] = lower(cells[at + 6]!);
  }
}

/** @param to takes the result, one value a cell */
function readSum(sum: Sum, cells: Float64Array, count: number, to: Float64Array): void {
  switch (sum) {
    case "segments":
      return readPlace(cells, ROW_COUNT, count, to);
    case "durationMs":
      return readPlace(cells, 0, count, to);
    case "responseMs":
      return readPlace(cells, 1, count, to);
    case "firstResponseMsOfNew":
      return readPlace(cells, 2, count, to);
    case "firstResponseMsOfTransfers":
      return readPlace(cells, 3, count, to);
    case "responses":
      return readUpper(cells, 4, count, to);
    case "interactive":
      return readLower(cells, 4, count, to);
    case "abandoned":
      return readUpper(cells, 5, count, to);
    case "nonResponsiveConsumers":
      return readLower(cells, 5, count, to);
    case "nonResponsiveAgents":
      return readRemainder(cells, count, to);
    case "firstResponsesOfNew":
      return readUpper(cells, 6, count, to);
    case "firstResponsesOfTransfers":
      return readLower(cells, 6, count, to);
    default:
      return sum satisfies never;
  }
}

function readPlace(cells: Float64Array, place: number, count: number, to: Float64Array): void {
  for (let c = 0, at = place; c < count; c++, at += CELL_STRIDE) to[c] = cells[at]!;
}

function readUpper(cells: Float64Array, place: number, count: number, to: Float64Array): void {
  for (let c = 0, at = place; c < count; c++, at += CELL_STRIDE) to[c] = upper(cells[at]!);
}

function readLower(cells: Float64Array, place: number, count: number, to: Float64Array): void {
  for (let c = 0, at = place; c < count; c++, at += CELL_STRIDE) to[c] = lower(cells[at]!);
}

/** The fourth outcome: what the other three leave. */
function readRemainder(cells: Float64Array, count: number, to: Float64Array): void {
  for (let c = 0, at = 0; c < count; c++, at += CELL_STRIDE) {
    to[c] = cells[at + ROW_COUNT]! - lower(cells[at + 4]!) - upper(cells[at + 5]!) - lower(cells[at + 5]!);
  }
}
