import { createClient } from "graphql-sse";
import { parseFailure } from "./answer.ts";
import type { Endpoint } from "./client.ts";
import { isSegmeterError, NetworkError, TimeoutError, type SegmeterError } from "./error.ts";
import type { Transport } from "./streams.ts";

/** Every stream over a response of its own, by the protocol graphql-sse in distinct connections. Whoever opens one retries. */
export function createSseTransport({ urlOf, authorization, fetch, staleAfterMs }: Endpoint): Transport {
  return {
    open: (operation, sink) => {
      let failure: SegmeterError | null = null;
      const client = createClient({
        url: urlOf("/graphql/stream"),
        headers: authorization,
        retryAttempts: 0,
        // The library tells nothing of why a request failed, nor of what keeps a silent stream alive.
        fetchFn: async (input: string, init: RequestInit): Promise<Response> => {
          try {
            const response = await fetch(input, init);
            if (!response.ok) throw await parseFailure(response);
            return watched(response, staleAfterMs);
          } catch (error) {
            failure = isSegmeterError(error) ? error : new NetworkError("the gateway could not be reached", { cause: error });
            throw error;
          }
        },
      });
      const close = client.subscribe(operation, {
        next: (answer) => sink.value(answer),
        error: (error) => sink.ended(failure ?? new NetworkError("the connection was lost", { cause: error })),
        complete: () => sink.ended(new NetworkError("the gateway ended the subscription")),
      });
      return close;
    },
  };
}

/** The same response; reading it fails once nothing came, not even what keeps it alive, for so long. */
function watched(response: Response, silenceMsMax: number): Response {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const watch = (controller: TransformStreamDefaultController): void => {
    clearTimeout(silence);
    silence = setTimeout(() => controller.error(new TimeoutError(silenceMsMax)), silenceMsMax);
  };
  const watcher = new TransformStream<Uint8Array, Uint8Array>({
    start: watch,
    transform: (chunk, controller) => {
      watch(controller);
      controller.enqueue(chunk);
    },
    flush: () => clearTimeout(silence),
  });
  return new Response(response.body!.pipeThrough(watcher), response);
}
