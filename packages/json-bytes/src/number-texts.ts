import { WORD_BYTES } from "./label.ts";

/** The longest text of a number, `-2.2250738585072014e-308`, is as long. */
const TEXT_WORDS = 3;
const SLOTS = 4_096;

const keys = new Float64Array(SLOTS).fill(NaN);
const words = new Float64Array(SLOTS * TEXT_WORDS);
const textBytes = new Uint8Array(words.buffer);
const lengths = new Uint8Array(SLOTS);

const bitsOf = new Float64Array(1);
const halves = new Uint32Array(bitsOf.buffer);

/**
 * Writes the text of any number. Finding the shortest digits that tell a double from its neighbours takes long, and averages
 * are ratios of small counts, which come again: the newest text of each slot is kept.
 *
 * @returns how many bytes it has; up to 24 are written over
 */
export function writeNumberText(value: number, view: DataView, at: number, isLittleEndian: boolean): number {
  bitsOf[0] = value;
  const slot = Math.imul(halves[0]! ^ Math.imul(halves[1]!, 0x9e3779b1), 0x85ebca6b) >>> 20;
  if (keys[slot] !== value) keep(slot, value);
  for (let w = 0; w < TEXT_WORDS; w++) view.setFloat64(at + w * WORD_BYTES, words[slot * TEXT_WORDS + w]!, isLittleEndian);
  return lengths[slot]!;
}

function keep(slot: number, value: number): void {
  const text = String(value);
  const start = slot * TEXT_WORDS * WORD_BYTES;
  for (let i = 0; i < text.length; i++) textBytes[start + i] = text.charCodeAt(i);
  keys[slot] = value;
  lengths[slot] = text.length;
}
