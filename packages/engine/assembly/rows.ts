// Where rows are picked, and where an interval has few of them, there is no branch: no processor could guess it. Sums that go on are kept
// by a mask of ones, those that begin anew are dropped by a mask of zeros. Where skills tell rows apart, they are parted first.

import { addHigh, addRow, firstOf, LAST_CLASS, ONE_OF, RESPONSES_SHIFT, storeSums, SUMS_BYTES } from "./sums";

/** The skill of rows that are passed over. */
export const NONE: i32 = -1;

/** The rows of `[from, to)` whose facet has a skill that is not negative. @returns how many */
export function pick(facets: usize, from: u32, to: u32, skillOf: usize, list: usize): u32 {
  let at = list;
  for (let row = from; row < to; row++) {
    const skill = skillAt(facets, row, skillOf);
    store<u32>(at, row);
    at += (<usize>(~skill >>> 31)) << 2;
  }
  return <u32>((at - list) >> 2);
}

/**
 * Parts the rows of `[from, to)` by skill; those of one skill stay in their order.
 *
 * @param skills that rows have, `skillCount` of them: their rows come in this order, and then those that are passed over
 * @param places by skill, one word before them: takes the address behind the skill's last row in the list
 */
export function part(facets: usize, from: u32, to: u32, skillOf: usize, skills: usize, skillCount: u32, places: usize, list: usize): void {
  for (let s: usize = 0; s < <usize>skillCount; s++) store<usize>(placeOf(places, load<i32>(skills + (s << 2))), 0);
  for (let row = from; row < to; row++) {
    const place = placeOf(places, skillAt(facets, row, skillOf));
    store<usize>(place, load<usize>(place) + 4);
  }
  let at = list;
  for (let s: usize = 0; s < <usize>skillCount; s++) {
    const place = placeOf(places, load<i32>(skills + (s << 2)));
    const bytes = load<usize>(place);
    store<usize>(place, at);
    at += bytes;
  }
  store<usize>(placeOf(places, NONE), at);
  for (let row = from; row < to; row++) {
    const place = placeOf(places, skillAt(facets, row, skillOf));
    const rowAt = load<usize>(place);
    store<u32>(rowAt, row);
    store<usize>(place, rowAt + 4);
  }
}

/** Where `part` has put the rows of a skill: an address in `places`. */
export function placeOf(places: usize, skill: i32): usize {
  return places + ((<isize>skill) << 2);
}

/**
 * Adds rows, ascending by end, to a new cell for every interval that has some. The sums of the cell that they are at stay in
 * registers, and are stored after every row.
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
    const row = rowOf(list, from, i);
    const interval = intervalOf(ends, row, windowStartMs, widthMs);
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
    storeSums(sumsAt, times, firsts, responses, low, high);
    store<u32>(intervalAt, interval);
  }
  return <u32>((intervalAt - intervals) >> 2) + 1;
}

/** The same where an interval has so many rows that one can guess whether it goes on: each cell is stored once. */
export function addRuns(
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
  for (let i: u32 = 0; i < count; cell++) {
    let row = rowOf(list, from, i);
    const interval = intervalOf(ends, row, windowStartMs, widthMs);
    const endMs = windowStartMs + <f64>(interval + 1) * widthMs;
    let times = f64x2.splat(0);
    let firsts = f64x2.splat(0);
    let responses: u32 = 0;
    let low = i32x4.splat(0);
    let high = i32x4.splat(0);
    while (true) {
      const value = v128.load(values + (row << 4));
      const last = v128.extract_lane<u32>(value, 3);
      const one = ONE_OF + ((<usize>(last & LAST_CLASS)) << 5);
      times = f64x2.add(times, f64x2.convert_low_i32x4_u(value));
      firsts = f64x2.add(firsts, firstOf(value, last));
      responses += last >> RESPONSES_SHIFT;
      low = i32x4.add(low, v128.load(one));
      high = i32x4.add(high, v128.load(one, 16));
      if (++i == count) break;
      row = rowOf(list, from, i);
      if (load<f64>(ends + (row << 3)) >= endMs) break;
    }
    const sumsAt = sums + <usize>cell * SUMS_BYTES;
    storeSums(sumsAt, times, firsts, responses, low, high);
    store<u32>(intervals + ((<usize>cell) << 2), interval);
  }
  return cell;
}

/** Adds what of the same rows did not fit in their words to the same cells. */
export function addHighsByInterval(
  ends: usize,
  values: usize,
  highs: usize,
  list: usize,
  from: u32,
  count: u32,
  windowStartMs: f64,
  widthMs: f64,
  sums: usize,
  cell: u32,
): void {
  let sumsAt = sums + (<usize>cell - 1) * SUMS_BYTES;
  let before = -1;
  for (let i: u32 = 0; i < count; i++) {
    const row = rowOf(list, from, i);
    const interval = intervalOf(ends, row, windowStartMs, widthMs);
    if (interval != before) sumsAt += SUMS_BYTES;
    before = interval;
    addHigh(highs, values, row, sumsAt);
  }
}

/** Adds rows to cells that are there. */
export function addTo(values: usize, list: usize, from: u32, count: u32, sums: usize, cellOf: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    addRow(values, rowOf(list, from, i), sums + <usize>load<u32>(cellOf + ((<usize>i) << 2)) * SUMS_BYTES);
  }
}

/** Adds what of rows did not fit in their words. */
export function addHighsTo(highs: usize, values: usize, list: usize, from: u32, count: u32, sums: usize, cellOf: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    addHigh(highs, values, rowOf(list, from, i), sums + <usize>load<u32>(cellOf + ((<usize>i) << 2)) * SUMS_BYTES);
  }
}

function rowOf(list: usize, from: u32, i: u32): usize {
  return <usize>(list == 0 ? from + i : load<u32>(list + ((<usize>i) << 2)));
}

function skillAt(facets: usize, row: u32, skillOf: usize): i32 {
  return load<i32>(skillOf + ((<usize>load<u32>(facets + ((<usize>row) << 2))) << 2));
}

function intervalOf(ends: usize, row: usize, windowStartMs: f64, widthMs: f64): i32 {
  return <i32>((load<f64>(ends + (row << 3)) - windowStartMs) / widthMs);
}
