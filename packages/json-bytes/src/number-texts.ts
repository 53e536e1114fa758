import { WORD_BYTES } from "./label.ts";

/** The longest text of a number has 25 characters, such as `-0.0000010057031006712622`: from 1e-6 on there is no exponent. */
const TEXT_WORDS = 4;
export const NUMBER_BYTES_MAX = TEXT_WORDS * WORD_BYTES;
const SLOTS = 4_096;

const keys = new Float64Array(SLOTS).fill(NaN);
const texts = new DataView(new ArrayBuffer(SLOTS * NUMBER_BYTES_MAX));
const lengths = new Uint8Array(SLOTS);

const bitsOf = new Float64Array(1);
const halves = new Uint32Array(bitsOf.buffer);

/**
 * Writes the text of any number. Finding the shortest digits that tell a double from its neighbours takes long, and averages
 * are ratios of small counts, which come again: the newest text of each slot is kept.
 *
 * @param value finite
 * @returns where it ends; up to `NUMBER_BYTES_MAX` bytes are written over
 */
export function writeNumberText(value: number, view: DataView, at: number): number {
  bitsOf[0] = value;
  const slot = Math.imul(halves[0]! ^ Math.imul(halves[1]!, 0x9e3779b1), 0x85ebca6b) >>> 20;
  if (keys[slot] !== value) keep(slot, value);
  const text = slot * NUMBER_BYTES_MAX;
  for (let b = 0; b < NUMBER_BYTES_MAX; b += WORD_BYTES) view.setFloat64(at + b, texts.getFloat64(text + b, true), true);
  return at + lengths[slot]!;
}

function keep(slot: number, value: number): void {
  const text = String(value);
  for (let i = 0; i < text.length; i++) texts.setUint8(slot * NUMBER_BYTES_MAX + i, text.charCodeAt(i));
  keys[slot] = value;
  lengths[slot] = text.length;
}
