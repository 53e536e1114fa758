import { KERNELS } from "./generated/kernels.ts";
import { memory } from "./memory.ts";

/** `assembly/kernels.ts`, where they are described. Whatever lies in memory is told by its address; 0: it is not there. */
interface Compiled {
  readonly pick: (facets: number, from: number, to: number, skillOf: number, list: number) => number;
  readonly addByInterval: (
    ends: number,
    values: number,
    list: number,
    from: number,
    count: number,
    windowStartMs: number,
    widthMs: number,
    sums: number,
    intervals: number,
    cell: number,
  ) => number;
  readonly addBySkill: (
    ends: number,
    values: number,
    facets: number,
    skillOf: number,
    list: number,
    from: number,
    count: number,
    windowStartMs: number,
    widthMs: number,
    sums: number,
    intervals: number,
    skills: number,
    cell: number,
    newest: number,
    cellOf: number,
  ) => number;
  readonly fill: (words: number, from: number, to: number, word: number) => void;
  readonly sort: (order: number, keys: number, ranks: number, count: number, places: number, placeCount: number, sorted: number) => void;
  readonly gather: (words: number, order: number, from: number, count: number, to: number) => void;
  readonly scratchBytes: () => number;
  readonly readCells: (
    sums: number,
    order: number,
    from: number,
    count: number,
    scratch: number,
    metrics: number,
    metricCount: number,
    first: number,
  ) => void;
}

const module = new WebAssembly.Module(Uint8Array.from(atob(KERNELS), (byte) => byte.charCodeAt(0)));

export const compiled = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Compiled;
