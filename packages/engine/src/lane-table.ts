import { NO_KEY } from "./cells.ts";
import { compiled } from "./compiled.ts";
import { NONE } from "./facets.ts";
import type { Lane, Rows } from "./lane.ts";
import { intsAt, release, takeArea, wordsAt, type Area } from "./memory.ts";

/** Unlike any skill, and unlike none. */
export const MIXED = -2;

/** `Lane` in `assembly/job.ts`. */
const LANE_WORDS = 14;
const WORD = { rowCount: 5, ownFacetCount: 8, skill: 9, skillCount: 10, skills: 11, isPart: 12, cursor: 13 } as const;
const NOBODY_LOOKED = -1;

/** What a pass has to know of the rows' skills. */
export interface LaneSkills {
  /** By facet: the skill to group by, `NO_KEY` where nothing is grouped by skill, `NONE` for rows that are passed over. */
  readonly byFacet: Int32Array;
  /** Nothing tells the rows of any lane apart. */
  readonly areAlike: boolean;
  /** For tests: rows are told apart although nothing does. */
  readonly isForcedScan: boolean;
  /** By skill: its place in the order of ids. */
  readonly ranks: Uint32Array;
}

/** The lanes of a pass as they were when it began, in the order of the agents' ids, as kernels read them. */
export class LaneTable {
  readonly count: number;
  readonly address: number;
  /** A word for every skill, and one more. */
  readonly placeWords: number;
  readonly #words: Int32Array;
  readonly #area: Area;
  /** The skills of the lanes that have some, one after another. */
  #skills: Area | null = null;
  /** Their memory is theirs as long as somebody holds them. */
  readonly #rows: Rows[];

  private constructor(count: number, placeWords: number, rows: Rows[]) {
    this.count = count;
    this.placeWords = placeWords;
    this.#area = takeArea(4 * count * LANE_WORDS);
    this.address = this.#area.address;
    this.#words = intsAt(this.address, count * LANE_WORDS);
    this.#rows = rows;
  }

  static of(lanes: readonly Lane[], agents: Uint32Array, skills: LaneSkills): LaneTable {
    const rows: Rows[] = [];
    const table = new LaneTable(agents.length, skills.ranks.length + 2, rows);
    const words = table.#words;
    let at = 0;
    for (const agent of agents) {
      const lane = lanes[agent]!;
      const { ends, values, highs, facets, checkpoints } = lane.rows.addresses;
      rows.push(lane.rows);
      words[at++] = ends;
      words[at++] = values;
      words[at++] = highs;
      words[at++] = facets;
      words[at++] = checkpoints;
      words[at++] = lane.rowCount;
      words[at++] = agent;
      words[at++] = lane.facets.area.address;
      words[at++] = lane.facets.count;
      words[at++] = NO_KEY;
      words[at++] = 1;
      words[at++] = 0;
      words[at++] = 0;
      words[at++] = NOBODY_LOOKED;
    }
    if (!skills.areAlike || skills.isForcedScan) table.#findSkills(skills);
    return table;
  }

  /** The same lanes, of which no row has been looked at. Those before must be kept. */
  anew(): LaneTable {
    const table = new LaneTable(this.count, this.placeWords, this.#rows);
    table.#words.set(this.#words);
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
    if (this.#skills !== null) release(this.#skills);
  }

  #findSkills({ byFacet, isForcedScan, ranks }: LaneSkills): void {
    const words = this.#words;
    const laneEnd = this.count * LANE_WORDS;
    let skillsMax = 0;
    for (let at = 0; at < laneEnd; at += LANE_WORDS) skillsMax += words[at + WORD.ownFacetCount]!;
    this.#skills = takeArea(4 * skillsMax);
    for (let at = 0, skillsAt = this.#skills.address; at < laneEnd; at += LANE_WORDS) {
      words[at + WORD.skills] = skillsAt;
      skillsAt += 4 * words[at + WORD.ownFacetCount]!;
    }
    const skillCount = Math.max(ranks.length, 1);
    const lookup = takeArea(8 * skillCount);
    const ranksAt = lookup.address + 4 * skillCount;
    wordsAt(lookup.address, 2 * skillCount).fill(0);
    wordsAt(ranksAt, ranks.length).set(ranks);
    compiled.findSkills(this.address, this.count, byFacet.byteOffset, ranksAt, lookup.address);
    release(lookup);
    if (!isForcedScan) return;
    for (let at = 0; at < laneEnd; at += LANE_WORDS) if (words[at + WORD.skill] !== NONE) words[at + WORD.skill] = MIXED;
  }
}
