import { endianness } from "node:os";
import { WORD_BYTES, type Label } from "./label.ts";
import { writeNumberText } from "./number-texts.ts";

const CAPACITY_MIN = 64 * 1024;
/** Memory that grew beyond is not kept for the next one. */
const SPARE_CAPACITY_MAX = 4 * 1024 * 1024;
/** A number takes up to 24, and a label is written in whole words. */
const ROOM_MIN = 64;

const IS_LITTLE_ENDIAN = endianness() === "LE";
const COMMA = 0x2c;
const COLON = 0x3a;
const DIGIT_0 = 0x30;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;

let spare: Uint8Array<ArrayBuffer> | null = null;

/**
 * JSON as UTF-8, written piece by piece without a string in between. What is written is not checked: whoever writes
 * decides what stands where.
 */
export class JsonBytes {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  readonly #pieceBytes: number;

  /** @param pieceBytes from this size on, what is written should be taken */
  constructor(pieceBytes = Infinity) {
    this.#pieceBytes = pieceBytes;
    this.#bytes = spare ?? new Uint8Array(CAPACITY_MIN);
    spare = null;
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** Whether a piece has been written since the last `take`. */
  get isFull(): boolean {
    return this.#length >= this.#pieceBytes;
  }

  label({ words, byteCount }: Label): void {
    this.#reserve(byteCount + ROOM_MIN);
    const view = this.#view;
    let at = this.#length;
    for (let w = 0; w < words.length; w++, at += WORD_BYTES) view.setFloat64(at, words[w]!, IS_LITTLE_ENDIAN);
    this.#length += byteCount;
  }

  /** @param value finite */
  number(value: number): void {
    const whole = value | 0;
    if (whole === value && whole >= 0) {
      this.#whole(whole);
      return;
    }
    this.#reserve(ROOM_MIN);
    this.#length += writeNumberText(value, this.#view, this.#length, IS_LITTLE_ENDIAN);
  }

  /** Quoted, escaped as `JSON.stringify` does. */
  string(text: string): void {
    this.#reserve(text.length + ROOM_MIN);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < SPACE || code >= DELETE || code === QUOTE || code === BACKSLASH) return this.json(JSON.stringify(text));
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  /** @param text JSON already */
  json(text: string): void {
    this.#reserve(text.length * 3 + ROOM_MIN);
    this.#length += ENCODER.encodeInto(text, this.#bytes.subarray(this.#length)).written;
  }

  comma(): void {
    this.#byte(COMMA);
  }

  colon(): void {
    this.#byte(COLON);
  }

  /** @returns everything written since the last call, in memory of its own */
  take(): Buffer {
    const taken = Buffer.allocUnsafeSlow(this.#length);
    taken.set(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  /** Lets the next one have the memory. */
  close(): void {
    if (this.#bytes.length <= SPARE_CAPACITY_MAX) spare = this.#bytes;
  }

  #byte(byte: number): void {
    this.#reserve(ROOM_MIN);
    this.#bytes[this.#length++] = byte;
  }

  /** @param value at least 0 */
  #whole(value: number): void {
    this.#reserve(ROOM_MIN);
    const bytes = this.#bytes;
    const begin = this.#length;
    const end = begin + digitCountOf(value);
    this.#length = end;
    let left = value;
    for (let at = end - 1; left >= 10; at--) {
      const tenth = (left / 10) | 0;
      bytes[at] = DIGIT_0 + left - tenth * 10;
      left = tenth;
    }
    bytes[begin] = DIGIT_0 + left;
  }

  #reserve(more: number): void {
    if (this.#length + more > this.#bytes.length) this.#grow(more);
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

const ENCODER = new TextEncoder();

/** @param value a whole number of at most 31 bits */
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
