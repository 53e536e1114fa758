import { createClient as createEventStreamClient } from "graphql-sse";
import { createClient as createWebSocketClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { TestGateway } from "./test-gateway.ts";

/** What came of one operation; `next` waits for what comes. */
export interface Pushed {
  /** Everything that has come and was not taken yet. */
  readonly waiting: readonly PushedResult[];
  /** @throws Error when nothing comes for a while */
  readonly next: () => Promise<PushedResult>;
  /** Everything that has come and was not taken yet; it is taken then. */
  readonly take: () => PushedResult[];
  /** Whether the server has ended it. */
  readonly isOver: () => boolean;
  readonly stop: () => void;
}

export interface PushedResult {
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows what it asked for
  readonly data?: any;
  readonly extensions?: { readonly position: number };
  readonly errors?: readonly { readonly message: string; readonly extensions?: unknown }[];
}

interface Sink {
  next: (result: PushedResult) => void;
  error: (error: unknown) => void;
  complete: () => void;
}

/** A way in for subscriptions, with the client that the protocol's library gives. */
export interface PushDoor {
  readonly name: string;
  /** @param gateway is looked at whenever it connects */
  readonly connect: (gateway: Pick<TestGateway, "url">, options?: ConnectOptions) => PushClient;
}

export interface ConnectOptions {
  /** Sent along; over a WebSocket with its first message. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryAttempts?: number;
}

export interface PushClient {
  /** @param extensions as they are whenever it subscribes */
  readonly subscribe: (query: string, variables?: Record<string, unknown>, extensions?: Record<string, unknown>) => Pushed;
  readonly close: () => void;
}

const RETRY_MS = 50;
const NEXT_MS_MAX = 20_000;

export const webSocketDoor: PushDoor = {
  name: "graphql-ws",
  connect: (gateway, { headers = {}, retryAttempts = Infinity } = {}) => {
    const client = createWebSocketClient({
      connectionParams: headers,
      url: () => `${gateway.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, RETRY_MS)),
      shouldRetry: () => true,
    });
    return {
      subscribe: (query, variables = {}, extensions) =>
        collect((sink) => client.subscribe({ query, variables, ...(extensions && { extensions }) }, sink as never)),
      // One that connects anew to who is not there fails once more.
      close: () => void Promise.resolve(client.dispose()).catch(() => undefined),
    };
  },
};

const eventStreamDoor: PushDoor = {
  name: "graphql-sse",
  connect: (gateway, { headers = {}, retryAttempts = Infinity } = {}) => {
    const client = createEventStreamClient({
      headers,
      url: () => `${gateway.url}/graphql/stream`,
      retryAttempts,
      retry: () => new Promise((resolve) => setTimeout(resolve, RETRY_MS)),
    });
    return {
      subscribe: (query, variables = {}, extensions) =>
        collect((sink) => client.subscribe({ query, variables, ...(extensions && { extensions }) }, sink)),
      close: () => client.dispose(),
    };
  },
};

export const PUSH_DOORS: readonly PushDoor[] = [webSocketDoor, eventStreamDoor];

/** Errors of the protocol come as a result's errors would. */
function collect(subscribe: (sink: Sink) => () => void): Pushed {
  const waiting: PushedResult[] = [];
  let isOver = false;
  let told: (() => void) | null = null;
  const take = (result: PushedResult): void => {
    waiting.push(result);
    told?.();
  };
  const stop = subscribe({
    next: take,
    error: (error) => {
      isOver = true;
      take({ errors: Array.isArray(error) ? error : [{ message: messageOf(error) }] });
    },
    complete: () => (isOver = true),
  });
  return {
    waiting,
    next: async () => {
      if (waiting.length === 0) await within(NEXT_MS_MAX, new Promise<void>((resolve) => (told = resolve)));
      return waiting.shift()!;
    },
    take: () => waiting.splice(0),
    isOver: () => isOver,
    stop,
  };
}

/** Of an error, or of the event of a close. */
function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  const { code, reason } = error as { readonly code?: number; readonly reason?: string };
  return code === undefined ? JSON.stringify(error) : `${code} ${reason}`;
}

async function within<Result>(ms: number, promise: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
