import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { networkOf } from "./address.ts";
import { Refusal, tooMany } from "./refusal.ts";

const FAILURES_MAX = 100;
const WINDOW_S = 60;
/** Of credentials that were good lately. */
const GOOD_MAX = 10_000;
const GOOD_MS_MAX = 60 * 60_000;

/**
 * Counts wrong credentials by the network that they come from. Once there are too many, nothing that comes from there is
 * looked at for a while, so that nobody can guess; but for what was good lately, so that a screen whose key was revoked does not
 * lock out those beside it.
 */
export class Attempts {
  readonly #failures = new RateLimiterMemory({ points: FAILURES_MAX, duration: WINDOW_S });
  readonly #good = new LRUCache<string, true>({ max: GOOD_MAX, ttl: GOOD_MS_MAX });

  /**
   * @param credential null: it is another one each time
   * @param identify throws a Refusal of status 401 if the credential is wrong
   * @throws Refusal
   */
  async make<Caller>(address: string, credential: string | null, identify: () => Caller | Promise<Caller>): Promise<Caller> {
    const digest = credential === null ? null : createHash("sha256").update(credential).digest("base64");
    const network = networkOf(address);
    const failures = await this.#failures.get(network);
    if (failures !== null && failures.remainingPoints <= 0 && (digest === null || !this.#good.has(digest))) {
      throw tooMany("too many wrong credentials came from this address", Math.ceil(failures.msBeforeNext / 1000));
    }
    try {
      const caller = await identify();
      if (digest !== null) this.#good.set(digest, true);
      return caller;
    } catch (error) {
      // Counted, whether or not it is one too many: the next is told.
      if (error instanceof Refusal && error.statusCode === 401) await this.#failures.penalty(network);
      throw error;
    }
  }
}
