import { compareIds } from "./id.ts";

/** Numbers words 0, 1, 2… in the order of their first appearance. Words are never removed. */
export class Dictionary {
  readonly words: string[] = [];
  readonly #indexes = new Map<string, number>();
  #ordered: Uint32Array = new Uint32Array(0);
  #ranks: Uint32Array = new Uint32Array(0);

  get size(): number {
    return this.words.length;
  }

  indexOf(word: string): number | undefined {
    return this.#indexes.get(word);
  }

  add(word: string): number {
    const known = this.#indexes.get(word);
    if (known !== undefined) return known;
    const index = this.words.length;
    this.#indexes.set(word, index);
    this.words.push(word);
    return index;
  }

  /** The indexes of all words, in the order of ids. */
  get ordered(): Uint32Array {
    this.#sort();
    return this.#ordered;
  }

  /** The place of each word, by index, in the order of ids. */
  get ranks(): Uint32Array {
    this.#sort();
    return this.#ranks;
  }

  #sort(): void {
    if (this.#ordered.length === this.size) return;
    const { words } = this;
    this.#ordered = Uint32Array.from(words.keys()).toSorted((a, b) => compareIds(words[a]!, words[b]!));
    this.#ranks = new Uint32Array(this.size);
    this.#ordered.forEach((index, rank) => (this.#ranks[index] = rank));
  }
}
