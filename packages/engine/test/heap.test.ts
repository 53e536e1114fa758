import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Heap } from "../src/heap.ts";

const START = 64;
const GROWTH = 1_024;

interface Taken {
  readonly address: number;
  readonly bytes: number;
}

/** What is taken, and how large the memory has become. */
class Memory {
  readonly taken: Taken[] = [];
  size = 0;
  readonly #heap = new Heap(START, (bytes) => {
    const growth = Math.max(GROWTH, bytes);
    this.size += growth;
    return growth;
  });

  take(bytes: number): void {
    this.taken.push({ address: this.#heap.allocate(bytes), bytes });
  }

  get freeBytes(): number {
    return this.#heap.freeBytes;
  }

  free(place: number): void {
    const [area] = this.taken.splice(place, 1);
    if (area) this.#heap.free(area.address, area.bytes);
  }
}

const bytes = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 5_000 }));
/** Sizes are taken; one of those that are taken, by its place, is freed. */
const steps = fc.array(
  fc.oneof(
    bytes.map((size) => ({ size })),
    fc.nat({ max: 50 }).map((place) => ({ place })),
  ),
  { maxLength: 200 },
);

describe("a heap", () => {
  test("gives areas that lie within the memory, and never over one another", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const memory = run(taken);
        let end = START;
        for (const area of memory.taken.toSorted((a, b) => a.address - b.address)) {
          expect(area.address % 16).toBe(0);
          expect(area.address).toBeGreaterThanOrEqual(end);
          end = area.address + area.bytes;
        }
        expect(end).toBeLessThanOrEqual(START + memory.size);
      }),
    );
  });

  test("has room for all of the memory at once when everything has been freed", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const memory = run(taken);
        const takenBytes = memory.taken.reduce((sum, area) => sum + Math.ceil(area.bytes / 16) * 16, 0);
        expect(memory.freeBytes).toBe(memory.size - takenBytes);
        while (memory.taken.length > 0) memory.free(0);
        const { size } = memory;
        // The largest that is sure to be found: sizes within a quarter of a doubling are looked through as one.
        if (size > 0) memory.take(size / 1.2 - 16);
        expect(memory.size).toBe(size);
      }),
    );
  });

  test("tells who takes that there is no room, and stays as it was", () => {
    let room = GROWTH;
    const heap = new Heap(START, (more) => {
      if (more > room) throw new Error("no room");
      [room, more] = [0, room];
      return more;
    });
    const first = heap.allocate(600);
    expect(() => heap.allocate(600)).toThrow("no room");
    heap.free(first, 600);
    expect(heap.allocate(600)).toBe(first);
  });
});

function run(taken: readonly ({ readonly size: number } | { readonly place: number })[]): Memory {
  const memory = new Memory();
  for (const step of taken) {
    if ("size" in step) memory.take(step.size);
    else memory.free(step.place);
  }
  return memory;
}
