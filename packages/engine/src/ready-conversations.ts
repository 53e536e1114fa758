import type { Conversation } from "./fold.ts";

/**
 * The conversations touched last, by key. Two generations of half the size: when the young one is full it becomes the old one,
 * whose conversations are let go unless they were touched again meanwhile. Moving each touched one to the end of a single
 * map would cost more than folding it.
 */
export class ReadyConversations {
  readonly #generationSize: number;
  #young = new Map<number, Conversation>();
  #old = new Map<number, Conversation>();

  /** @param countMax so many are kept at most, and at least half of them once there are as many */
  constructor(countMax: number) {
    this.#generationSize = Math.floor(countMax / 2);
  }

  get(key: number): Conversation | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Keeps a conversation that was just touched. */
  set(key: number, conversation: Conversation): void {
    if (this.#young.size >= this.#generationSize && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    if (this.#generationSize > 0) this.#young.set(key, conversation);
  }

  delete(key: number): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
