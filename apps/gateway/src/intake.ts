import { setImmediate } from "node:timers/promises";
import type { SpanContext } from "@opentelemetry/api";
import { roomBytes, type Arrivals, type ConversationEvent, type Engine, type Step } from "@segmeter/engine";
import type { AppendedBatch, ConversationHistory, EventBatch, EventLog, Stored } from "@segmeter/event-log";

export interface IntakeResult {
  readonly accepted: number;
  readonly duplicates: number;
}

/** There are more events than may wait, or than there is room for; the caller should come again. */
export class OverloadError extends Error {
  override readonly name = "OverloadError";
}

/** What became of some requests that were appended together. Moments are by `performance.now()`. */
export interface Turn extends IntakeResult {
  readonly requestCount: number;
  /** Where these are traced; those that are not are left out. */
  readonly traces: readonly SpanContext[];
  readonly beganMs: number;
  /** When the log had it; null: the log could not take it. */
  readonly appendedMs: number | null;
  /** When every answer knew it. */
  readonly endedMs: number;
}

/** What is under way. */
export interface IntakeDepth {
  readonly waitingEventCount: number;
  /** That the log has stored, and no answer knows yet. */
  readonly unfoldedEventCount: number;
  /** Since when the oldest of these is stored, by `performance.now()`; null: there is none. */
  readonly unfoldedSinceMs: number | null;
}

interface Submission extends EventBatch {
  readonly trace: SpanContext | undefined;
  readonly resolve: (result: IntakeResult) => void;
  readonly reject: (error: unknown) => void;
}

/** One durable transaction holds at most about this many events, and its requests wait for it together. */
const TURN_EVENTS_MAX = 20_000;
const WAITING_EVENTS_MAX = 200_000;
/**
 * A smaller turn waits while another is under way, and grows meanwhile: a turn costs much the same whatever is in it. One of so
 * many events would gain little, and goes as soon as the log takes one more.
 */
const FULL_TURN_EVENTS = 2_000;
/** Of the engine: kept for what is on its way, and for the cells of answers. */
const ROOM_BYTES_MIN = 256 * 1024 * 1024;

export interface IntakeOptions {
  readonly log: EventLog;
  readonly engine: Engine;
  /** Told when the engine refuses what the log has taken: what it answers may be wrong from then on. */
  readonly onBroken: (error: unknown) => void;
  /** That the engine has left for segments; as much as it has unless said otherwise. */
  readonly roomBytes?: () => number;
  /** Told of every turn once it is over. */
  readonly onTurn?: (turn: Turn) => void;
}

/**
 * Puts events into the log, and whatever the log has stored into the engine. Requests that come while the log is busy are
 * appended together, so that many of them share one wait for the disk.
 *
 * While what was stored together is folded, the log stores what comes next:
 *
 *     log      store 1 · histories 1   store 2 · histories 2   store 3 …
 *     engine                  plan 1   fold 1 · · ·   plan 2   fold 2 · · ·
 *
 * It is planned once all before it is folded, and its histories are asked for before the log may store more: so they hold
 * nothing newer. Answers know all of it or nothing.
 */
export class Intake {
  readonly #log: EventLog;
  readonly #engine: Engine;
  readonly #onBroken: (error: unknown) => void;
  readonly #onTurn: (turn: Turn) => void;
  readonly #roomBytes: () => number;
  /** What the log has stored and the engine does not show, the oldest first. */
  readonly #unfolded: { readonly eventCount: number; readonly sinceMs: number }[] = [];
  #waiting: Submission[] = [];
  #waitingEventCount = 0;
  #appendCount = 0;
  /** Settles, never rejects, when all that was appended so far is answered. */
  #answering: Promise<void> = Promise.resolve();
  /** Settles when all that the log has handed on so far is in the engine; rejects once the engine has refused. */
  #folding: Promise<void> = Promise.resolve();
  #isTurnDue = false;
  #position: number;
  readonly #positionWaiters = new Set<{ readonly position: number; readonly resolve: (isReached: boolean) => void }>();

  constructor({ log, engine, onBroken, onTurn = ignore, roomBytes: room = roomBytes }: IntakeOptions) {
    this.#log = log;
    this.#engine = engine;
    this.#onBroken = onBroken;
    this.#onTurn = onTurn;
    this.#roomBytes = room;
    this.#position = log.position;
    log.follow((stored) => this.#take(stored));
  }

  /** The log's, as far as answers know it. */
  get position(): number {
    return this.#position;
  }

  get depth(): IntakeDepth {
    return {
      waitingEventCount: this.#waitingEventCount,
      unfoldedEventCount: this.#unfolded.reduce((sum, { eventCount }) => sum + eventCount, 0),
      unfoldedSinceMs: this.#unfolded[0]?.sinceMs ?? null,
    };
  }

  /**
   * @param trace of the request that brings them, if it is traced
   * @returns once the events are on disk and in every answer
   * @throws OverloadError when too much waits already, or is held; StorageError when the log could not take them. Nothing was
   *   acknowledged then, and sending the same events again is safe.
   */
  submit(accountId: string, events: readonly ConversationEvent[], trace?: SpanContext): Promise<IntakeResult> {
    if (events.length === 0) return Promise.resolve({ accepted: 0, duplicates: 0 });
    if (this.#waitingEventCount + events.length > WAITING_EVENTS_MAX) {
      return Promise.reject(new OverloadError(`${this.#waitingEventCount} events wait to be stored already`));
    }
    if (this.#roomBytes() < ROOM_BYTES_MIN) {
      return Promise.reject(new OverloadError("the engine holds as many segments as it has room for, until older ones are given up"));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ accountId, events, trace, resolve, reject });
      this.#waitingEventCount += events.length;
      this.#planTurn();
    });
  }

  /** @returns whether answers know everything up to a position, at once or within some time */
  async reaches(position: number, waitMs: number): Promise<boolean> {
    if (this.#position >= position) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { position, resolve };
    this.#positionWaiters.add(waiter);
    const timer = setTimeout(() => resolve(false), waitMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#positionWaiters.delete(waiter);
    }
  }

  /** Waits until everything that the log has handed on is in every answer. */
  folded(): Promise<void> {
    return this.#folding;
  }

  /** Runs work that must not overlap with storing and folding, such as pruning. */
  async betweenTurns<Result>(work: () => Promise<Result>): Promise<Result> {
    // Behind all that was submitted before.
    await Promise.resolve();
    return this.#log.exclusively(async () => {
      await this.#folding;
      return work();
    });
  }

  /** Waits until nothing is under way any more. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#appendCount > 0) await this.#answering;
    await this.#folding.catch(ignore);
  }

  /** Whoever comes in the same moment comes along. */
  #planTurn(): void {
    const atOnce = this.#waitingEventCount >= FULL_TURN_EVENTS ? this.#log.appendsAtOnce : 1;
    if (this.#isTurnDue || this.#waiting.length === 0 || this.#appendCount >= atOnce) return;
    this.#isTurnDue = true;
    this.#answering = Promise.all([this.#answering, Promise.resolve().then(() => this.#append())]).then(ignore);
  }

  async #append(): Promise<void> {
    this.#isTurnDue = false;
    const submissions = this.#takeWaiting();
    this.#appendCount += 1;
    this.#planTurn();
    const beganMs = performance.now();
    let appendedMs: number | null = null;
    let [accepted, duplicates] = [0, 0];
    try {
      const appended = await this.#log.append(submissions).finally(() => {
        this.#appendCount -= 1;
        this.#planTurn();
      });
      appendedMs = performance.now();
      // What the log has handed on until now, these among it.
      await this.#folding;
      submissions.forEach(({ events, resolve }, i) => {
        const duplicateCount = appended[i]!.positions.filter((position) => position === 0).length;
        resolve({ accepted: events.length - duplicateCount, duplicates: duplicateCount });
        accepted += events.length - duplicateCount;
        duplicates += duplicateCount;
      });
    } catch (error) {
      for (const { reject } of submissions) reject(error);
    }
    const traces = submissions.flatMap(({ trace }) => trace ?? []);
    this.#onTurn({ requestCount: submissions.length, accepted, duplicates, traces, beganMs, appendedMs, endedMs: performance.now() });
  }

  /** Settles when the log may store more; this may still be folded then. */
  async #take(stored: Stored): Promise<void> {
    const eventCount = stored.batches.reduce((sum, { events }) => sum + events.length, 0);
    this.#unfolded.push({ eventCount, sinceMs: performance.now() });
    await this.#folding;
    this.#folding = this.#fold(stored);
    this.#folding.catch(this.#onBroken);
  }

  /** Asks for all it needs of the log at once, before it waits for anything. */
  async #fold({ batches, appended, position }: Stored): Promise<void> {
    const steps = groupByAccount(batches, appended).flatMap((arrivals) => this.#engine.plan(arrivals));
    const histories = steps.map((step) => this.#historiesFor(step));
    for (const [i, step] of steps.entries()) {
      // The log is given the next turn first, and queries are answered in between.
      await setImmediate();
      this.#engine.fold(step, await histories[i]!);
    }
    this.#engine.show();
    this.#position = position;
    this.#unfolded.shift();
    for (const waiter of this.#positionWaiters) if (waiter.position <= position) waiter.resolve(true);
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
