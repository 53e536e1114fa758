import type { EventContent } from "./event-row.ts";

/**
 * Events on their way from one thread to the other. Memory goes over as it is, and a text at little cost, where objects
 * would be written out and read in one by one.
 *
 *     values[i * WIDTH + place]   at  sequence  type  skill  agent  group  source  userType  takeover  reason  sender  conversation
 *     eventIds                    JSON list, one an event
 *     words                       JSON list: what skill, agent, group, source and conversation stand for, each once
 */
export interface PackedEvents {
  readonly values: Float64Array<ArrayBuffer>;
  readonly eventIds: string;
  readonly words: string;
}

const WIDTH = 12;
/** A place without a value. */
const NONE = -1;

export class EventPacker {
  readonly #values: Float64Array<ArrayBuffer>;
  readonly #eventIds: string[] = [];
  readonly #words: string[] = [];
  readonly #indexes = new Map<string, number>();

  /** @param eventCount how many are added: exactly */
  constructor(eventCount: number) {
    this.#values = new Float64Array(eventCount * WIDTH);
  }

  add(content: EventContent, conversationId: string): void {
    const values = this.#values;
    const place = this.#eventIds.length * WIDTH;
    const [, eventId, , at, sequence, type, skillId, agentId, groupId, source, userType, takeover, reason, sender] = content;
    this.#eventIds.push(eventId);
    values[place] = at;
    values[place + 1] = sequence;
    values[place + 2] = type;
    values[place + 3] = this.#indexOf(skillId);
    values[place + 4] = this.#indexOf(agentId);
    values[place + 5] = this.#indexOf(groupId);
    values[place + 6] = this.#indexOf(source);
    values[place + 7] = userType ?? NONE;
    values[place + 8] = takeover ?? NONE;
    values[place + 9] = reason ?? NONE;
    values[place + 10] = sender ?? NONE;
    values[place + 11] = this.#indexOf(conversationId);
  }

  finish(): PackedEvents {
    return { values: this.#values, eventIds: JSON.stringify(this.#eventIds), words: JSON.stringify(this.#words) };
  }

  #indexOf(word: string | null): number {
    if (word === null) return NONE;
    const known = this.#indexes.get(word);
    if (known !== undefined) return known;
    const index = this.#words.push(word) - 1;
    this.#indexes.set(word, index);
    return index;
  }
}

/** Reads packed events, by index. Keys and positions did not come along: they are 0. */
export class EventUnpacker {
  readonly #values: Float64Array;
  readonly #eventIds: readonly string[];
  readonly #words: readonly string[];

  constructor({ values, eventIds, words }: PackedEvents) {
    this.#values = values;
    this.#eventIds = JSON.parse(eventIds) as string[];
    this.#words = JSON.parse(words) as string[];
  }

  conversationIdAt(index: number): string {
    return this.#words[this.#values[index * WIDTH + 11]!]!;
  }

  contentAt(index: number): EventContent {
    const values = this.#values;
    const place = index * WIDTH;
    return [
      0,
      this.#eventIds[index]!,
      0,
      values[place]!,
      values[place + 1]!,
      values[place + 2]!,
      this.#wordAt(place + 3),
      this.#wordAt(place + 4),
      this.#wordAt(place + 5),
      this.#wordAt(place + 6),
      this.#codeAt(place + 7),
      this.#codeAt(place + 8),
      this.#codeAt(place + 9),
      this.#codeAt(place + 10),
    ];
  }

  #wordAt(place: number): string | null {
    const index = this.#values[place]!;
    return index === NONE ? null : this.#words[index]!;
  }

  #codeAt(place: number): number | null {
    const code = this.#values[place]!;
    return code === NONE ? null : code;
  }
}
