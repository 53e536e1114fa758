import { createClient, TerminatedCloseEvent, type Client } from "graphql-ws";
import { parseFaults } from "./answer.ts";
import { backoffMs } from "./backoff.ts";
import type { Endpoint } from "./client.ts";
import { GraphqlError, NetworkError, ProtocolError, TimeoutError, type SegmeterError } from "./error.ts";
import type { Sink, Transport } from "./streams.ts";

/** Every stream over one WebSocket, by the protocol graphql-transport-ws. It is opened by the first and closed with the last. */
export function createWsTransport(endpoint: Endpoint): Transport {
  const sinks = new Set<Sink>();
  let client: Client | null = null;
  return {
    open: (operation, sink) => {
      client ??= createReconnectingClient(endpoint, (error) => sinks.forEach((each) => each.lost(error)));
      sinks.add(sink);
      const close = client.subscribe(operation, {
        next: (answer) => sink.value(answer),
        error: (error) => sink.ended(toError(error)),
        complete: () => sink.ended(new NetworkError("the gateway ended the subscription")),
      });
      return () => {
        sinks.delete(sink);
        close();
      };
    },
  };
}

function createReconnectingClient({ urlOf, authorization, staleAfterMs }: Endpoint, onLost: (error: SegmeterError) => void): Client {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url: toWebSocketUrl(urlOf("/graphql")),
    connectionParams: authorization,
    retryAttempts: Infinity,
    // Whether a refusal is worth another attempt is for each stream to say.
    shouldRetry: (event) => refusalOf(event) === undefined,
    retryWait: (retryCount) => new Promise((resolve) => setTimeout(resolve, backoffMs(retryCount))),
    connectionAckWaitTimeout: staleAfterMs,
    keepAlive: staleAfterMs / 2,
    on: {
      ping: (isReceived) => {
        if (isReceived) return;
        silence = setTimeout(() => client.terminate(), staleAfterMs / 2);
      },
      message: () => clearTimeout(silence),
      closed: (event) => {
        clearTimeout(silence);
        const isSilent = event instanceof TerminatedCloseEvent;
        onLost(isSilent ? new TimeoutError(staleAfterMs) : new NetworkError("the connection was lost", { cause: event }));
      },
    },
  });
  return client;
}

/** Not every browser's WebSocket takes `http:`, or a path alone. */
function toWebSocketUrl(url: string): string {
  const absolute = new URL(url, globalThis.location?.href);
  absolute.protocol = absolute.protocol.replace("http", "ws");
  return absolute.href;
}

/** Close codes of graphql-transport-ws that stand for a refusal. */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [4401, "UNAUTHENTICATED"],
  [4403, "FORBIDDEN"],
]);

/** @param error the gateway's GraphQL errors, or the event of a close that is not worth trying again */
function toError(error: unknown): SegmeterError {
  if (Array.isArray(error)) return parseFaults(error);
  const code = refusalOf(error);
  if (code === undefined) return new ProtocolError("the gateway closed the connection for good", { cause: error });
  return new GraphqlError([{ message: (error as CloseEvent).reason, code, causes: [], path: null }]);
}

function refusalOf(event: unknown): string | undefined {
  const { code } = event as Partial<CloseEvent>;
  return code === undefined ? undefined : REFUSALS.get(code);
}
