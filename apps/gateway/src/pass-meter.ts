import type { Answer, Block, Query, RollUp } from "@segmeter/engine";
import type { ReadableEngine } from "./access/readable-engine.ts";

/** Counts and times the engine's passes for one request. */
export class PassMeter {
  passCount = 0;
  engineMs = 0;
  readonly #engine: ReadableEngine;

  constructor(engine: ReadableEngine) {
    this.#engine = engine;
  }

  ask(accountId: string, query: Query): Answer {
    this.passCount += 1;
    return this.#timed(() => this.#engine.ask(accountId, query));
  }

  stream(accountId: string, query: Query): Iterable<Block> {
    return this.#read(() => this.#engine.stream(accountId, query));
  }

  rollUp(accountId: string, query: RollUp): Iterable<Block> {
    return this.#read(() => this.#engine.rollUp(accountId, query));
  }

  *#read(ask: () => Iterable<Block>): Generator<Block, void> {
    this.passCount += 1;
    const blocks = ask()[Symbol.iterator]();
    try {
      for (;;) {
        const next = this.#timed(() => blocks.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      blocks.return?.();
    }
  }

  #timed<Result>(work: () => Result): Result {
    const begin = performance.now();
    try {
      return work();
    } finally {
      this.engineMs += performance.now() - begin;
    }
  }

  /** The value of a `Server-Timing` header. */
  toServerTiming(): string {
    return `engine;dur=${this.engineMs.toFixed(3)};desc="${this.passCount} passes"`;
  }
}
