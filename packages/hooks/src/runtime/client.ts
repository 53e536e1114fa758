import { parseAnswer, parseFailure, parseJson } from "./answer.ts";
import type { TypedDocumentString } from "./document.ts";
import { isSegmeterError, NetworkError, TimeoutError } from "./error.ts";
import { createSseTransport } from "./sse-transport.ts";
import { Streams } from "./streams.ts";
import { createWsTransport } from "./ws-transport.ts";

export interface SegmeterClientOptions {
  /** Where the gateway is: `https://metrics.example.com`. Left out: where the page comes from. */
  readonly url?: string;
  /** Sent as a bearer token. A function is asked anew for every request and every connection. */
  readonly token?: string | (() => string | null | Promise<string | null>);
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
  /** How long a request may take; 10 s unless said otherwise. */
  readonly timeoutMs?: number;
  /** How often a request that may succeed later is sent again; 3 unless said otherwise. */
  readonly retries?: number;
  /** What subscriptions come over: a WebSocket, or server-sent events where a proxy in between lets no WebSocket through. */
  readonly transport?: "ws" | "sse";
  /** A live connection that is silent for so long is given up and made anew; 15 s unless said otherwise, at least 1 s. */
  readonly staleAfterMs?: number;
}

/** A gateway as one page or one server sees it. It holds no connection unless something is subscribed to. */
export interface SegmeterClient {
  readonly retries: number;
  readonly streams: Streams;
  /**
   * Asks once.
   *
   * @throws SegmeterError; if `signal` is aborted, its reason
   */
  request<TResult, TVariables>(
    document: TypedDocumentString<TResult, TVariables>,
    variables: TVariables,
    options?: RequestOptions,
  ): Promise<TResult>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/** What transports need to know of the client. */
export interface Endpoint {
  /** Joins a path of the gateway to its URL. */
  readonly urlOf: (path: string) => string;
  /** The header that carries the token, if there is one. */
  readonly authorization: (signal?: AbortSignal) => Promise<Readonly<Record<string, string>>>;
  readonly fetch: typeof fetch;
  readonly staleAfterMs: number;
}

const STALE_AFTER_MS_MIN = 1_000;

export function createSegmeterClient({
  url = "",
  token,
  fetch: ownFetch,
  timeoutMs = 10_000,
  retries = 3,
  transport = "ws",
  staleAfterMs = 15_000,
}: SegmeterClientOptions = {}): SegmeterClient {
  if (!(staleAfterMs >= STALE_AFTER_MS_MIN))
    throw new RangeError(`staleAfterMs: must be at least ${STALE_AFTER_MS_MIN}, got ${staleAfterMs}`);
  const endpoint: Endpoint = {
    urlOf: (path) => url.replace(/\/+$/, "") + path,
    authorization: async (signal) => {
      const value = typeof token === "function" ? await unlessAborted(token(), signal) : token;
      return value == null ? {} : { authorization: `Bearer ${value}` };
    },
    // Looked up late, and never as a method: browsers refuse a `fetch` of another object.
    fetch: (input, init) => (ownFetch ?? globalThis.fetch)(input, init),
    staleAfterMs,
  };
  return {
    retries,
    streams: new Streams(transport === "ws" ? createWsTransport(endpoint) : createSseTransport(endpoint)),
    request: async <TResult, TVariables>(
      document: TypedDocumentString<TResult, TVariables>,
      variables: TVariables,
      { signal }: RequestOptions = {},
    ): Promise<TResult> => {
      const timeout = AbortSignal.timeout(timeoutMs);
      const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
      try {
        const response = await endpoint.fetch(endpoint.urlOf("/graphql"), {
          method: "POST",
          headers: {
            "content-type": "application/json",
            accept: "application/graphql-response+json, application/json",
            ...(await endpoint.authorization(either)),
          },
          body: JSON.stringify({ query: document.toString(), operationName: document.meta.operationName, variables }),
          signal: either,
        });
        if (!response.ok) throw await parseFailure(response);
        return parseAnswer(parseJson(await response.text())) as TResult;
      } catch (error) {
        if (isSegmeterError(error)) throw error;
        if (signal?.aborted) throw signal.reason;
        if (timeout.aborted) throw new TimeoutError(timeoutMs);
        throw new NetworkError("the gateway could not be reached", { cause: error });
      }
    },
  };
}

/** @throws the signal's reason, if it is aborted first */
function unlessAborted<Value>(value: Value | Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    Promise.resolve(value).then(resolve, reject);
  });
}
