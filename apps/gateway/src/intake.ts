import type { ConversationEvent, Engine } from "@segmeter/engine";
import type { AppendedBatch, EventBatch, EventLog } from "@segmeter/event-log";

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
 * arrives during a turn goes into the next one together, so that many requests share one wait for the disk.
 */
export class Intake {
  readonly #log: EventLog;
  readonly #engine: Engine;
  readonly #onBroken: (error: unknown) => void;
  #waiting: Submission[] = [];
  #waitingEventCount = 0;
  /** Settles, never rejects, when everything begun so far is done. */
  #turns: Promise<void> = Promise.resolve();
  #isTurnDue = false;

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
    const result = this.#turns.then(work);
    this.#turns = result.then(ignore, ignore);
    return result;
  }

  /** Waits until nothing is under way any more. */
  async drain(): Promise<void> {
    while (this.#isTurnDue) await this.#turns;
    await this.#turns;
  }

  #planTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#turns = this.#turns.then(() => this.#takeTurn());
  }

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
    try {
      for (const account of groupByAccount(submissions, appended)) await this.#apply(account);
    } catch (error) {
      for (const { reject } of submissions) reject(error);
      this.#onBroken(error);
      return;
    }
    submissions.forEach(({ events, resolve }, i) => {
      const duplicates = appended[i]!.positions.filter((position) => position === 0).length;
      resolve({ accepted: events.length - duplicates, duplicates });
    });
  }

  #takeWaiting(): Submission[] {
    let eventCount = 0;
    let taken = 0;
    do eventCount += this.#waiting[taken++]!.events.length;
    while (taken < this.#waiting.length && eventCount < TURN_EVENTS_MAX);
    this.#waitingEventCount -= eventCount;
    return this.#waiting.splice(0, taken);
  }

  async #apply(arrivals: AccountArrivals): Promise<void> {
    const keys = this.#engine.conversationsToRefold(arrivals);
    const histories = keys.length > 0 ? await this.#log.histories(keys) : [];
    this.#engine.apply(arrivals, histories);
  }
}

interface AccountArrivals {
  readonly accountId: string;
  readonly events: ConversationEvent[];
  readonly conversationKeys: number[];
  readonly newConversationKeys: Set<number>;
}

/** What is new to the log, account by account. */
function groupByAccount(batches: readonly EventBatch[], appended: readonly AppendedBatch[]): Iterable<AccountArrivals> {
  const accounts = new Map<string, AccountArrivals>();
  batches.forEach(({ accountId, events }, b) => {
    const { conversationKeys, positions, newConversationKeys } = appended[b]!;
    const arrivals = accounts.get(accountId) ?? { accountId, events: [], conversationKeys: [], newConversationKeys: new Set<number>() };
    accounts.set(accountId, arrivals);
    events.forEach((event, i) => {
      if (positions[i] === 0) return;
      arrivals.events.push(event);
      arrivals.conversationKeys.push(conversationKeys[i]!);
    });
    for (const key of newConversationKeys) arrivals.newConversationKeys.add(key);
  });
  return accounts.values();
}

function ignore(): void {}
