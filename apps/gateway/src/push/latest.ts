/**
 * Gives its one reader the newest value: whoever reads slowly misses values in between, and nothing grows meanwhile. It is
 * over once the reader or the writer ends it, even while the reader waits.
 */
export class Latest<Value> implements AsyncGenerator<Value, undefined, undefined> {
  #unread: { readonly value: Value } | null = null;
  #reading: ((result: IteratorResult<Value, undefined>) => void) | null = null;
  #isOver = false;
  readonly #onOver: () => void;

  /** @param onOver told once, whoever ends it */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  set(value: Value): void {
    if (this.#isOver) return;
    if (this.#reading === null) this.#unread = { value };
    else this.#settle({ value, done: false });
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#unread = null;
    if (this.#reading !== null) this.#settle(OVER);
    this.#onOver();
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#isOver) return Promise.resolve(OVER);
    const unread = this.#unread;
    this.#unread = null;
    if (unread !== null) return Promise.resolve({ value: unread.value, done: false });
    return new Promise((resolve) => (this.#reading = resolve));
  }

  async return(): Promise<IteratorResult<Value, undefined>> {
    this.end();
    return OVER;
  }

  async throw(error: unknown): Promise<IteratorResult<Value, undefined>> {
    this.end();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  #settle(result: IteratorResult<Value, undefined>): void {
    this.#reading!(result);
    this.#reading = null;
  }
}

const OVER = { value: undefined, done: true } as const;
