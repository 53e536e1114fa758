import { KERNELS } from "./generated/kernels.ts";
import { memory } from "./memory.ts";

/** `assembly/index.ts`, where they are described. Whatever lies in memory is told by its address; 0: it is not there. */
interface Compiled {
  readonly findSkills: (lanes: number, laneCount: number, skillOf: number, ranks: number, seen: number) => void;
  readonly doNext: (job: number, thread: number) => number;
  readonly isDone: (job: number, task: number) => number;
  readonly subtract: (
    ends: number,
    values: number,
    highs: number,
    checkpoints: number,
    from: number,
    to: number,
    windowStartMs: number,
    widthMs: number,
    firstInterval: number,
    lastInterval: number,
    sums: number,
    intervals: number,
    cell: number,
  ) => number;
  readonly sumRows: (values: number, highs: number, checkpoints: number, from: number, to: number, sums: number) => void;
  readonly layCheckpoint: (values: number, highs: number, checkpoints: number, checkpoint: number) => void;
  readonly pick: (facets: number, from: number, to: number, skillOf: number, list: number) => number;
  readonly addTo: (values: number, list: number, from: number, count: number, sums: number, cellOf: number) => void;
  readonly addHighsTo: (highs: number, values: number, list: number, from: number, count: number, sums: number, cellOf: number) => void;
  readonly sort: (
    runs: number,
    runCount: number,
    order: number,
    keys: number,
    ranks: number,
    places: number,
    placeCount: number,
    sorted: number,
  ) => void;
  readonly scratchBytes: () => number;
  readonly readCells: (task: number, scratch: number) => void;
}

export const compiledModule = new WebAssembly.Module(Uint8Array.from(atob(KERNELS), (byte) => byte.charCodeAt(0)));

export const compiled = new WebAssembly.Instance(compiledModule, { env: { memory } }).exports as unknown as Compiled;
