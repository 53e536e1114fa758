import { CODES_BY_TYPE, WORDS_BY_TYPE, type EventRow } from "./event-row.ts";

/**
 * Events on their way to the thread of the log. Memory goes over as it is, and a text at little cost, where objects would
 * be written out and read in one by one.
 *
 *     values[i * WIDTH + place]   at  sequence  type  conversation  then the fields of its type
 *     eventIds                    JSON list, one an event
 *     words                       JSON list: what the numbers of words and conversations stand for, each once
 */
export interface PackedEvents {
  readonly values: Float64Array<ArrayBuffer>;
  readonly eventIds: string;
  readonly words: string;
}

const FIELDS = 4;
const WIDTH = FIELDS + 5;
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

  add(row: EventRow, conversationId: string): void {
    const values = this.#values;
    const place = this.#eventIds.push(row[0]) * WIDTH - WIDTH;
    const type = row[3];
    values[place] = row[1];
    values[place + 1] = row[2];
    values[place + 2] = type;
    values[place + 3] = this.#indexOf(conversationId);
    const wordsEnd = FIELDS + WORDS_BY_TYPE[type]!;
    const end = wordsEnd + CODES_BY_TYPE[type]!;
    for (let field = FIELDS; field < wordsEnd; field++) values[place + field] = this.#indexOf(row[field] as string | null);
    for (let field = wordsEnd; field < end; field++) values[place + field] = (row[field] as number | null) ?? NONE;
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

/** Reads packed events, by index. */
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
    return this.#words[this.#values[index * WIDTH + 3]!]!;
  }

  rowAt(index: number): EventRow {
    const values = this.#values;
    const place = index * WIDTH;
    const type = values[place + 2]!;
    const row: [string, number, number, number, ...(string | number | null)[]] = [
      this.#eventIds[index]!,
      values[place]!,
      values[place + 1]!,
      type,
    ];
    const wordsEnd = FIELDS + WORDS_BY_TYPE[type]!;
    const end = wordsEnd + CODES_BY_TYPE[type]!;
    for (let field = FIELDS; field < end; field++) {
      const value = values[place + field]!;
      row.push(value === NONE ? null : field < wordsEnd ? this.#words[value]! : value);
    }
    return row;
  }
}
