import { setImmediate } from "node:timers/promises";
import type { Engine, Limits } from "@segmeter/engine";
import type { FormattedExecutionResult } from "graphql";
import type { Caller } from "../access/caller.ts";
import { untilReached } from "../http/position.ts";
import type { Intake } from "../intake.ts";
import { Topic, type Answer, type Execute, type Executed } from "./topic.ts";
import { Latest } from "./latest.ts";
import { positionNamed, selectionOf, type Operation } from "./operation.ts";

const SUBSCRIPTIONS_MAX = 10_000;
/** Subscriptions that differ: each is answered by itself. */
const TOPICS_MAX = 2_000;
/** After so much work of one tick, whoever else waits gets a turn. */
const TURN_MS = 5;
const TURN_PUSHES = 100;

export type Answered =
  | (Executed & { readonly kind: "once" })
  /** `position` is the first answer's. */
  | { readonly kind: "pushed"; readonly position: number; readonly answers: Latest<Answer> };

export interface PusherOptions {
  readonly engine: Engine;
  readonly limits: () => Limits;
  readonly intake: Intake;
  readonly execute: (caller: Caller, ...operation: Parameters<Execute>) => Promise<FormattedExecutionResult>;
  /** Of a document. */
  readonly tokensMax: number;
  /** Told when a topic could not be answered; it is tried again at its next tick. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Answers subscriptions again and again. Equal ones are a topic, answered once a tick for all of them, and all topics of a
 * tick for the same moment. Ticks are the multiples of `everyMs`, so topics of equal `everyMs` have theirs together.
 */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #topics = new Map<string, Topic>();
  #subscriptionCount = 0;
  #pushCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #isTicking = false;
  #isClosed = false;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  get subscriptionCount(): number {
    return this.#subscriptionCount;
  }

  /** Subscriptions that differ. */
  get topicCount(): number {
    return this.#topics.size;
  }

  /** How often a subscription was given another answer. */
  get pushCount(): number {
    return this.#pushCount;
  }

  /**
   * Answers a query once, and a subscription at once and then until its reader or the pusher ends it; whoever names a position, once
   * that is reached.
   *
   * @throws HttpProblem if a position is wrong, or not reached for a while
   */
  async answer(operation: Operation, caller: Caller): Promise<Answered> {
    const { limits, tokensMax, intake } = this.#options;
    const named = positionNamed(operation);
    const seen = named === undefined ? 0 : await untilReached(intake, named);
    const execute: Execute = async (...args) => {
      const result = await this.#options.execute(caller, ...args);
      // Nobody else has had a turn since it was made.
      return { result, position: intake.position };
    };
    const selection = selectionOf(operation, tokensMax);
    if (selection === null) return { kind: "once", ...(await execute(operation, limits(), () => undefined)) };
    // Callers of different rights are answered otherwise.
    const key = JSON.stringify([caller.rightsKey, operation.query, operation.operationName ?? null, operation.variables ?? null]);
    if (this.#subscriptionCount >= SUBSCRIPTIONS_MAX) return this.#tooMany(`${SUBSCRIPTIONS_MAX} subscriptions`);
    if (!this.#topics.has(key) && this.#topics.size >= TOPICS_MAX) return this.#tooMany(`${TOPICS_MAX} subscriptions that differ`);
    const topic = this.#topics.get(key) ?? new Topic(operation, selection, this.#options.engine, execute);
    this.#topics.set(key, topic);
    topic.joiningCount += 1;
    this.#subscriptionCount += 1;
    const leave = (): void => {
      this.#subscriptionCount -= 1;
      if (topic.readers.size + topic.joiningCount === 0) this.#topics.delete(key);
    };
    try {
      const refusal = await topic.begin(limits());
      const anew = refusal === null && topic.answer.position < seen ? await topic.answerAnew(limits()) : null;
      topic.joiningCount -= 1;
      if (refusal === null) return this.#addReader(topic, anew, leave);
      leave();
      return { kind: "once", ...refusal };
    } catch (error) {
      topic.joiningCount -= 1;
      leave();
      throw error;
    }
  }

  /** Ends every subscription. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { readers } of this.#topics.values()) for (const reader of readers) reader.end();
  }

  /** @param anew what it begins with, unless that is the topic's answer */
  #addReader(topic: Topic, anew: Answer | null, leave: () => void): Answered {
    const reader = new Latest<Answer>(() => {
      topic.readers.delete(reader);
      topic.readersAhead.delete(reader);
      leave();
    });
    const first = anew ?? topic.answer;
    topic.readers.add(reader);
    if (anew !== null) topic.readersAhead.add(reader);
    if (this.#isClosed) {
      reader.end();
    } else {
      reader.set(first);
      if (topic.dueMs === Infinity) topic.dueMs = tickAfter(performance.now(), topic.everyMs);
      this.#planTick();
    }
    return { kind: "pushed", position: first.position, answers: reader };
  }

  #tooMany(what: string): Answered {
    const error = { message: `the gateway holds ${what} already`, extensions: { code: "TOO_MANY_SUBSCRIPTIONS", causes: [] } };
    return { kind: "once", result: { errors: [error] }, position: this.#options.intake.position };
  }

  #planTick(): void {
    if (this.#isTicking || this.#isClosed) return;
    clearTimeout(this.#timer);
    let dueMs = Infinity;
    for (const topic of this.#topics.values()) dueMs = Math.min(dueMs, topic.dueMs);
    if (dueMs < Infinity) this.#timer = setTimeout(() => void this.#tick(), Math.max(0, dueMs - performance.now()));
  }

  async #tick(): Promise<void> {
    this.#isTicking = true;
    const beganMs = performance.now();
    const limits = this.#options.limits();
    let turnEndMs = beganMs + TURN_MS;
    for (const topic of this.#topics.values()) {
      if (topic.dueMs > beganMs) continue;
      topic.dueMs = tickAfter(beganMs, topic.everyMs);
      await this.#renew(topic, limits);
      if (performance.now() < turnEndMs) continue;
      await setImmediate();
      turnEndMs = performance.now() + TURN_MS;
    }
    this.#isTicking = false;
    this.#planTick();
  }

  async #renew(topic: Topic, limits: Limits): Promise<void> {
    try {
      const answer = await topic.renew(limits);
      const ahead = Array.from(topic.readersAhead);
      topic.readersAhead.clear();
      if (answer !== null) await this.#push(answer, topic.readers);
      else if (ahead.length > 0) await this.#push(await topic.answerAnew(limits), ahead);
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  async #push(answer: Answer, readers: Iterable<Latest<Answer>>): Promise<void> {
    let pushCount = 0;
    // Whoever joins meanwhile begins with this answer.
    for (const reader of Array.from(readers)) {
      reader.set(answer);
      this.#pushCount += 1;
      if (++pushCount % TURN_PUSHES === 0) await setImmediate();
    }
  }
}

/** The first multiple of `everyMs` after a moment. */
function tickAfter(ms: number, everyMs: number): number {
  return (Math.floor(ms / everyMs) + 1) * everyMs;
}
