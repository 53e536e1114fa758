import type { Logger } from "pino";

/** Work that is done at once and then again and again, never twice at the same time. */
export class Repeating {
  readonly #everyMs: number;
  readonly #logger: Logger;
  readonly #name: string;
  readonly #work: (stopping: AbortSignal) => Promise<void>;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running = Promise.resolve();

  /**
   * @param everyMs from the end of one run to the start of the next
   * @param name of the work, for the log
   * @param work tried again next time where it fails
   */
  constructor(everyMs: number, logger: Logger, name: string, work: (stopping: AbortSignal) => Promise<void>) {
    this.#everyMs = everyMs;
    this.#logger = logger;
    this.#name = name;
    this.#work = work;
  }

  start(): void {
    if (!this.#stopping.signal.aborted) this.#running = this.#run();
  }

  /** @returns once the run that is under way, if one is, has ended */
  stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.#work(this.#stopping.signal);
    } catch (error) {
      this.#logger.error({ err: error }, `${this.#name} failed; it is tried again`);
    }
    if (!this.#stopping.signal.aborted) this.#timer = setTimeout(() => this.start(), this.#everyMs);
  }
}
