import { compiled } from "./compiled.ts";
import { release, takeArea, wordsAt, type Area } from "./memory.ts";
import type { Dimension } from "./query.ts";
import { clearSums, SUMS_BYTES, sumsAt, type Sums } from "./sums.ts";

const CAPACITY_MIN = 64;
const NOTHING = new Uint32Array(0);

/** Cells that belong to no skill, or are of no agent alone. */
export const NO_KEY = 0;

/** What cells are sorted by: the rank of a key; null: keys are their ranks, which are below `rankCount`. */
export interface SortKey {
  readonly dimension: Dimension;
  readonly ranks: Uint32Array | null;
  readonly rankCount: number;
}

/** Cells as the kernels fill them: keys by column, the sums of a cell side by side. The memory is used again for the next. */
export class Cells {
  count = 0;
  capacity = 0;
  /** Where they lie, if there are gaps between them: a first cell and how many from there on, by turns. */
  #runs: readonly number[] | null = null;
  intervals: Uint32Array = NOTHING;
  skills: Uint32Array = NOTHING;
  agents: Uint32Array = NOTHING;
  sums: Sums = sumsAt(0, 0);
  #area: Area | null = null;
  #sorting: Area | null = null;

  /** Begins anew. */
  clear(): void {
    this.count = 0;
    this.#runs = null;
  }

  /** Others have filled them, in some places. */
  set runs(runs: readonly number[]) {
    this.#runs = runs;
    this.count = runs.reduce((sum, word, i) => (i % 2 === 0 ? sum : sum + word), 0);
  }

  get runs(): readonly number[] {
    return this.#runs ?? [0, this.count];
  }

  /** Makes room for so many cells more. */
  reserve(more: number): void {
    if (this.count + more <= this.capacity) return;
    const { intervals, skills, agents, sums } = this;
    const before = this.#area;
    this.capacity = Math.max(CAPACITY_MIN, this.count + more, this.capacity * 2);
    this.#area = takeArea(this.capacity * (SUMS_BYTES + 12));
    const keysAt = this.#area.address + this.capacity * SUMS_BYTES;
    this.sums = sumsAt(this.#area.address, this.capacity);
    this.intervals = wordsAt(keysAt, this.capacity);
    this.skills = wordsAt(keysAt + 4 * this.capacity, this.capacity);
    this.agents = wordsAt(keysAt + 8 * this.capacity, this.capacity);
    if (before === null) return;
    this.sums.doubles.set(sums.doubles);
    this.intervals.set(intervals);
    this.skills.set(skills);
    this.agents.set(agents);
    release(before);
  }

  /** Begins a cell with nothing in it. @returns its index */
  begin(interval: number, skill: number, agent: number): number {
    this.reserve(1);
    const cell = this.count++;
    this.intervals[cell] = interval;
    this.skills[cell] = skill;
    this.agents[cell] = agent;
    clearSums(this.sums, cell, cell + 1);
    return cell;
  }

  column(dimension: Dimension): Uint32Array {
    return { interval: this.intervals, skill: this.skills, agent: this.agents }[dimension];
  }

  /**
   * The order that the ranks of some keys give; of equal ranks the first stays first. It lies in memory that the next order
   * takes.
   *
   * @returns null: as they lie
   */
  orderBy(keys: readonly SortKey[]): Uint32Array | null {
    if (keys.length === 0) return null;
    const { count, runs } = this;
    const rankMax = Math.max(...keys.map(({ rankCount }) => rankCount));
    const [places, ranksAt, runsAt, even, odd] = this.#reserveSorting([rankMax + 1, rankMax, runs.length + 2, count, count]);
    wordsAt(runsAt!, runs.length).set(runs);
    let [order, sorted] = [0, even!];
    for (const { dimension, ranks, rankCount } of keys.toReversed()) {
      if (ranks !== null) wordsAt(ranksAt!, rankCount).set(ranks);
      const keysAt = this.column(dimension).byteOffset;
      const runCount = order === 0 ? runs.length / 2 : 1;
      compiled.sort(runsAt!, runCount, order, keysAt, ranks === null ? 0 : ranksAt!, places!, rankCount + 1, sorted);
      // What has an order lies in one piece.
      if (order === 0) wordsAt(runsAt!, 2).set([0, count]);
      [order, sorted] = [sorted, sorted === even ? odd! : even!];
    }
    return wordsAt(order, count);
  }

  /** @returns the addresses of so many words each */
  #reserveSorting(counts: readonly number[]): number[] {
    const bytes = 4 * counts.reduce((sum, count) => sum + count);
    if (this.#sorting === null || this.#sorting.bytes < bytes) {
      if (this.#sorting !== null) release(this.#sorting);
      this.#sorting = takeArea(2 * bytes);
    }
    let end = this.#sorting.address;
    return counts.map((count) => (end += 4 * count) - 4 * count);
  }
}

/** Some cells: of an order of them, the places `[from, to)`; where it is null, of the cells as they lie. */
export interface CellPart {
  readonly cells: Cells;
  readonly order: Uint32Array | null;
  readonly from: number;
  readonly to: number;
}
