import { NO_KEY } from "./cells.ts";
import { compiled } from "./compiled.ts";
import { NONE } from "./facets.ts";
import type { Lane, Rows } from "./lane.ts";
import { addressOf, intsAt, release, takeArea, type Area } from "./memory.ts";

/** Unlike any skill, and unlike none. */
export const MIXED = -2;

/** `Lane` in `assembly/job.ts`. */
const LANE_WORDS = 13;
const WORD = { rowCount: 5, agent: 6, skill: 9, skillCount: 10, isPart: 11, cursor: 12 } as const;
const NOBODY_LOOKED = -1;

/** What a pass has to know of the rows' skills. */
export interface LaneSkills {
  /** By facet: the skill to group by, `NO_KEY` where nothing is grouped by skill, `NONE` for rows that are passed over. */
  readonly byFacet: Int32Array;
  /** Nothing tells the rows of any lane apart. */
  readonly areAlike: boolean;
  /** For tests: rows are told apart although nothing does. */
  readonly isForcedScan: boolean;
  /** How many skills there are. */
  readonly count: number;
}

/** The lanes of a pass as they were when it began, in the order of the agents' ids, as kernels read them. */
export class LaneTable {
  readonly count: number;
  readonly address: number;
  /** By skill two words, the first of them -1, as the kernels need them. */
  readonly newestAt: number;
  readonly newestWords: number;
  readonly #words: Int32Array;
  readonly #area: Area;
  /** Their memory is theirs as long as somebody holds them. */
  readonly #held: unknown[];
  readonly #rows: Rows[];

  private constructor(count: number, newestWords: number, rows: Rows[], held: unknown[]) {
    this.count = count;
    this.newestWords = newestWords;
    const wordCount = count * LANE_WORDS + newestWords;
    this.#area = takeArea(4 * wordCount);
    this.address = this.#area.address;
    this.newestAt = this.address + 4 * LANE_WORDS * count;
    this.#words = intsAt(this.address, wordCount);
    this.#words.fill(-1, count * LANE_WORDS);
    this.#rows = rows;
    this.#held = held;
  }

  static of(lanes: readonly Lane[], agents: Uint32Array, skills: LaneSkills): LaneTable {
    const [rows, held]: [Rows[], unknown[]] = [[], []];
    const table = new LaneTable(agents.length, 2 * Math.max(skills.count, 1), rows, held);
    const words = table.#words;
    let at = 0;
    for (const agent of agents) {
      const lane = lanes[agent]!;
      const { ends, values, highs, facets, checkpoints } = lane.rows;
      rows.push(lane.rows);
      held.push(lane.facets.area);
      words[at++] = ends.byteOffset;
      words[at++] = values.byteOffset;
      words[at++] = addressOf(highs);
      words[at++] = facets.byteOffset;
      words[at++] = checkpoints.doubles.byteOffset;
      words[at++] = lane.rowCount;
      words[at++] = agent;
      words[at++] = lane.facets.area.address;
      words[at++] = lane.facets.count;
      words[at++] = skills.isForcedScan ? MIXED : NO_KEY;
      words[at++] = 1;
      words[at++] = 0;
      words[at++] = NOBODY_LOOKED;
    }
    if (!skills.areAlike) table.#findSkills(skills);
    return table;
  }

  /** The same lanes, of which no row has been looked at. */
  anew(): LaneTable {
    const table = new LaneTable(this.count, this.newestWords, this.#rows, this.#held);
    table.#words.set(this.#words.subarray(0, this.count * LANE_WORDS));
    for (let l = 0; l < this.count; l++) table.#words[l * LANE_WORDS + WORD.cursor] = NOBODY_LOOKED;
    return table;
  }

  rows(l: number): Rows {
    return this.#rows[l]!;
  }

  rowCount(l: number): number {
    return this.#words[l * LANE_WORDS + WORD.rowCount]!;
  }

  /** The skill of all rows that count, `MIXED` where they differ, `NONE` where none counts. */
  skill(l: number): number {
    return this.#words[l * LANE_WORDS + WORD.skill]!;
  }

  /** How many skills the rows that count have at most. */
  skillCount(l: number): number {
    return this.#words[l * LANE_WORDS + WORD.skillCount]!;
  }

  /** Some of the rows are passed over. */
  isPart(l: number): boolean {
    return this.#words[l * LANE_WORDS + WORD.isPart] === 1;
  }

  release(): void {
    release(this.#area);
  }

  #findSkills({ byFacet, isForcedScan }: LaneSkills): void {
    compiled.findSkills(this.address, this.count, byFacet.byteOffset, this.newestAt);
    if (!isForcedScan) return;
    for (let at = WORD.skill; at < this.count * LANE_WORDS; at += LANE_WORDS) if (this.#words[at] !== NONE) this.#words[at] = MIXED;
  }
}
