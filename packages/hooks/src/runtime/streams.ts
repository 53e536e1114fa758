import { replaceEqualDeep } from "@tanstack/react-query";
import { parseAnswer, positionOf } from "./answer.ts";
import { waitMs } from "./backoff.ts";
import type { TypedDocumentString } from "./document.ts";
import { isBehind, isRetryable, isSegmeterError, type SegmeterError } from "./error.ts";

/** What a live view is at the moment. Times are the client's own, in epoch ms. */
export type SubscriptionState<TResult> =
  /** Nothing came yet. `error` says why, once an attempt has failed; the next one follows by itself. */
  | {
      readonly status: "connecting";
      /** Of the variables before, if they are to be kept. */
      readonly data: TResult | undefined;
      readonly error: SegmeterError | null;
      readonly lastValueAtMs: number | null;
    }
  /** The newest answer, over a connection that is heard of. */
  | { readonly status: "live"; readonly data: TResult; readonly error: null; readonly lastValueAtMs: number }
  /** The last answer that came; the connection is gone, silent, or fails, and is being made anew. */
  | { readonly status: "stale"; readonly data: TResult; readonly error: SegmeterError; readonly lastValueAtMs: number }
  /** The gateway refused, and would again: nothing more comes until the variables change. */
  | {
      readonly status: "failed";
      readonly data: TResult | undefined;
      readonly error: SegmeterError;
      readonly lastValueAtMs: number | null;
    }
  /** Not asked for (`enabled: false`). */
  | { readonly status: "paused"; readonly data: undefined; readonly error: null; readonly lastValueAtMs: null };

/** How values come. One stream is one subscription; a transport may carry many over one connection. */
export interface Transport {
  /** @returns ends the stream; the sink hears nothing after it */
  open(operation: Operation, sink: Sink): () => void;
}

export interface Operation {
  readonly query: string;
  readonly operationName: string;
  readonly variables: Record<string, unknown>;
  /** As they are whenever a transport sends the operation, be it again. */
  readonly extensions: { readonly position: number };
}

export interface Sink {
  /** @param answer a GraphQL answer, as it came */
  value(answer: unknown): void;
  /** The connection is lost, and the transport makes it anew by itself. */
  lost(error: SegmeterError): void;
  /** Over as far as the transport goes; whoever opened the stream closes it. */
  ended(error: SegmeterError): void;
}

export const CONNECTING = { status: "connecting", data: undefined, error: null, lastValueAtMs: null } as const;
export const PAUSED = { status: "paused", data: undefined, error: null, lastValueAtMs: null } as const;

/** The streams of one client. Equal subscriptions share one; it ends when the last one who listens leaves. */
export class Streams {
  readonly #transport: Transport;
  readonly #streams = new Map<string, Stream>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The streams that are open now. */
  get count(): number {
    return this.#streams.size;
  }

  /** @returns the same object until something changes */
  stateOf<TResult>(key: string): SubscriptionState<TResult> {
    return (this.#streams.get(key)?.state as SubscriptionState<TResult> | undefined) ?? CONNECTING;
  }

  /** @returns ends listening */
  listen<TResult, TVariables>(
    key: string,
    document: TypedDocumentString<TResult, TVariables>,
    variables: TVariables,
    listener: () => void,
  ): () => void {
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = new Stream(
        this.#transport,
        { query: document.toString(), operationName: document.meta.operationName, variables: variables as Record<string, unknown> },
        () => this.#streams.delete(key),
      );
      this.#streams.set(key, stream);
    }
    return stream.listen(listener);
  }
}

/** Told so often in a row that a gateway is behind, it has another log: one that was begun anew, or restored. */
const BEHIND_MAX = 5;

class Stream {
  state: SubscriptionState<unknown> = CONNECTING;
  readonly #listeners = new Set<() => void>();
  readonly #transport: Transport;
  readonly #operation: Operation;
  readonly #onEnd: () => void;
  #close: () => void = () => undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #ending: ReturnType<typeof setTimeout> | undefined;
  #failureCount = 0;
  #behindCount = 0;
  /** The position of the newest answer. `0` asks to be told of positions. */
  readonly #seen = { position: 0 };
  /** Since it was opened last. */
  #isAnswered = false;

  constructor(transport: Transport, operation: Omit<Operation, "extensions">, onEnd: () => void) {
    this.#transport = transport;
    this.#operation = { ...operation, extensions: this.#seen };
    this.#onEnd = onEnd;
    this.#open();
  }

  listen(listener: () => void): () => void {
    // One who listens twice is two.
    const entry = (): void => listener();
    this.#listeners.add(entry);
    clearTimeout(this.#ending);
    return () => {
      this.#listeners.delete(entry);
      // React's strict mode, and a page that changes, leave and come back within one turn.
      if (this.#listeners.size === 0) this.#ending = setTimeout(() => this.#end(), 0);
    };
  }

  #end(): void {
    clearTimeout(this.#restart);
    this.#close();
    this.#onEnd();
  }

  #open(): void {
    this.#isAnswered = false;
    let isOver = false;
    const whileOpen =
      <Argument>(act: (argument: Argument) => void) =>
      (argument: Argument): void => {
        if (!isOver) act(argument);
      };
    const close = this.#transport.open(this.#operation, {
      value: whileOpen((answer) => this.#takeAnswer(answer)),
      lost: whileOpen((error) => this.#becomeStale(error)),
      ended: whileOpen((error) => this.#takeEnd(error)),
    });
    this.#close = () => {
      isOver = true;
      close();
    };
  }

  #takeAnswer(answer: unknown): void {
    try {
      const data = replaceEqualDeep(this.state.data, parseAnswer(answer));
      const position = positionOf(answer) ?? this.#seen.position;
      if (position < this.#seen.position) return;
      this.#seen.position = position;
      this.#isAnswered = true;
      this.#failureCount = 0;
      this.#behindCount = 0;
      this.#become({ status: "live", data, error: null, lastValueAtMs: Date.now() });
    } catch (error) {
      if (!isSegmeterError(error)) throw error;
      // What may pass by itself, the next answer mends.
      if (isRetryable(error)) this.#becomeStale(error);
      else this.#takeEnd(error);
    }
  }

  #takeEnd(error: SegmeterError): void {
    this.#close();
    // Whoever was answered before may be answered again: with a new token, if the old one ran out.
    if (!isRetryable(error) && !this.#isAnswered) {
      const { data, lastValueAtMs } = this.state;
      this.#become({ status: "failed", data, error, lastValueAtMs });
      return;
    }
    if (isBehind(error) && ++this.#behindCount === BEHIND_MAX) this.#seen.position = 0;
    this.#becomeStale(error);
    this.#restart = setTimeout(() => this.#open(), waitMs(error, this.#failureCount));
    this.#failureCount += 1;
  }

  #becomeStale(error: SegmeterError): void {
    const { data, lastValueAtMs } = this.state;
    if (lastValueAtMs === null) this.#become({ ...CONNECTING, error });
    else this.#become({ status: "stale", data, error, lastValueAtMs });
  }

  #become(state: SubscriptionState<unknown>): void {
    this.state = state;
    for (const listener of this.#listeners) listener();
  }
}
