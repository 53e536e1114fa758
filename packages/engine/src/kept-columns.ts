const SPARES_MAX = 4;
/** 4 MiB; larger ones are not kept. */
const SPARE_LENGTH_MAX = 512 * 1024;

/** What was used last comes first: it is in the processor's cache. */
const spares: Float64Array[] = [];

/** Columns of numbers side by side. Memory that is used again costs nothing; fresh memory for every answer keeps the garbage collector busy. */
export class KeptColumns {
  readonly columns: readonly Float64Array[];
  #memory: Float64Array | null;

  /** @param length of each; they hold anything */
  constructor(columnCount: number, length: number) {
    const memory = takeSpare(columnCount * length);
    this.#memory = memory;
    this.columns = Array.from({ length: columnCount }, (_, c) => memory.subarray(c * length, (c + 1) * length));
  }

  /** Lets others have the memory; nothing of it is read any more. */
  close(): void {
    if (this.#memory !== null && this.#memory.length <= SPARE_LENGTH_MAX && spares.length < SPARES_MAX) spares.push(this.#memory);
    this.#memory = null;
  }
}

function takeSpare(length: number): Float64Array {
  const place = spares.findLastIndex((spare) => spare.length >= length);
  return place === -1 ? new Float64Array(length) : spares.splice(place, 1)[0]!;
}
