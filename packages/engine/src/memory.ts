import { Heap } from "./heap.ts";

const PAGE_BYTES = 65_536;
const PAGES_MAX = 65_536;
/** Grown by so many pages at least: each growth costs a new view of all of it. */
const GROWTH_PAGES = 16;

/**
 * The memory that rows and cells lie in, one for the process: kernels address all of it, and threads share it. What it has
 * grown to it keeps, and uses again.
 */
export const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES_MAX, shared: true });

const heap = new Heap(PAGE_BYTES, (bytes) => {
  const pages = Math.max(GROWTH_PAGES, Math.ceil(bytes / PAGE_BYTES));
  try {
    memory.grow(pages);
  } catch (error) {
    throw new Error(
      `no room for ${bytes} bytes of segments: the engine holds ${memory.buffer.byteLength}, and ${PAGES_MAX * PAGE_BYTES} at most`,
      {
        cause: error,
      },
    );
  }
  return pages * PAGE_BYTES;
});

/** So many bytes are left for rows and cells, of 4 GiB. */
export function roomBytes(): number {
  return PAGES_MAX * PAGE_BYTES - memory.buffer.byteLength + heap.freeBytes;
}

/** An area of the memory. It is free again when it is released, or nobody holds this any more. */
export interface Area {
  readonly address: number;
  readonly bytes: number;
}

const forgotten = new FinalizationRegistry<Area>(({ address, bytes }) => heap.free(address, bytes));

/** What lies there is anything. @throws Error if there is no room */
export function takeArea(bytes: number): Area {
  const area = { address: heap.allocate(bytes), bytes };
  forgotten.register(area, { ...area }, area);
  return area;
}

/** Of an area that is never free again. @returns its address */
export function keepArea(bytes: number): number {
  return heap.allocate(bytes);
}

/** Nobody may look at it any more. */
export function release(area: Area): void {
  if (forgotten.unregister(area)) heap.free(area.address, area.bytes);
}

export function doublesAt(address: number, length: number): Float64Array {
  return new Float64Array(memory.buffer, address, length);
}

export function wordsAt(address: number, length: number): Uint32Array {
  return new Uint32Array(memory.buffer, address, length);
}

export function intsAt(address: number, length: number): Int32Array {
  return new Int32Array(memory.buffer, address, length);
}
