import { setTimeout as delay } from "node:timers/promises";
import { BATCH_CONVERSATIONS, batchOf, post } from "../faults/load.ts";
import { ask } from "./comparing.ts";

const RETRY_MS = 50;
const READ_EVERY_MS = 20;
/** Whoever is not answered by then asks another node. */
const ANSWER_MS_MAX = 15_000;

/** What it was like to be a client meanwhile. */
export interface Service {
  /** The longest time in which no batch was acknowledged by any node. */
  readonly writesMissedMs: number;
  /** The longest time in which nobody was answered by any node. */
  readonly readsMissedMs: number;
}

/** Posts batches to all nodes, each batch to one node after another until one has acknowledged it; and reads meanwhile. */
export class ClusterLoad {
  readonly #atMs: number;
  #batchCount = 0;
  /** Of everything that was acknowledged. */
  position = 0;

  constructor(atMs: number) {
    this.#atMs = atMs;
  }

  /** Of all that was sent, which is acknowledged whenever no load is under way. */
  get segmentCount(): number {
    return this.#batchCount * BATCH_CONVERSATIONS;
  }

  /** @returns once `work` is done, and every batch that was begun is acknowledged */
  async during(urls: readonly string[], readPath: string, work: () => Promise<void>): Promise<Service> {
    const stopping = new AbortController();
    const [writes, reads] = [new Gaps(), new Gaps()];
    const posting = urls.map((_, i) => this.#post(urls, i, stopping.signal, writes));
    const reading = urls.map((url) => this.#read(url, readPath, stopping.signal, reads));
    try {
      await work();
    } finally {
      stopping.abort();
      await Promise.all([...posting, ...reading]);
    }
    return { writesMissedMs: writes.longestMs, readsMissedMs: reads.longestMs };
  }

  async #post(urls: readonly string[], first: number, stopping: AbortSignal, acknowledged: Gaps): Promise<void> {
    let node = first;
    while (!stopping.aborted) {
      const events = batchOf(this.#batchCount++, this.#atMs);
      for (;;) {
        const response = await post(urls[node]!, events, AbortSignal.timeout(ANSWER_MS_MAX)).catch(() => null);
        const text = await response?.text().catch(() => null);
        if (response?.status === 200 && text) {
          this.position = Math.max(this.position, Number(response.headers.get("segmeter-position")));
          acknowledged.note();
          break;
        }
        if (response !== null && response.status !== 503 && response.status !== 200)
          throw new Error(`a batch was answered ${response.status}: ${text}`);
        node = (node + 1) % urls.length;
        await delay(RETRY_MS);
      }
      node = first;
    }
  }

  async #read(url: string, path: string, stopping: AbortSignal, answered: Gaps): Promise<void> {
    for (; !stopping.aborted; await delay(READ_EVERY_MS)) {
      const isAnswered = await ask(url, path).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (isAnswered) answered.note();
    }
  }
}

class Gaps {
  #lastMs = performance.now();
  longestMs = 0;

  note(): void {
    const nowMs = performance.now();
    this.longestMs = Math.max(this.longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }
}
