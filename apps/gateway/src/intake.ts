import { setImmediate } from "node:timers/promises";
import type { Arrivals, ConversationEvent, Engine, Step } from "@segmeter/engine";
import type { AppendedBatch, ConversationHistory, EventBatch, EventLog } from "@segmeter/event-log";

export interface IntakeResult {
  readonly accepted: number;
  readonly duplicates: number;
}

/** More events wait than may wait; the caller should come again. */
export class OverloadError extends Error {
  override readonly name = "OverloadError";
}

interface Submission extends EventBatch {
  readonly resolve: (result: IntakeResult) => void;
  readonly reject: (error: unknown) => void;
}

/** One durable transaction holds at most about this many events, and its requests wait for it together. */
const TURN_EVENTS_MAX = 20_000;
const WAITING_EVENTS_MAX = 200_000;

export interface IntakeOptions {
  readonly log: EventLog;
  readonly engine: Engine;
  /** Told when the engine refuses what the log has taken: what it answers may be wrong from then on. */
  readonly onBroken: (error: unknown) => void;
}

/**
 * The one writer: puts events into the log, then into the engine. Work is done in turns, one after another; whatever
 * arrives while a turn is being stored goes into the next one together, so that many requests share one wait for the disk.
 *
 * While the events of a turn are folded, the log stores those of the next:
 *
 *     log      append 1 · histories 1   append 2 · histories 2   append 3 …
 *     engine                   plan 1   apply 1 · · ·   plan 2   apply 2 · · ·
 *
 * A turn is planned once the one before it is applied, and its histories are asked for before the log is given more: so
 * they hold nothing newer than the turn.
 */
export class Intake {
  readonly #log: EventLog;
  readonly #engine: Engine;
  readonly #onBroken: (error: unknown) => void;
  #waiting: Submission[] = [];
  #waitingEventCount = 0;
  /** Settles, never rejects, when the log may be given more. */
  #storing: Promise<void> = Promise.resolve();
  /** Settles, never rejects, when all that the log has taken so far is in the engine. */
  #folding: Promise<void> = Promise.resolve();
  #isTurnDue = false;
  /** Why the engine refused what the log had taken; from then on nothing is acknowledged. */
  #broken: { readonly error: unknown } | null = null;

  constructor({ log, engine, onBroken }: IntakeOptions) {
    this.#log = log;
    this.#engine = engine;
    this.#onBroken = onBroken;
  }

  /**
   * @returns once the events are on disk and in every answer
   * @throws OverloadError when too much waits already; StorageError when the log could not take them. Nothing was
   *   acknowledged then, and sending the same events again is safe.
   */
  submit(accountId: string, events: readonly ConversationEvent[]): Promise<IntakeResult> {
    if (events.length === 0) return Promise.resolve({ accepted: 0, duplicates: 0 });
    if (this.#waitingEventCount + events.length > WAITING_EVENTS_MAX) {
      return Promise.reject(new OverloadError(`${this.#waitingEventCount} events wait to be stored already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ accountId, events, resolve, reject });
      this.#waitingEventCount += events.length;
      this.#planTurn();
    });
  }

  /** Runs work that must not overlap with a turn, such as pruning. */
  betweenTurns<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#storing.then(() => this.#folding).then(work);
    this.#storing = result.then(ignore, ignore);
    return result;
  }

  /** Waits until nothing is under way any more. */
  async drain(): Promise<void> {
    while (this.#isTurnDue) await this.#storing;
    await this.#storing;
    await this.#folding;
  }

  #planTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#storing = this.#storing.then(() => this.#takeTurn());
  }

  /** Settles when the log may be given the next turn; this one may still be folded then. */
  async #takeTurn(): Promise<void> {
    const submissions = this.#takeWaiting();
    this.#isTurnDue = false;
    if (this.#waiting.length > 0) this.#planTurn();
    let appended: AppendedBatch[];
    try {
      appended = await this.#log.append(submissions);
    } catch (error) {
      for (const { reject } of submissions) reject(error);
      return;
    }
    await this.#folding;
    this.#folding = this.#fold(submissions, appended);
  }

  /** Asks for all it needs of the log at once, before it waits for anything. */
  async #fold(submissions: readonly Submission[], appended: readonly AppendedBatch[]): Promise<void> {
    try {
      if (this.#broken !== null) throw this.#broken.error;
      const steps = groupByAccount(submissions, appended).flatMap((arrivals) => this.#engine.plan(arrivals));
      const histories = steps.map((step) => this.#historiesFor(step));
      for (const [i, step] of steps.entries()) {
        // The log is given the next turn first, and queries are answered in between.
        await setImmediate();
        this.#engine.apply(step, await histories[i]!);
      }
    } catch (error) {
      for (const { reject } of submissions) reject(error);
      if (this.#broken !== null) return;
      this.#broken = { error };
      this.#onBroken(error);
      return;
    }
    submissions.forEach(({ events, resolve }, i) => {
      const duplicates = appended[i]!.positions.filter((position) => position === 0).length;
      resolve({ accepted: events.length - duplicates, duplicates });
    });
  }

  /** May fail before somebody waits for them. */
  #historiesFor({ keysToRefold }: Step): Promise<ConversationHistory[]> | readonly ConversationHistory[] {
    if (keysToRefold.length === 0) return [];
    const histories = this.#log.histories(keysToRefold);
    histories.catch(ignore);
    return histories;
  }

  #takeWaiting(): Submission[] {
    let eventCount = 0;
    let taken = 0;
    do eventCount += this.#waiting[taken++]!.events.length;
    while (taken < this.#waiting.length && eventCount < TURN_EVENTS_MAX);
    this.#waitingEventCount -= eventCount;
    return this.#waiting.splice(0, taken);
  }
}

/** What is new to the log, account by account. */
function groupByAccount(batches: readonly EventBatch[], appended: readonly AppendedBatch[]): Arrivals[] {
  const accounts = new Map<string, { events: ConversationEvent[]; conversationKeys: number[]; newConversationKeys: Set<number> }>();
  batches.forEach(({ accountId, events }, b) => {
    const { conversationKeys, positions, newConversationKeys } = appended[b]!;
    const arrivals = accounts.get(accountId) ?? { events: [], conversationKeys: [], newConversationKeys: new Set() };
    accounts.set(accountId, arrivals);
    events.forEach((event, i) => {
      if (positions[i] === 0) return;
      arrivals.events.push(event);
      arrivals.conversationKeys.push(conversationKeys[i]!);
    });
    for (const key of newConversationKeys) arrivals.newConversationKeys.add(key);
  });
  return Array.from(accounts, ([accountId, arrivals]) => ({ accountId, ...arrivals }));
}

function ignore(): void {}
