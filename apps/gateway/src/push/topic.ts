import { createHash } from "node:crypto";
import type { Engine, Limits } from "@segmeter/engine";
import type { ExecutionResult, FormattedExecutionResult } from "graphql";
import type { Subscribed } from "../graphql/context.ts";
import { toJsonText, toText, toTextOnce } from "../graphql/written.ts";
import type { Latest } from "./latest.ts";
import { positionNamed, type Operation, type Selection } from "./operation.ts";

/** An answer that differs only in the moments of its window is pushed this often: a screen that says how old it is stays true. */
const REFRESH_MS = 10_000;

/** Executes an operation as it is executed for everybody, and tells what is subscribed to, if it is a subscription in order. */
export type Execute = (operation: Operation, limits: Limits, onSubscribed: (subscribed: Subscribed) => void) => Promise<Executed>;

export interface Executed {
  readonly result: FormattedExecutionResult;
  /** Up to where it knows everything. */
  readonly position: number;
}

/** An answer, written once for all who get it. */
export class Answer implements ExecutionResult {
  declare readonly data?: never;
  /** As HTTP writes it, without the end of its line. */
  readonly text: string;
  /** Up to where it knows everything. */
  readonly position: number;
  #positionedText: string | null = null;

  constructor(text: string, position: number) {
    this.text = text;
    this.position = position;
  }

  /** Of a query: others have their turn while a long one is written. */
  static async ofQuery({ result, position }: Executed): Promise<Answer> {
    return new Answer(await toJsonText(result), position);
  }

  /** Likewise, in one go. */
  static ofQueryAtOnce({ result, position }: Executed): Answer {
    return new Answer(toTextOnce(result), position);
  }

  get positionedText(): string {
    return (this.#positionedText ??= `${this.text.slice(0, -1)},"extensions":{"position":${this.position}}}`);
  }
}

/** With its position, if whoever asks has named one: others get fewer bytes. */
export function textFor(operation: Operation, answer: Answer): string {
  return positionNamed(operation) === undefined ? answer.text : answer.positionedText;
}

interface Last {
  readonly subscribed: Subscribed;
  /** Of the window's hours, before it was answered. */
  readonly version: number;
  readonly answer: Answer;
}

/** Equal subscriptions, answered together. */
export class Topic {
  readonly readers = new Set<Latest<Answer>>();
  /** Those that know more than the others, and need the next answer even if it is new to nobody else. */
  readonly readersAhead = new Set<Latest<Answer>>();
  /** Those who wait for the first answer. */
  joiningCount = 0;
  /** By the clock of timers. */
  dueMs = Infinity;
  readonly #operation: Operation;
  readonly #selection: Selection;
  readonly #engine: Engine;
  readonly #execute: Execute;
  #begun: Promise<Executed | null> | null = null;
  #last: Last | null = null;
  /** When it was pushed last, by the gateway's clock, and what without its moments. */
  #pushed = { atMs: -Infinity, digest: "" };

  constructor(operation: Operation, selection: Selection, engine: Engine, execute: Execute) {
    this.#operation = operation;
    this.#selection = selection;
    this.#engine = engine;
    this.#execute = execute;
  }

  get everyMs(): number {
    return this.#answered.subscribed.everyMs;
  }

  /** The newest answer; before the first there is none. */
  get answer(): Answer {
    return this.#answered.answer;
  }

  /** An answer for one who knows more than the newest one does. What others get, and when, does not change by it. */
  async answerAnew(limits: Limits): Promise<Answer> {
    const { last } = await this.#ask(limits, this.#answered);
    return last!.answer;
  }

  /** Asks for the first answer, once. @returns null when it is there, or why it never will be */
  begin(limits: Limits): Promise<Executed | null> {
    return (this.#begun ??= this.#answerFirst(limits));
  }

  /** @returns the answer for the window that ends now, if it is to be pushed */
  async renew(limits: Limits): Promise<Answer | null> {
    const before = this.#answered;
    const isRefreshDue = this.#selection.hasMoments && limits.nowMs - this.#pushed.atMs >= REFRESH_MS;
    if (!isRefreshDue && !this.#mayDiffer(before, limits.nowMs)) return null;
    const { result, last } = await this.#ask(limits, before);
    this.#last = last;
    if (last!.answer.text === before.answer.text) return null;
    const digest = this.#digestOf(result, last!.answer);
    if (digest === this.#pushed.digest && !isRefreshDue) return null;
    this.#pushed = { atMs: limits.nowMs, digest };
    return last!.answer;
  }

  async #answerFirst(limits: Limits): Promise<Executed | null> {
    const { result, position, last } = await this.#ask(limits, null);
    // What is refused has no data, be it null.
    if (last === null || !result.data) return { result: result.errors ? { errors: result.errors } : result, position };
    this.#last = last;
    this.#pushed = { atMs: limits.nowMs, digest: this.#digestOf(result, last.answer) };
    return null;
  }

  get #answered(): Last {
    if (this.#last === null) throw new Error("a topic is used before its first answer");
    return this.#last;
  }

  /** False if the answer can differ in nothing but the moments of its window. */
  #mayDiffer({ subscribed: { accountId, window }, version }: Last, nowMs: number): boolean {
    const moved = { startMs: window.startMs + nowMs - window.endMs, endMs: nowMs };
    const hasEnded = (startMs: number, endMs: number): boolean => this.#engine.countEnded(accountId, { startMs, endMs }) > 0;
    return (
      nowMs < window.endMs ||
      this.#engine.versionOf(accountId, moved) > version ||
      hasEnded(window.startMs, moved.startMs) ||
      hasEnded(window.endMs, moved.endMs) ||
      (this.#selection.hasIntervals && moved.endMs !== window.endMs && hasEnded(moved.startMs, moved.endMs))
    );
  }

  /** @param before what is still known of the subscription when an answer fails */
  async #ask(limits: Limits, before: Last | null): Promise<Executed & { readonly last: Last | null }> {
    let subscribed: Subscribed | null = before?.subscribed ?? null;
    let version = 0;
    const { result, position } = await this.#execute(this.#operation, limits, (told) => {
      subscribed = told;
      version = this.#engine.versionOf(told.accountId, told.window);
    });
    return { result, position, last: subscribed && { subscribed, version, answer: new Answer(toText(result), position) } };
  }

  /** Equal for answers that differ in nothing but the moments of their windows. */
  #digestOf(result: FormattedExecutionResult, { text }: Answer): string {
    const { momentNames } = this.#selection;
    if (momentNames.size === 0) return text;
    const withoutMoments = JSON.stringify(result, (key, value: unknown) => (momentNames.has(key) ? undefined : value));
    return createHash("sha256").update(withoutMoments).digest("base64");
  }
}
