// Where nothing tells the rows of a lane apart, and many lie in an interval: sums of ranges.

import { addHigh, addRow, SUMS_BYTES } from "./sums";

const CHECKPOINT_ROWS: u32 = 8;
/** After so many rows of one interval, the end is looked for in larger steps. */
const STEPS_MAX: u32 = 8;

/**
 * One new cell for every interval that has rows.
 *
 *     for (interval of intervals) {
 *       end = the first row at or after the interval's end; for the last interval, all that are left
 *       if (end > begin) a cell of the interval = sums of [begin, end)
 *       begin = end
 *     }
 *
 * @param from of the lane's rows `[from, to)`, which lie in the intervals
 * @returns the cell behind the last
 */
export function subtract(
  ends: usize,
  values: usize,
  highs: usize,
  checkpoints: usize,
  from: u32,
  to: u32,
  windowStartMs: f64,
  widthMs: f64,
  firstInterval: u32,
  lastInterval: u32,
  sums: usize,
  intervals: usize,
  cell: u32,
): u32 {
  let edgeMs = windowStartMs + <f64>firstInterval * widthMs;
  let begin = from;
  for (let interval = firstInterval; begin < to; interval++) {
    edgeMs += widthMs;
    let end = interval == lastInterval - 1 ? to : begin;
    while (end < to && load<f64>(ends + ((<usize>end) << 3)) < edgeMs) {
      end++;
      if (end - begin == STEPS_MAX) end = gallop(ends, edgeMs, end, to);
    }
    if (end == begin) continue;
    store<u32>(intervals + ((<usize>cell) << 2), interval);
    const sumsAt = sums + <usize>cell * SUMS_BYTES;
    memory.fill(sumsAt, 0, SUMS_BYTES);
    sumRows(values, highs, checkpoints, begin, end, sumsAt);
    cell++;
    begin = end;
  }
  return cell;
}

/** Adds the rows `[from, to)`, in a time that does not grow with their number. */
export function sumRows(values: usize, highs: usize, checkpoints: usize, from: u32, to: u32, sumsAt: usize): void {
  const first = (from + CHECKPOINT_ROWS - 1) / CHECKPOINT_ROWS;
  const last = to / CHECKPOINT_ROWS;
  if (first >= last) {
    addRun(values, highs, from, to, sumsAt);
    return;
  }
  addRun(values, highs, from, first * CHECKPOINT_ROWS, sumsAt);
  addDifference(checkpoints + <usize>first * SUMS_BYTES, checkpoints + <usize>last * SUMS_BYTES, first == 0, sumsAt);
  addRun(values, highs, last * CHECKPOINT_ROWS, to, sumsAt);
}

/** Lays a checkpoint by the one before it. */
export function layCheckpoint(values: usize, highs: usize, checkpoints: usize, checkpoint: u32): void {
  const sumsAt = checkpoints + <usize>checkpoint * SUMS_BYTES;
  memory.copy(sumsAt, sumsAt - SUMS_BYTES, SUMS_BYTES);
  addRun(values, highs, (checkpoint - 1) * CHECKPOINT_ROWS, checkpoint * CHECKPOINT_ROWS, sumsAt);
}

/** Whatever lies in memory costs more to fetch than to compute with, were it only the zeros of the first checkpoint. */
function addDifference(before: usize, after: usize, isFirst: bool, sumsAt: usize): void {
  for (let at: usize = 0; at < 32; at += 16) {
    const sum = isFirst ? v128.load(after + at) : f64x2.sub(v128.load(after + at), v128.load(before + at));
    v128.store(sumsAt + at, f64x2.add(v128.load(sumsAt + at), sum));
  }
  for (let at: usize = 32; at < 68; at += 4) {
    const sum = isFirst ? load<u32>(after + at) : load<u32>(after + at) - load<u32>(before + at);
    store<u32>(sumsAt + at, load<u32>(sumsAt + at) + sum);
  }
}

function addRun(values: usize, highs: usize, from: u32, to: u32, sumsAt: usize): void {
  for (let row = <usize>from; row < <usize>to; row++) {
    addRow(values, row, sumsAt);
    if (highs != 0) addHigh(highs, values, row, sumsAt);
  }
}

/** The first row in `[from, to)` that ends at or after a moment; `to` if there is none. */
export function lowerBound(ends: usize, endMs: f64, from: u32, to: u32): u32 {
  if (from == to || load<f64>(ends + ((<usize>from) << 3)) >= endMs) return from;
  if (load<f64>(ends + ((<usize>(to - 1)) << 3)) < endMs) return to;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (load<f64>(ends + ((<usize>middle) << 3)) < endMs) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The same, for a row that is probably near `from`: steps that double, then halves. */
export function gallop(ends: usize, endMs: f64, from: u32, to: u32): u32 {
  let step: u32 = 1;
  let low = from;
  while (low < to && load<f64>(ends + ((<usize>low) << 3)) < endMs) {
    const next = low + step;
    if (next >= to || load<f64>(ends + ((<usize>next) << 3)) >= endMs) return lowerBound(ends, endMs, low + 1, min(next, to));
    low = next;
    step *= 2;
  }
  return low;
}
