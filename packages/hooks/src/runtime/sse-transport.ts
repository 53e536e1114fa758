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
      const fail = (error: SegmeterError): SegmeterError => (failure = error);

      // The library tells neither why a request failed nor what keeps a stream alive that has nothing to say.
      const fetchWatched = async (input: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> => {
        const silence = new AbortController();
        let timer: ReturnType<typeof setTimeout> | undefined;
        const hear = (): void => {
          clearTimeout(timer);
          timer = setTimeout(() => silence.abort(fail(new TimeoutError(staleAfterMs))), staleAfterMs);
        };
        init.signal.addEventListener("abort", () => clearTimeout(timer));
        hear();
        try {
          const response = await fetch(input, { ...init, signal: AbortSignal.any([init.signal, silence.signal]) });
          if (!response.ok) throw await parseFailure(response);
          return heard(response, hear);
        } catch (error) {
          throw fail(isSegmeterError(error) ? error : new NetworkError("the gateway could not be reached", { cause: error }));
        }
      };

      const end = (error: SegmeterError): void => {
        close();
        sink.ended(error);
      };
      const close = createClient({
        url: urlOf("/graphql/stream"),
        headers: authorization,
        retryAttempts: 0,
        fetchFn: fetchWatched,
      }).subscribe(operation, {
        next: (answer) => sink.value(answer),
        error: (error) => end(failure ?? new NetworkError("the connection was lost", { cause: error })),
        complete: () => end(new NetworkError("the gateway ended the subscription")),
      });
      return close;
    },
  };
}

/** The same response; `hear` is called for all that comes, be it only what keeps the stream alive. */
function heard(response: Response, hear: () => void): Response {
  const listener = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      hear();
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body!.pipeThrough(listener), response);
}
