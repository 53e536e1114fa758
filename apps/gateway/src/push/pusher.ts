import { setImmediate } from "node:timers/promises";
import type { Engine, Limits } from "@segmeter/engine";
import type { FormattedExecutionResult } from "graphql";
import { Group, type Answer, type Execute } from "./group.ts";
import { Latest } from "./latest.ts";
import { selectionOf, type Operation } from "./operation.ts";

const SUBSCRIPTIONS_MAX = 10_000;
/** Subscriptions that differ: each is answered by itself. */
const GROUPS_MAX = 2_000;
/** After so much work of one tick, whoever else waits gets a turn. */
const TURN_MS = 5;
const TURN_PUSHES = 100;

/** There are no access rules: whoever asks may see what everybody may see. Callers of different rights must not share a group. */
const RIGHTS = "all";

export type Answered =
  | { readonly kind: "once"; readonly result: FormattedExecutionResult }
  | { readonly kind: "pushed"; readonly answers: Latest<Answer> };

export interface PusherOptions {
  readonly engine: Engine;
  readonly limits: () => Limits;
  readonly execute: Execute;
  /** Of a document. */
  readonly tokensMax: number;
  /** Told when a group could not be answered; it is tried again at its next tick. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Answers subscriptions again and again. Equal ones are a group, answered once a tick for all of them, and all groups of a
 * tick for the same moment. Ticks are the multiples of `everyMs`, so groups of equal `everyMs` have theirs together.
 */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #groups = new Map<string, Group>();
  #subscriptionCount = 0;
  #timer: NodeJS.Timeout | undefined;
  #isTicking = false;
  #isClosed = false;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  /** Answers a query once, and a subscription at once and then until its reader or the pusher ends it. */
  async answer(operation: Operation): Promise<Answered> {
    const { execute, limits, tokensMax } = this.#options;
    const selection = selectionOf(operation, tokensMax);
    if (selection === null) return { kind: "once", result: await execute(operation, limits(), () => undefined) };
    const key = JSON.stringify([RIGHTS, operation.query, operation.operationName ?? null, operation.variables ?? null]);
    if (this.#subscriptionCount >= SUBSCRIPTIONS_MAX) return tooMany(`${SUBSCRIPTIONS_MAX} subscriptions`);
    if (!this.#groups.has(key) && this.#groups.size >= GROUPS_MAX) return tooMany(`${GROUPS_MAX} subscriptions that differ`);
    const group = this.#groups.get(key) ?? new Group(operation, selection, this.#options.engine, execute);
    this.#groups.set(key, group);
    group.joiningCount += 1;
    this.#subscriptionCount += 1;
    const leave = (): void => {
      this.#subscriptionCount -= 1;
      if (group.readers.size + group.joiningCount === 0) this.#groups.delete(key);
    };
    try {
      const refusal = await group.begin(limits());
      group.joiningCount -= 1;
      if (refusal === null) return { kind: "pushed", answers: this.#addReader(group, leave) };
      leave();
      return { kind: "once", result: refusal };
    } catch (error) {
      group.joiningCount -= 1;
      leave();
      throw error;
    }
  }

  /** Ends every subscription. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { readers } of this.#groups.values()) for (const reader of readers) reader.end();
  }

  #addReader(group: Group, leave: () => void): Latest<Answer> {
    const reader = new Latest<Answer>(() => {
      group.readers.delete(reader);
      leave();
    });
    group.readers.add(reader);
    if (this.#isClosed) {
      reader.end();
      return reader;
    }
    reader.set(group.answer);
    if (group.dueMs === Infinity) group.dueMs = tickAfter(performance.now(), group.everyMs);
    this.#planTick();
    return reader;
  }

  #planTick(): void {
    if (this.#isTicking || this.#isClosed) return;
    clearTimeout(this.#timer);
    let dueMs = Infinity;
    for (const group of this.#groups.values()) dueMs = Math.min(dueMs, group.dueMs);
    if (dueMs < Infinity) this.#timer = setTimeout(() => void this.#tick(), Math.max(0, dueMs - performance.now()));
  }

  async #tick(): Promise<void> {
    this.#isTicking = true;
    const beganMs = performance.now();
    const limits = this.#options.limits();
    let turnEndMs = beganMs + TURN_MS;
    for (const group of this.#groups.values()) {
      if (group.dueMs > beganMs) continue;
      group.dueMs = tickAfter(beganMs, group.everyMs);
      await this.#renew(group, limits);
      if (performance.now() < turnEndMs) continue;
      await setImmediate();
      turnEndMs = performance.now() + TURN_MS;
    }
    this.#isTicking = false;
    this.#planTick();
  }

  async #renew(group: Group, limits: Limits): Promise<void> {
    try {
      const answer = await group.renew(limits);
      if (answer === null) return;
      let pushCount = 0;
      // Whoever joins meanwhile begins with this answer.
      for (const reader of Array.from(group.readers)) {
        reader.set(answer);
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
