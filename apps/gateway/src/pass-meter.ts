import type { Answer, Block, Query, RollUp } from "@segmeter/engine";
import type { ReadableEngine } from "./access/readable-engine.ts";

/** Told of each pass once it is over: when it began, by `performance.now()`, and how long the engine worked on it. */
export type OnPass = (beganMs: number, engineMs: number) => void;

/** Counts and times the engine's passes for one request. */
export class PassMeter {
  passCount = 0;
  engineMs = 0;
  readonly #engine: ReadableEngine;
  readonly #onPass: OnPass;

  constructor(engine: ReadableEngine, onPass: OnPass) {
    this.#engine = engine;
    this.#onPass = onPass;
  }

  ask(accountId: string, query: Query): Answer {
    this.passCount += 1;
    const beganMs = performance.now();
    try {
      return this.#engine.ask(accountId, query);
    } finally {
      this.#onPass(beganMs, this.#addSince(beganMs));
    }
  }

  stream(accountId: string, query: Query): Iterable<Block> {
    return this.#read(() => this.#engine.stream(accountId, query));
  }

  rollUp(accountId: string, query: RollUp): Iterable<Block> {
    return this.#read(() => this.#engine.rollUp(accountId, query));
  }

  *#read(ask: () => Iterable<Block>): Generator<Block, void> {
    this.passCount += 1;
    const beganMs = performance.now();
    let engineMs = 0;
    const blocks = ask()[Symbol.iterator]();
    try {
      for (;;) {
        const readMs = performance.now();
        const next = blocks.next();
        engineMs += this.#addSince(readMs);
        if (next.done) return;
        yield next.value;
      }
    } finally {
      blocks.return?.();
      this.#onPass(beganMs, engineMs);
    }
  }

  #addSince(beganMs: number): number {
    const engineMs = performance.now() - beganMs;
    this.engineMs += engineMs;
    return engineMs;
  }

  /** The value of a `Server-Timing` header. */
  toServerTiming(): string {
    return `engine;dur=${this.engineMs.toFixed(3)};desc="${this.passCount} passes"`;
  }
}
