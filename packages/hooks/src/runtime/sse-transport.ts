import { createClient } from "graphql-sse";
import { parseFailure } from "./answer.ts";
import type { Endpoint } from "./client.ts";
import { isSegmeterError, NetworkError, TimeoutError, type SegmeterError } from "./error.ts";
import type { Transport } from "./streams.ts";

/** As the library makes it. */
interface StreamRequest extends RequestInit {
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
}

/** Every stream over a response of its own, by the protocol graphql-sse in distinct connections. Whoever opens one retries. */
export function createSseTransport({ urlOf, authorization, fetch, staleAfterMs }: Endpoint): Transport {
  return {
    open: (operation, sink) => {
      let failure: SegmeterError | null = null;
      const fail = (error: SegmeterError): SegmeterError => (failure = error);

      // The library tells neither why a request failed nor what keeps a stream alive that has nothing to say.
      const fetchWatched = async (input: string, init: StreamRequest): Promise<Response> => {
        const silence = new AbortController();
        let timer: ReturnType<typeof setTimeout> | undefined;
        const hear = (): void => {
          clearTimeout(timer);
          timer = setTimeout(() => silence.abort(fail(new TimeoutError(staleAfterMs))), staleAfterMs);
        };
        init.signal.addEventListener("abort", () => clearTimeout(timer));
        hear();
        try {
          const signal = AbortSignal.any([init.signal, silence.signal]);
          const headers = { ...init.headers, ...(await authorization(signal)) };
          const response = await fetch(input, { ...init, headers, signal });
          if (!response.ok) throw await parseFailure(response);
          return heard(response, hear);
        } catch (error) {
          throw isSegmeterError(error) ? fail(error) : fail(new NetworkError("the gateway could not be reached", { cause: error }));
        }
      };

      const client = createClient({ url: urlOf("/graphql/stream"), retryAttempts: 0, fetchFn: fetchWatched });
      return client.subscribe(operation, {
        next: (answer) => sink.value(answer),
        error: (error) => sink.ended(failure ?? new NetworkError("the connection was lost", { cause: error })),
        complete: () => sink.ended(new NetworkError("the gateway ended the subscription")),
      });
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
