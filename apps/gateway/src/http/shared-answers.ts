import { LRUCache } from "lru-cache";

const ANSWERS_MAX = 1_000;
const BYTES_MAX = 32 * 1024 * 1024;

interface Shared {
  readonly version: number;
  /** null: it was asked once, which is not worth keeping it for. */
  readonly bytes: Buffer | null;
}

/**
 * Answers that come again: many screens show the same. An answer is the same as long as its question and the version of its
 * window are, so none is ever given that would not be made anew, byte by byte.
 */
export class SharedAnswers {
  readonly #shared = new LRUCache<string, Shared>({
    max: ANSWERS_MAX,
    maxSize: BYTES_MAX,
    sizeCalculation: ({ bytes }, question) => question.length + (bytes?.length ?? 0),
  });

  /**
   * @param question all that an answer depends on, beside the version of its window
   * @returns null if it has to be made
   */
  find(question: string, version: number): Buffer | null {
    const shared = this.#shared.get(question);
    return shared?.version === version ? shared.bytes : null;
  }

  /** Takes note of an answer, and keeps a copy of it when it comes for the second time. */
  note(question: string, version: number, bytes: Buffer): void {
    const isAgain = this.#shared.peek(question)?.version === version;
    this.#shared.set(question, { version, bytes: isAgain ? Buffer.from(bytes) : null });
  }
}
