const ALIGNMENT = 16;
/** Free areas are kept by size, so many sizes to a doubling. */
const BINS_A_DOUBLING = 4;
const BINS = 33 * BINS_A_DOUBLING;

/** Tells which areas of a memory are free. Neighbours that are both free become one. */
export class Heap {
  /** Bytes by address. */
  readonly #free = new Map<number, number>();
  /** Addresses by the end of their area. */
  readonly #freeByEnd = new Map<number, number>();
  readonly #bins: Set<number>[] = Array.from({ length: BINS }, () => new Set());
  readonly #grow: (bytes: number) => number;
  #end: number;
  #freeBytes = 0;

  /**
   * @param start where the memory begins
   * @param grow makes the memory larger by so many bytes at least; returns by how many
   */
  constructor(start: number, grow: (bytes: number) => number) {
    this.#end = start;
    this.#grow = grow;
  }

  /** Within what it has grown to, in areas of any size. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** @returns an address, a multiple of 16. What lies there is anything. @throws what `grow` throws */
  allocate(bytes: number): number {
    const size = sizeOf(bytes);
    // Whatever lies in this bin or beyond is large enough.
    for (let bin = Math.ceil(binOf(size)); bin < BINS; bin++) {
      for (const address of this.#bins[bin]!) return this.#take(address, size);
    }
    const grown = this.#grow(size);
    this.#end += grown;
    return this.#take(this.#add(this.#end - grown, grown), size);
  }

  free(address: number, bytes: number): void {
    this.#add(address, sizeOf(bytes));
  }

  #take(address: number, size: number): number {
    const bytes = this.#remove(address);
    if (bytes > size) this.#add(address + size, bytes - size);
    return address;
  }

  /** @returns where the area begins that this one is part of now */
  #add(address: number, size: number): number {
    let [from, to] = [address, address + size];
    if (this.#free.has(to)) to += this.#remove(to);
    const before = this.#freeByEnd.get(from);
    if (before !== undefined) from -= this.#remove(before);
    this.#free.set(from, to - from);
    this.#freeBytes += to - from;
    this.#freeByEnd.set(to, from);
    this.#bins[Math.floor(binOf(to - from))]!.add(from);
    return from;
  }

  #remove(address: number): number {
    const bytes = this.#free.get(address)!;
    this.#free.delete(address);
    this.#freeByEnd.delete(address + bytes);
    this.#freeBytes -= bytes;
    this.#bins[Math.floor(binOf(bytes))]!.delete(address);
    return bytes;
  }
}

function sizeOf(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}

function binOf(size: number): number {
  return Math.log2(size) * BINS_A_DOUBLING;
}
