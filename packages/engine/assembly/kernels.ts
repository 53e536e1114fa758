// AssemblyScript. What the engine does to every row and every cell, over memory that all threads share.
//
// A row is picked, finds its cell and is added to it without a branch: no processor could guess them. Sums that go on are kept by
// a mask of ones, those that begin anew are dropped by a mask of zeros. What they look like is said in `sums.ts`.

const SUMS_BYTES: usize = 72;
const RESPONSES: usize = 32;
const CLASSES: usize = 36;
const LAST_CLASS: u32 = 7;
const RESPONSES_SHIFT: u32 = 8;

/** By class: one in its place, of eight words. */
// prettier-ignore
const ONE_OF: usize = memory.data<u32>([
  1, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 0, 0, 0, 0, 0,
  0, 0, 1, 0, 0, 0, 0, 0,
  0, 0, 0, 1, 0, 0, 0, 0,
  0, 0, 0, 0, 1, 0, 0, 0,
  0, 0, 0, 0, 0, 1, 0, 0,
  0, 0, 0, 0, 0, 0, 1, 0,
  0, 0, 0, 0, 0, 0, 0, 1,
], 16);
/** By the lowest bit of the class: a mask of the first double, or of the second. */
const EITHER: usize = memory.data<u64>([~0, 0, 0, ~0], 16);

/** The rows of `[from, to)` whose facet has a skill that is not negative. @returns how many */
export function pick(facets: usize, from: u32, to: u32, skillOf: usize, list: usize): u32 {
  let at = list;
  for (let row = from; row < to; row++) {
    const skill = load<i32>(skillOf + ((<usize>load<u32>(facets + ((<usize>row) << 2))) << 2));
    store<u32>(at, row);
    at += (<usize>(~skill >>> 31)) << 2;
  }
  return <u32>((at - list) >> 2);
}

/**
 * Adds rows, ascending by end, to a new cell for every interval that has some.
 *
 * @param list of rows; 0: `count` rows from one on
 * @param cell the first new one
 * @returns the one behind the last
 */
export function addByInterval(
  ends: usize,
  values: usize,
  list: usize,
  from: u32,
  count: u32,
  windowStartMs: f64,
  widthMs: f64,
  sums: usize,
  intervals: usize,
  cell: u32,
): u32 {
  let sumsAt = sums + (<usize>cell - 1) * SUMS_BYTES;
  let intervalAt = intervals + ((<usize>cell - 1) << 2);
  let before = -1;
  let times = f64x2.splat(0);
  let firsts = f64x2.splat(0);
  let responses: u32 = 0;
  let low = i32x4.splat(0);
  let high = i32x4.splat(0);
  for (let i: u32 = 0; i < count; i++) {
    const row = <usize>(list == 0 ? from + i : load<u32>(list + ((<usize>i) << 2)));
    const interval = <i32>((load<f64>(ends + (row << 3)) - windowStartMs) / widthMs);
    const goesOn = -(<i32>(interval == before));
    const isNew = <usize>(goesOn + 1);
    before = interval;
    sumsAt += isNew * SUMS_BYTES;
    intervalAt += isNew << 2;
    const keep = i32x4.splat(goesOn);
    const value = v128.load(values + (row << 4));
    const last = v128.extract_lane<u32>(value, 3);
    const one = ONE_OF + ((<usize>(last & LAST_CLASS)) << 5);
    times = f64x2.add(v128.and(times, keep), f64x2.convert_low_i32x4_u(value));
    firsts = f64x2.add(v128.and(firsts, keep), firstOf(value, last));
    responses = (responses & goesOn) + (last >> RESPONSES_SHIFT);
    low = i32x4.add(v128.and(low, keep), v128.load(one));
    high = i32x4.add(v128.and(high, keep), v128.load(one, 16));
    v128.store(sumsAt, times);
    v128.store(sumsAt, firsts, 16);
    store<u32>(sumsAt, responses, RESPONSES);
    v128.store(sumsAt, low, CLASSES);
    v128.store(sumsAt, high, CLASSES + 16);
    store<u32>(intervalAt, interval);
  }
  return <u32>((intervalAt - intervals) >> 2) + 1;
}

/**
 * The same for every interval and skill, in the order of their first rows.
 *
 * @param newest by skill: its interval and its newest cell, in two words; -1 in the first of each, now and when it is done
 * @param cellOf takes the cell of each row; 0: nobody asks
 */
export function addBySkill(
  ends: usize,
  values: usize,
  facets: usize,
  skillOf: usize,
  list: usize,
  from: u32,
  count: u32,
  windowStartMs: f64,
  widthMs: f64,
  sums: usize,
  intervals: usize,
  skills: usize,
  cell: u32,
  newest: usize,
  cellOf: usize,
): u32 {
  let next = cell;
  for (let i: u32 = 0; i < count; i++) {
    const row = <usize>(list == 0 ? from + i : load<u32>(list + ((<usize>i) << 2)));
    const interval = <i32>((load<f64>(ends + (row << 3)) - windowStartMs) / widthMs);
    const skill = load<i32>(skillOf + ((<usize>load<u32>(facets + (row << 2))) << 2));
    const newestAt = newest + ((<usize>skill) << 3);
    const goesOn = -(<i32>(interval == load<i32>(newestAt)));
    const own = select<u32>(load<u32>(newestAt, 4), next, goesOn != 0);
    next += goesOn + 1;
    store<i32>(newestAt, interval);
    store<u32>(newestAt, own, 4);
    store<i32>(intervals + ((<usize>own) << 2), interval);
    store<i32>(skills + ((<usize>own) << 2), skill);
    if (cellOf != 0) store<u32>(cellOf + ((<usize>i) << 2), own);

    const sumsAt = sums + <usize>own * SUMS_BYTES;
    const keep = i32x4.splat(goesOn);
    const value = v128.load(values + (row << 4));
    const last = v128.extract_lane<u32>(value, 3);
    const one = ONE_OF + ((<usize>(last & LAST_CLASS)) << 5);
    v128.store(sumsAt, f64x2.add(v128.and(v128.load(sumsAt), keep), f64x2.convert_low_i32x4_u(value)));
    v128.store(sumsAt, f64x2.add(v128.and(v128.load(sumsAt, 16), keep), firstOf(value, last)), 16);
    store<u32>(sumsAt, (load<u32>(sumsAt, RESPONSES) & goesOn) + (last >> RESPONSES_SHIFT), RESPONSES);
    v128.store(sumsAt, i32x4.add(v128.and(v128.load(sumsAt, CLASSES), keep), v128.load(one)), CLASSES);
    v128.store(sumsAt, i32x4.add(v128.and(v128.load(sumsAt, CLASSES + 16), keep), v128.load(one, 16)), CLASSES + 16);
  }
  for (let c = cell; c < next; c++) store<i32>(newest + ((<usize>load<u32>(skills + ((<usize>c) << 2))) << 3), -1);
  return next;
}

/** The time to the first response, in the place of new conversations or in that of transfers. */
function firstOf(value: v128, last: u32): v128 {
  const first = f64x2.convert_low_i32x4_u(v128.shuffle<u32>(value, value, 2, 2, 2, 2));
  return v128.and(first, v128.load(EITHER + ((<usize>(last & 1)) << 4)));
}

// The columns that cells are parted into, some at a time, so that they stay in the processor's nearest cache.

const COLUMN_BYTES: usize = 2_048 + 64;
const COLUMN_CELLS: u32 = 256;
const NOTHING: usize = 12;

/** Bytes of the scratch memory that `readCells` needs. */
export function scratchBytes(): usize {
  return 13 * COLUMN_BYTES;
}

const METRIC_BYTES: usize = 24;

/**
 * Computes metrics of cells, in columns.
 *
 * @param order which cells, by their place in the columns; 0: as they lie
 * @param from the first place, and `count` of them
 * @param metrics six words each: two sums that are added up, two that they are divided by, what is computed (0: a count, 1: a
 *   quotient, 2: one cut to a whole number), and the address of the column
 */
export function readCells(
  sums: usize,
  order: usize,
  from: u32,
  count: u32,
  scratch: usize,
  metrics: usize,
  metricCount: u32,
  first: u32,
): void {
  memory.fill(scratch + NOTHING * COLUMN_BYTES, 0, COLUMN_BYTES);
  for (let done: u32 = 0; done < count; done += COLUMN_CELLS) {
    const some = min(COLUMN_CELLS, count - done);
    part(sums, order, from + done, some, scratch);
    for (let m: u32 = 0; m < metricCount; m++) {
      const metric = metrics + <usize>m * METRIC_BYTES;
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
export function gather(words: usize, order: usize, from: u32, count: u32, to: usize): void {
  if (order == 0) {
    memory.copy(to, words + ((<usize>from) << 2), (<usize>count) << 2);
    return;
  }
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u32>(to + (i << 2), load<u32>(words + ((<usize>load<u32>(order + ((<usize>from + i) << 2))) << 2)));
  }
}

/** Puts a word in the places `[from, to)`. */
export function fill(words: usize, from: u32, to: u32, word: u32): void {
  for (let place = from; place < to; place++) store<u32>(words + ((<usize>place) << 2), word);
}

/**
 * A counting sort; of equal ranks the first stays first.
 *
 * @param order what is sorted; 0: all in the order that they lie in
 * @param ranks of the keys, small whole numbers; 0: the keys are their ranks
 * @param places one word more than there are ranks
 * @param sorted takes the order
 */
export function sort(order: usize, keys: usize, ranks: usize, count: u32, places: usize, placeCount: u32, sorted: usize): void {
  memory.fill(places, 0, (<usize>placeCount) << 2);
  for (let cell: u32 = 0; cell < count; cell++) {
    const place = places + ((<usize>(rankOf(keys, ranks, cell) + 1)) << 2);
    store<u32>(place, load<u32>(place) + 1);
  }
  for (let place: u32 = 1; place < placeCount; place++) {
    const at = places + ((<usize>place) << 2);
    store<u32>(at, load<u32>(at) + load<u32>(at - 4));
  }
  for (let i: u32 = 0; i < count; i++) {
    const cell = order == 0 ? i : load<u32>(order + ((<usize>i) << 2));
    const place = places + ((<usize>rankOf(keys, ranks, cell)) << 2);
    const at = load<u32>(place);
    store<u32>(place, at + 1);
    store<u32>(sorted + ((<usize>at) << 2), cell);
  }
}

function rankOf(keys: usize, ranks: usize, cell: u32): u32 {
  const key = load<u32>(keys + ((<usize>cell) << 2));
  return ranks == 0 ? key : load<u32>(ranks + ((<usize>key) << 2));
}
