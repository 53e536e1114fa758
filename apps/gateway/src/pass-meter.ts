import type { Answer, Engine, Query } from "@segmeter/engine";

/** Counts and times the engine's passes for one request. */
export class PassMeter {
  passCount = 0;
  engineMs = 0;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  ask(accountId: string, query: Query): Answer {
    const begin = performance.now();
    try {
      return this.#engine.ask(accountId, query);
    } finally {
      this.passCount += 1;
      this.engineMs += performance.now() - begin;
    }
  }

  /** The value of a `Server-Timing` header. */
  toServerTiming(): string {
    return `engine;dur=${this.engineMs.toFixed(3)};desc="${this.passCount} passes"`;
  }
}
