import { foldConversation, type Engine } from "@segmeter/engine";
import type { ConversationHistory, EventLog } from "@segmeter/event-log";
import type { Intake } from "./intake.ts";

const HOUR_MS = 3_600_000;
const PAGE_CONVERSATIONS = 500;

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
    return Math.max(nowMs - this.#options.retentionHours * HOUR_MS, this.#options.engine.forgottenBeforeMs);
  }

  /**
   * Prunes what need not be kept any more, page by page between the turns of the intake.
   *
   * @param stopping leaves the pages that are not begun for another time
   * @returns how many conversations went
   */
  async prune(stopping: AbortSignal): Promise<number> {
    const { engine, intake, now } = this.#options;
    const beforeMs = this.keptSinceMs(now());
    if (beforeMs === -Infinity) return 0;
    engine.forget(beforeMs);
    let removedCount = 0;
    for (let afterKey: number | undefined = 0; afterKey !== undefined && !stopping.aborted;) {
      const page = await intake.betweenTurns(() => this.#prunePage(beforeMs, afterKey!));
      removedCount += page.removedCount;
      afterKey = page.lastKey;
    }
    return removedCount;
  }

  async #prunePage(beforeMs: number, afterKey: number): Promise<{ removedCount: number; lastKey: number | undefined }> {
    const { log, engine } = this.#options;
    const quiet = await log.quietSince(beforeMs, afterKey, PAGE_CONVERSATIONS);
    const keys = quiet.filter(isOver).map(({ key }) => key);
    if (keys.length > 0) await log.remove(keys);
    engine.forgetConversations(keys);
    return { removedCount: keys.length, lastKey: quiet.at(-1)?.key };
  }
}

function isOver({ events }: ConversationHistory): boolean {
  return foldConversation(events[0]!.conversationId, events, () => {}).phase === "CLOSED";
}
