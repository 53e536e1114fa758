/** ASCII that is written over and over: eight bytes a word, filled up with zeros, in the byte order of this machine. */
export interface Label {
  readonly words: Float64Array;
  readonly byteCount: number;
}

export const WORD_BYTES = 8;

/** @throws RangeError if the text is not ASCII: a word of other bytes could be a NaN, whose bits may change on the way */
export function toLabel(text: string): Label {
  for (const character of text) if (character > "~") throw new RangeError(`expected ASCII, got ${JSON.stringify(character)}`);
  const words = new Float64Array(Math.ceil(text.length / WORD_BYTES));
  new TextEncoder().encodeInto(text, new Uint8Array(words.buffer));
  return { words, byteCount: text.length };
}
