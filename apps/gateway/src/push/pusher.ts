import { setImmediate } from "node:timers/promises";
import type { Engine, Limits } from "@segmeter/engine";
import type { FormattedExecutionResult } from "graphql";
import type { Caller } from "../access/caller.ts";
import { Topic, type Answer, type Execute } from "./topic.ts";
import { Latest } from "./latest.ts";
import { selectionOf, type Operation } from "./operation.ts";

const SUBSCRIPTIONS_MAX = 10_000;
/** Subscriptions that differ: each is answered by itself. */
const TOPICS_MAX = 2_000;
/** After so much work of one tick, whoever else waits gets a turn. */
const TURN_MS = 5;
const TURN_PUSHES = 100;

export type Answered =
  | { readonly kind: "once"; readonly result: FormattedExecutionResult }
  | { readonly kind: "pushed"; readonly answers: Latest<Answer> };

export interface PusherOptions {
  readonly engine: Engine;
  readonly limits: () => Limits;
  readonly execute: (caller: Caller, ...operation: Parameters<Execute>) => ReturnType<Execute>;
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

  /** Answers a query once, and a subscription at once and then until its reader or the pusher ends it. */
  async answer(operation: Operation, caller: Caller): Promise<Answered> {
    const { limits, tokensMax } = this.#options;
    const execute: Execute = (...args) => this.#options.execute(caller, ...args);
    const selection = selectionOf(operation, tokensMax);
    if (selection === null) return { kind: "once", result: await execute(operation, limits(), () => undefined) };
    // Callers of different rights are answered otherwise.
    const key = JSON.stringify([caller.rightsKey, operation.query, operation.operationName ?? null, operation.variables ?? null]);
    if (this.#subscriptionCount >= SUBSCRIPTIONS_MAX) return tooMany(`${SUBSCRIPTIONS_MAX} subscriptions`);
    if (!this.#topics.has(key) && this.#topics.size >= TOPICS_MAX) return tooMany(`${TOPICS_MAX} subscriptions that differ`);
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
      topic.joiningCount -= 1;
      if (refusal === null) return { kind: "pushed", answers: this.#addReader(topic, leave) };
      leave();
      return { kind: "once", result: refusal };
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

  #addReader(topic: Topic, leave: () => void): Latest<Answer> {
    const reader = new Latest<Answer>(() => {
      topic.readers.delete(reader);
      leave();
    });
    topic.readers.add(reader);
    if (this.#isClosed) {
      reader.end();
      return reader;
    }
    reader.set(topic.answer);
    if (topic.dueMs === Infinity) topic.dueMs = tickAfter(performance.now(), topic.everyMs);
    this.#planTick();
    return reader;
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
      if (answer === null) return;
      let pushCount = 0;
      // Whoever joins meanwhile begins with this answer.
      for (const reader of Array.from(topic.readers)) {
        reader.set(answer);
        this.#pushCount += 1;
        if (++pushCount % TURN_PUSHES === 0) await setImmediate();
      }
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}

/** The first multiple of `everyMs` after a moment. */
function tickAfter(ms: number, everyMs: number): number {
  return (Math.floor(ms / everyMs) + 1) * everyMs;
}

function tooMany(what: string): Answered {
  const error = { message: `the gateway holds ${what} already`, extensions: { code: "TOO_MANY_SUBSCRIPTIONS", causes: [] } };
  return { kind: "once", result: { errors: [error] } };
}
