import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { tooMany } from "./refusal.ts";

/** What is asked at once after a pause is spread over so long. */
const WINDOW_S = 10;

/** Counts what each credential, or each address, asks. Nothing is kept of one that has asked nothing for the length of the window. */
export class RateLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #rate: number;

  /** @param rate requests a second, on average */
  constructor(rate: number) {
    this.#rate = rate;
    this.#limiter = new RateLimiterMemory({ points: rate * WINDOW_S, duration: WINDOW_S });
  }

  /** @throws Refusal */
  async admit(name: string): Promise<void> {
    try {
      await this.#limiter.consume(name);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw tooMany(
        `expected at most ${this.#rate} requests a second with one credential, or from one address where none is asked for`,
        Math.ceil(error.msBeforeNext / 1000),
      );
    }
  }
}
