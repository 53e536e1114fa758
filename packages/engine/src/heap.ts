const ALIGNMENT = 16;
/** Free areas are kept by size, so many sizes to a doubling. */
const BINS_A_DOUBLING = 4;
const BINS = 33 * BINS_A_DOUBLING;

/** Tells which areas of a memory are free. Neighbours that are both free become one. */
export class Heap {
  /** Bytes by address. */
  readonly #free = createTable();
  /** Addresses by the end of their area. */
  readonly #freeByEnd = createTable();
  /** Addresses; what was freed last is taken first. */
  readonly #bins: number[][] = Array.from({ length: BINS }, () => []);
  /** Of an address in its bin. */
  readonly #places = createTable();
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
      const address = this.#bins[bin]!.at(-1);
      if (address !== undefined) return this.#take(address, size);
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
    if (this.#free[to] !== undefined) to += this.#remove(to);
    const before = this.#freeByEnd[from];
    if (before !== undefined) from -= this.#remove(before);
    this.#free[from] = to - from;
    this.#freeBytes += to - from;
    this.#freeByEnd[to] = from;
    const bin = this.#bins[Math.floor(binOf(to - from))]!;
    this.#places[from] = bin.length;
    bin.push(from);
    return from;
  }

  #remove(address: number): number {
    const bytes = this.#free[address]!;
    delete this.#free[address];
    delete this.#freeByEnd[address + bytes];
    this.#freeBytes -= bytes;
    const bin = this.#bins[Math.floor(binOf(bytes))]!;
    const last = bin.pop()!;
    if (last !== address) {
      const place = this.#places[address]!;
      bin[place] = last;
      this.#places[last] = place;
    }
    delete this.#places[address];
    return bytes;
  }
}

/** By address. Unlike a `Map`, which V8 lays anew at every other change, an object with sparse indexes costs the same at any size. */
type Table = Record<number, number>;

function createTable(): Table {
  return Object.create(null) as Table;
}

function sizeOf(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}

function binOf(size: number): number {
  return Math.log2(size) * BINS_A_DOUBLING;
}
