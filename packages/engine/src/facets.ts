import { USER_TYPES } from "./event.ts";
import type { Filter } from "./query.ts";
import type { Segment } from "./segment.ts";
import { Dictionary } from "./dictionary.ts";

/** A skill or group that is none. */
export const NONE = -1;

export type FacetWords = Pick<Segment, "skillId" | "groupId" | "userType" | "source">;

/**
 * Numbers the distinct combinations of skill, group, user type and source. There are few, since agents keep their group
 * and work few skills: a row carries one small number for all four, and a filter is decided once a facet, not once a row.
 */
export class Facets {
  readonly skills = new Dictionary();
  readonly groups = new Dictionary();
  readonly sources = new Dictionary();
  /** The skill of each facet, by index; `NONE` without one. */
  readonly skillOf: number[] = [];
  readonly #groupOf: number[] = [];
  readonly #sourceOf: number[] = [];
  readonly #userTypeOf: number[] = [];
  readonly #indexes = new Map<string, number>();

  get size(): number {
    return this.skillOf.length;
  }

  add(segment: FacetWords): number {
    const skill = segment.skillId === null ? NONE : this.skills.add(segment.skillId);
    const group = segment.groupId === null ? NONE : this.groups.add(segment.groupId);
    const source = this.sources.add(segment.source);
    const userType = USER_TYPES.indexOf(segment.userType);
    const key = `${skill} ${group} ${source} ${userType}`;
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const index = this.skillOf.push(skill) - 1;
    this.#groupOf.push(group);
    this.#sourceOf.push(source);
    this.#userTypeOf.push(userType);
    this.#indexes.set(key, index);
    return index;
  }

  describe(facet: number): FacetWords {
    return {
      skillId: wordOf(this.skills, this.skillOf[facet]!),
      groupId: wordOf(this.groups, this.#groupOf[facet]!),
      source: this.sources.words[this.#sourceOf[facet]!]!,
      userType: USER_TYPES[this.#userTypeOf[facet]!]!,
    };
  }

  /** @returns 1 for every facet that the filter keeps, by index; null when it keeps them all */
  select({ skillIds, groupIds, sources, userType }: Filter): Uint8Array | null {
    if (skillIds === null && groupIds === null && sources === null && userType === null) return null;
    const skills = selectWords(this.skills, skillIds);
    const groups = selectWords(this.groups, groupIds);
    const sourcesKept = selectWords(this.sources, sources);
    const userTypeKept = userType === null ? null : USER_TYPES.indexOf(userType);
    const kept = new Uint8Array(this.size);
    for (let facet = 0; facet < kept.length; facet++) {
      const isKept =
        (skills === null || skills.has(this.skillOf[facet]!)) &&
        (groups === null || groups.has(this.#groupOf[facet]!)) &&
        (sourcesKept === null || sourcesKept.has(this.#sourceOf[facet]!)) &&
        (userTypeKept === null || userTypeKept === this.#userTypeOf[facet]);
      kept[facet] = isKept ? 1 : 0;
    }
    return kept;
  }
}

function wordOf(dictionary: Dictionary, index: number): string | null {
  return index === NONE ? null : dictionary.words[index]!;
}

function selectWords(dictionary: Dictionary, words: readonly string[] | null): ReadonlySet<number> | null {
  if (words === null) return null;
  return new Set(words.map((word) => dictionary.indexOf(word)).filter((index) => index !== undefined));
}
