import { METRICS, type Block } from "@segmeter/engine";

/** Cells, and of each metric the sum over all cells: null as 0, doubles in whole millionths. Exact in a double. */
export type Checksum = readonly number[];

export const MILLION = 1_000_000;

export function checksumOf(blocks: Iterable<Block>): Checksum {
  const sums = METRICS.map(() => 0);
  let cellCount = 0;
  for (const block of blocks) {
    cellCount += block.cellCount;
    METRICS.forEach(({ name, type }, m) => {
      const column = block.metric(name);
      for (let cell = 0; cell < block.cellCount; cell++) {
        const value = column[cell]!;
        if (!Number.isNaN(value)) sums[m]! += type === "Double" ? Math.floor(value * MILLION + 0.5) : value;
      }
    });
  }
  return [cellCount, ...sums];
}

/** All of it in one number, to be printed. */
export function toText([cellCount, ...sums]: Checksum): string {
  const total = sums.reduce((sum, value, m) => sum + (METRICS[m]!.type === "Double" ? value / MILLION : value), 0);
  return `${cellCount} cells, sum ${Math.round(total * MILLION) / MILLION}`;
}

export function isSame(a: Checksum, b: Checksum): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
