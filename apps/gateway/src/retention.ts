import { foldConversation, type Engine } from "@segmeter/engine";
import type { ConversationHistory, EventLog } from "@segmeter/event-log";
import type { Intake } from "./intake.ts";

const HOUR_MS = 3_600_000;
const PAGE_CONVERSATIONS = 500;

interface PrunedPage {
  readonly removedCount: number;
  /** undefined: there is no page after it. */
  readonly last: ConversationHistory | undefined;
}

export interface RetentionOptions {
  readonly log: EventLog;
  readonly engine: Engine;
  readonly intake: Intake;
  /** Infinity: everything is kept. */
  readonly retentionHours: number;
  readonly now: () => number;
}

/** Keeps a conversation whole until it is closed and its last event is older than the retention. Contract, section 1. */
export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** The earliest moment that a window may begin at. It never moves back, even if the clock does. */
  keptSinceMs(nowMs: number): number {
    return Math.max(keptSinceMs(this.#options.retentionHours, nowMs), this.#options.engine.forgottenBeforeMs);
  }

  /**
   * Prunes what need not be kept any more, page by page between the turns of the intake.
   *
   * @param stopping leaves the pages that are not begun for another time
   * @returns how many conversations went
   */
  async prune(stopping: AbortSignal): Promise<number> {
    const { intake } = this.#options;
    const beforeMs = this.forget();
    return this.#prunePages(beforeMs, (prunePage) => intake.betweenTurns(prunePage), stopping);
  }

  /**
   * Prunes what need not be kept any more at a moment, all at once, while nothing is stored: for nodes that have to do it
   * between the same two events.
   *
   * @returns how many conversations went
   */
  async pruneAt(momentMs: number): Promise<number> {
    await this.#options.intake.folded();
    return this.#prunePages(momentMs - this.#options.retentionHours * HOUR_MS, (prunePage) => prunePage());
  }

  /** Gives up the segments that no window may begin before any more. @returns the moment */
  forget(): number {
    const { engine, now } = this.#options;
    const beforeMs = this.keptSinceMs(now());
    if (beforeMs > -Infinity) engine.forget(beforeMs);
    return beforeMs;
  }

  async #prunePages(
    beforeMs: number,
    inTurn: (prunePage: () => Promise<PrunedPage>) => Promise<PrunedPage>,
    stopping?: AbortSignal,
  ): Promise<number> {
    if (beforeMs === -Infinity) return 0;
    let removedCount = 0;
    for (let after: ConversationHistory | null | undefined = null; after !== undefined && !stopping?.aborted;) {
      const page: PrunedPage = await inTurn(() => this.#prunePage(beforeMs, after!));
      removedCount += page.removedCount;
      after = page.last;
    }
    return removedCount;
  }

  async #prunePage(beforeMs: number, after: ConversationHistory | null): Promise<PrunedPage> {
    const { log, engine } = this.#options;
    const quiet = await log.quietSince(beforeMs, after, PAGE_CONVERSATIONS);
    const keys = quiet.filter(isOver).map(({ key }) => key);
    if (keys.length > 0) await log.remove(keys);
    engine.forgetConversations(keys);
    return { removedCount: keys.length, last: quiet.at(-1) };
  }
}

/** From when on everything is kept. */
export function keptSinceMs(retentionHours: number, nowMs: number): number {
  return nowMs - retentionHours * HOUR_MS;
}

function isOver({ events }: ConversationHistory): boolean {
  return foldConversation(events[0]!.conversationId, events, () => {}).phase === "CLOSED";
}
