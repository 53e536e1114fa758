// Every row is picked, finds its cell and is added to it, without a branch: no processor could guess them. Sums that go on are
// kept by a mask of ones, those that begin anew are dropped by a mask of zeros.

import { addHigh, addRow, CLASSES, firstOf, LAST_CLASS, ONE_OF, RESPONSES, RESPONSES_SHIFT, SUMS_BYTES } from "./sums";

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
    const row = rowOf(list, from, i);
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
    addRow(values, row, sums + <usize>own * SUMS_BYTES, i32x4.splat(goesOn));
  }
  for (let c = cell; c < next; c++) store<i32>(newest + ((<usize>load<u32>(skills + ((<usize>c) << 2))) << 3), -1);
  return next;
}

/** Adds rows to cells that are there. */
export function addTo(values: usize, list: usize, from: u32, count: u32, sums: usize, cellOf: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    addRow(values, rowOf(list, from, i), sums + <usize>load<u32>(cellOf + ((<usize>i) << 2)) * SUMS_BYTES, i32x4.splat(-1));
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
