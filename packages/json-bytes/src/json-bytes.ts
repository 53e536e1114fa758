import { WORD_BYTES, type Label, type RowLabels } from "./label.ts";
import { keepMemory, lendBytes, takeMemory, type Memory } from "./memory.ts";
import { NUMBER_BYTES_MAX, writeNumberText } from "./number-texts.ts";
import { writeLongWhole, writeWhole } from "./whole-numbers.ts";

/** Whatever is written last: a number takes up to 24, and a label is written in whole words. */
const ROOM_MIN = 64;

const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;

/**
 * JSON as UTF-8, written piece by piece without a string in between. What is written is not checked: whoever writes
 * decides what stands where.
 */
export class JsonBytes {
  #bytes: Memory = takeMemory();
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#length;
  }

  label({ words, byteCount }: Label): void {
    this.#reserve(byteCount + ROOM_MIN);
    const view = this.#view;
    let at = this.#length;
    for (let w = 0; w < words.length; w++, at += WORD_BYTES) view.setFloat64(at, words[w]!, true);
    this.#length += byteCount;
  }

  /** @param value finite */
  number(value: number): void {
    this.#reserve(ROOM_MIN);
    this.#length = writeNumber(value, this.#view, this.#length);
  }

  /**
   * Labels, and behind each the number in one place of its column.
   *
   * @param nothing stands for NaN
   */
  row({ words, wordEnds, byteCounts }: RowLabels, columns: readonly Float64Array[], place: number, nothing: Label): void {
    this.#reserve(words.length * WORD_BYTES + columns.length * NUMBER_BYTES_MAX + ROOM_MIN);
    const view = this.#view;
    let at = this.#length;
    for (let c = 0, w = 0; c < columns.length; c++) {
      const wordEnd = wordEnds[c]!;
      for (let to = at; w < wordEnd; w++, to += WORD_BYTES) view.setFloat64(to, words[w]!, true);
      at += byteCounts[c]!;
      const value = columns[c]![place]!;
      // Only NaN is unlike itself.
      if (value === value) {
        at = writeNumber(value, view, at);
      } else {
        view.setFloat64(at, nothing.words[0]!, true);
        at += nothing.byteCount;
      }
    }
    this.#length = at;
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
  take(): Buffer<ArrayBuffer> {
    const taken = Buffer.allocUnsafeSlow(this.#length);
    taken.set(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  /** @returns what `take` would, without a copy; whoever knows when it has been read gives it back */
  lend(): Buffer {
    const length = this.#length;
    return lendBytes(this.#leaveMemory(), length);
  }

  /** Lets others have the memory. */
  close(): void {
    keepMemory(this.#leaveMemory());
  }

  #leaveMemory(): Memory {
    const left = this.#bytes;
    this.#useMemory(NO_MEMORY);
    this.#length = 0;
    return left;
  }

  #useMemory(bytes: Memory): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  #byte(byte: number): void {
    this.#reserve(ROOM_MIN);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(more: number): void {
    if (this.#length + more > this.#bytes.length) this.#grow(more);
  }

  #grow(more: number): void {
    const smaller = this.#bytes;
    const larger = takeMemory(Math.max(smaller.length * 2, this.#length + more));
    larger.set(smaller.subarray(0, this.#length));
    this.#useMemory(larger);
    keepMemory(smaller);
  }
}

const NO_MEMORY: Memory = new Uint8Array(0);
const ENCODER = new TextEncoder();

/** @returns where it ends */
function writeNumber(value: number, view: DataView, at: number): number {
  const whole = value | 0;
  if (whole === value && whole >= 0) return writeWhole(whole, view, at);
  return Number.isSafeInteger(value) && value > 0 ? writeLongWhole(value, view, at) : writeNumberText(value, view, at);
}
