// Sums as `src/sums.ts` describes them, and what one row adds to them.

export const SUMS_BYTES: usize = 72;
export const RESPONSES: usize = 32;
export const CLASSES: usize = 36;
export const LAST_CLASS: u32 = 7;
export const RESPONSES_SHIFT: u32 = 8;

/** By class: one in its place, of eight words. */
// oxfmt-ignore
export const ONE_OF: usize = memory.data<u32>([
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

/** The time to the first response, in the place of new conversations or in that of transfers. */
export function firstOf(value: v128, last: u32): v128 {
  const first = f64x2.convert_low_i32x4_u(v128.shuffle<u32>(value, value, 2, 2, 2, 2));
  return v128.and(first, v128.load(EITHER + ((<usize>(last & 1)) << 4)));
}

export function addRow(values: usize, row: usize, sumsAt: usize): void {
  const value = v128.load(values + (row << 4));
  const last = v128.extract_lane<u32>(value, 3);
  const one = ONE_OF + ((<usize>(last & LAST_CLASS)) << 5);
  v128.store(sumsAt, f64x2.add(v128.load(sumsAt), f64x2.convert_low_i32x4_u(value)));
  v128.store(sumsAt, f64x2.add(v128.load(sumsAt, 16), firstOf(value, last)), 16);
  store<u32>(sumsAt, load<u32>(sumsAt, RESPONSES) + (last >> RESPONSES_SHIFT), RESPONSES);
  v128.store(sumsAt, i32x4.add(v128.load(sumsAt, CLASSES), v128.load(one)), CLASSES);
  v128.store(sumsAt, i32x4.add(v128.load(sumsAt, CLASSES + 16), v128.load(one, 16)), CLASSES + 16);
}

/** @param low and `high`, the segments of the first four classes, and of the others */
export function storeSums(sumsAt: usize, times: v128, firsts: v128, responses: u32, low: v128, high: v128): void {
  v128.store(sumsAt, times);
  v128.store(sumsAt, firsts, 16);
  store<u32>(sumsAt, responses, RESPONSES);
  v128.store(sumsAt, low, CLASSES);
  v128.store(sumsAt, high, CLASSES + 16);
}

/** Adds what of a row did not fit in its words. */
export function addHigh(highs: usize, values: usize, row: usize, sumsAt: usize): void {
  const high = v128.load(highs + (row << 4));
  const last = load<u32>(values + (row << 4), 12);
  const unit = f64x2.splat(4_294_967_296);
  v128.store(sumsAt, f64x2.add(v128.load(sumsAt), f64x2.mul(f64x2.convert_low_i32x4_u(high), unit)));
  v128.store(sumsAt, f64x2.add(v128.load(sumsAt, 16), f64x2.mul(firstOf(high, last), unit)), 16);
  store<u32>(sumsAt, load<u32>(sumsAt, RESPONSES) + (v128.extract_lane<u32>(high, 3) << (32 - RESPONSES_SHIFT)), RESPONSES);
}
