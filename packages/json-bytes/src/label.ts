/** ASCII that is written over and over, eight bytes a word, filled up with zeros. */
export interface Label {
  /** The doubles that these bytes are, the first byte the lowest. */
  readonly words: Float64Array;
  readonly byteCount: number;
}

/** A label for each of the numbers that are written side by side, over and over. */
export interface RowLabels {
  /** Of all labels, one after the other. */
  readonly words: Float64Array;
  /** Where the words of each label end. */
  readonly wordEnds: Uint32Array;
  readonly byteCounts: Uint32Array;
}

export const WORD_BYTES = 8;

/** @throws RangeError if the text is not ASCII: a word of other bytes could be a NaN, whose bits may change on the way */
export function toLabel(text: string): Label {
  for (const character of text) if (character > "~") throw new RangeError(`expected ASCII, got ${JSON.stringify(character)}`);
  const wordCount = Math.ceil(text.length / WORD_BYTES);
  const bytes = new Uint8Array(wordCount * WORD_BYTES);
  new TextEncoder().encodeInto(text, bytes);
  const view = new DataView(bytes.buffer);
  return { words: Float64Array.from({ length: wordCount }, (_, w) => view.getFloat64(w * WORD_BYTES, true)), byteCount: text.length };
}

/** @throws RangeError if a text is not ASCII */
export function toRowLabels(texts: readonly string[]): RowLabels {
  const labels = texts.map(toLabel);
  let wordCount = 0;
  return {
    words: Float64Array.from(labels.flatMap(({ words }) => [...words])),
    wordEnds: Uint32Array.from(labels, ({ words }) => (wordCount += words.length)),
    byteCounts: Uint32Array.from(labels, ({ byteCount }) => byteCount),
  };
}
