const DIGIT_0 = 0x30;

/** `00` to `99`, the tens in the lower byte. */
const PAIRS = Uint16Array.from({ length: 100 }, (_, i) => (DIGIT_0 + Math.floor(i / 10)) | ((DIGIT_0 + (i % 10)) << 8));

/**
 * Writes the digits of a number, two at a time.
 *
 * @param value whole, 0 to 2^31 - 1
 * @returns where they end
 */
export function writeWhole(value: number, view: DataView, at: number): number {
  const end = at + digitCountOf(value);
  let left = value;
  let place = end;
  while (left >= 100) {
    const hundredth = (left / 100) | 0;
    place -= 2;
    view.setUint16(place, PAIRS[left - hundredth * 100]!, true);
    left = hundredth;
  }
  if (left >= 10) view.setUint16(place - 2, PAIRS[left]!, true);
  else view.setUint8(place - 1, DIGIT_0 + left);
  return end;
}

/**
 * Likewise those that are longer.
 *
 * @param value whole, 2^31 to 2^53 - 1
 */
export function writeLongWhole(value: number, view: DataView, at: number): number {
  const high = Math.floor(value / LOW_BASE);
  const low = value - high * LOW_BASE;
  const lowAt = writeWhole(high, view, at);
  const end = lowAt + LOW_DIGITS;
  let left = low;
  for (let place = end - 2; place >= lowAt; place -= 2) {
    const hundredth = (left / 100) | 0;
    view.setUint16(place, PAIRS[left - hundredth * 100]!, true);
    left = hundredth;
  }
  return end;
}

const LOW_DIGITS = 8;
const LOW_BASE = 10 ** LOW_DIGITS;

function digitCountOf(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1_000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}
