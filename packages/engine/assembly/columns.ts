// Cells are parted into columns, some at a time, so that these stay in the processor's nearest cache.

import { CLASSES, RESPONSES, SUMS_BYTES } from "./sums";

const COLUMN_BYTES: usize = 2_048 + 64;
const COLUMN_CELLS: u32 = 256;
const NOTHING: usize = 12;

/** What a thread needs for itself to read cells. */
export function scratchBytes(): usize {
  return 13 * COLUMN_BYTES;
}

const METRIC_BYTES: usize = 24;

/** Some cells of which metrics are computed, and keys copied, in columns. */
@unmanaged
class ReadTask {
  isDone: u32;
  sums: usize;
  /** Which cells, by their place in the columns; 0: as they lie. */
  order: usize;
  /** The first place. */
  from: u32;
  count: u32;
  /** Where they go in the columns. */
  first: u32;
  /**
   * Of each metric six words: two sums that are added up, two that they are divided by, what is computed (0: a count, 1: a quotient,
   * 2: one cut to a whole number), and the address of the column.
   */
  metrics: usize;
  metricCount: u32;
  /** Of each key two words: the addresses of all there are, and of the column. */
  keys: usize;
  keyCount: u32;
}

/** @param taskAt a `ReadTask` @param scratch `scratchBytes` of them, of the thread alone */
export function readCells(taskAt: usize, scratch: usize): void {
  const task = changetype<ReadTask>(taskAt);
  const order = task.order;
  const from = task.from;
  const count = task.count;
  const first = task.first;
  for (let key = task.keys; key < task.keys + ((<usize>task.keyCount) << 3); key += 8) {
    gather(load<usize>(key), order, from, count, load<usize>(key, 4) + ((<usize>first) << 2));
  }
  memory.fill(scratch + NOTHING * COLUMN_BYTES, 0, COLUMN_BYTES);
  for (let done: u32 = 0; done < count; done += COLUMN_CELLS) {
    const some = min(COLUMN_CELLS, count - done);
    part(task.sums, order, from + done, some, scratch);
    for (let m: u32 = 0; m < task.metricCount; m++) {
      const metric = task.metrics + <usize>m * METRIC_BYTES;
      compute(metric, scratch, load<usize>(metric, 20) + ((<usize>(first + done)) << 3), some);
    }
  }
}

function compute(metric: usize, scratch: usize, column: usize, count: u32): void {
  const over = scratch + load<usize>(metric) * COLUMN_BYTES;
  const overToo = scratch + load<usize>(metric, 4) * COLUMN_BYTES;
  const under = scratch + load<usize>(metric, 8) * COLUMN_BYTES;
  const underToo = scratch + load<usize>(metric, 12) * COLUMN_BYTES;
  const kind = load<u32>(metric, 16);
  const end = (<usize>count) << 3;
  if (kind == 0) {
    for (let at: usize = 0; at < end; at += 16) v128.store(column + at, sumAt(over, overToo, at));
  } else if (kind == 1) {
    for (let at: usize = 0; at < end; at += 16) {
      v128.store(column + at, f64x2.div(sumAt(over, overToo, at), sumAt(under, underToo, at)));
    }
  } else {
    for (let at: usize = 0; at < end; at += 16) {
      v128.store(column + at, f64x2.trunc(f64x2.div(sumAt(over, overToo, at), sumAt(under, underToo, at))));
    }
  }
}

function sumAt(column: usize, other: usize, at: usize): v128 {
  return f64x2.add(v128.load(column + at), v128.load(other + at));
}

/** Every sum of some cells, each in a column of its own, two cells at a time. */
function part(sums: usize, order: usize, from: u32, count: u32, scratch: usize): void {
  for (let place: u32 = 0; place < count; place += 2) {
    const second = min(place + 1, count - 1);
    const a = sums + SUMS_BYTES * <usize>(order == 0 ? from + place : load<u32>(order + ((<usize>(from + place)) << 2)));
    const b = sums + SUMS_BYTES * <usize>(order == 0 ? from + second : load<u32>(order + ((<usize>(from + second)) << 2)));
    const column = scratch + ((<usize>place) << 3);
    const times = v128.load(a);
    const timesOfB = v128.load(b);
    v128.store(column, v128.shuffle<u64>(times, timesOfB, 0, 2));
    v128.store(column + COLUMN_BYTES, v128.shuffle<u64>(times, timesOfB, 1, 3));
    const firsts = v128.load(a, 16);
    const firstsOfB = v128.load(b, 16);
    v128.store(column + 2 * COLUMN_BYTES, v128.shuffle<u64>(firsts, firstsOfB, 0, 2));
    v128.store(column + 3 * COLUMN_BYTES, v128.shuffle<u64>(firsts, firstsOfB, 1, 3));
    const responses = v128.shuffle<u32>(v128.load32_zero(a, RESPONSES), v128.load32_zero(b, RESPONSES), 0, 4, 0, 4);
    v128.store(column + 4 * COLUMN_BYTES, f64x2.convert_low_i32x4_u(responses));

    // Classes 0 and 1, 2 and 3, 4 and 5, 6 and 7: of a, of b, of a, of b.
    const low = v128.load(a, CLASSES);
    const lowOfB = v128.load(b, CLASSES);
    const high = v128.load(a, CLASSES + 16);
    const highOfB = v128.load(b, CLASSES + 16);
    const c01 = v128.shuffle<u32>(low, lowOfB, 0, 4, 1, 5);
    const c23 = v128.shuffle<u32>(low, lowOfB, 2, 6, 3, 7);
    const c45 = v128.shuffle<u32>(high, highOfB, 0, 4, 1, 5);
    const c67 = v128.shuffle<u32>(high, highOfB, 2, 6, 3, 7);
    const firstResponses = i32x4.add(c01, c45);
    const interactive = i32x4.add(i32x4.add(c01, upper(c01)), c23);
    const abandoned = upper(c23);
    const noConsumer = i32x4.add(i32x4.add(c45, upper(c45)), c67);
    const noAgent = upper(c67);
    const segments = i32x4.add(i32x4.add(interactive, abandoned), i32x4.add(noConsumer, noAgent));
    v128.store(column + 5 * COLUMN_BYTES, f64x2.convert_low_i32x4_u(segments));
    v128.store(column + 6 * COLUMN_BYTES, f64x2.convert_low_i32x4_u(interactive));
    v128.store(column + 7 * COLUMN_BYTES, f64x2.convert_low_i32x4_u(abandoned));
    v128.store(column + 8 * COLUMN_BYTES, f64x2.convert_low_i32x4_u(noConsumer));
    v128.store(column + 9 * COLUMN_BYTES, f64x2.convert_low_i32x4_u(noAgent));
    v128.store(column + 10 * COLUMN_BYTES, f64x2.convert_low_i32x4_u(firstResponses));
    v128.store(column + 11 * COLUMN_BYTES, f64x2.convert_low_i32x4_u(upper(firstResponses)));
  }
}

function upper(words: v128): v128 {
  return v128.shuffle<u64>(words, words, 1, 1);
}

/** @param order which words; 0: as they lie */
function gather(words: usize, order: usize, from: u32, count: u32, to: usize): void {
  if (order == 0) {
    memory.copy(to, words + ((<usize>from) << 2), (<usize>count) << 2);
    return;
  }
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u32>(to + (i << 2), load<u32>(words + ((<usize>load<u32>(order + ((<usize>from + i) << 2))) << 2)));
  }
}

/**
 * A counting sort; of equal ranks the first stays first.
 *
 * @param runs what is sorted, in two words each: a first place and how many from there on
 * @param order the cell of each place; 0: places are cells
 * @param ranks of the keys, small whole numbers; 0: the keys are their ranks
 * @param places one word more than there are ranks
 * @param sorted takes the order
 */
export function sort(
  runs: usize,
  runCount: u32,
  order: usize,
  keys: usize,
  ranks: usize,
  places: usize,
  placeCount: u32,
  sorted: usize,
): void {
  memory.fill(places, 0, (<usize>placeCount) << 2);
  // Many cells that lie side by side have a key in common: what belongs to it is looked for once.
  for (let run = runs; run < runs + ((<usize>runCount) << 3); run += 8) {
    const end = load<u32>(run) + load<u32>(run, 4);
    let key = u32.MAX_VALUE;
    let at = places;
    let count: u32 = 0;
    for (let place = load<u32>(run); place < end; place++, count++) {
      const next = keyOf(keys, cellAt(order, place));
      if (next == key) continue;
      store<u32>(at, load<u32>(at) + count);
      key = next;
      at = placeOf(places, ranks, key) + 4;
      count = 0;
    }
    store<u32>(at, load<u32>(at) + count);
  }
  for (let place: u32 = 1; place < placeCount; place++) {
    const at = places + ((<usize>place) << 2);
    store<u32>(at, load<u32>(at) + load<u32>(at - 4));
  }
  for (let run = runs; run < runs + ((<usize>runCount) << 3); run += 8) {
    const end = load<u32>(run) + load<u32>(run, 4);
    let key = u32.MAX_VALUE;
    let at = places;
    let to = load<u32>(places);
    for (let place = load<u32>(run); place < end; place++, to++) {
      const cell = cellAt(order, place);
      const next = keyOf(keys, cell);
      if (next != key) {
        store<u32>(at, to);
        key = next;
        at = placeOf(places, ranks, key);
        to = load<u32>(at);
      }
      store<u32>(sorted + ((<usize>to) << 2), cell);
    }
    store<u32>(at, to);
  }
}

function cellAt(order: usize, place: u32): u32 {
  return order == 0 ? place : load<u32>(order + ((<usize>place) << 2));
}

function keyOf(keys: usize, cell: u32): u32 {
  return load<u32>(keys + ((<usize>cell) << 2));
}

function placeOf(places: usize, ranks: usize, key: u32): usize {
  return places + ((<usize>(ranks == 0 ? key : load<u32>(ranks + ((<usize>key) << 2)))) << 2);
}
