import { setTimeout as delay } from "node:timers/promises";
import pRetry from "p-retry";
import { authorizationOf, causeOf, problemText, urlOf } from "./gateway-request.ts";
import type { RunningGateway } from "./log-copy.ts";

export interface GatewayAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Posts a text.
 *
 * @param path from the root on
 * @returns any answer but one that asks to come again
 * @throws AwayError
 */
export type Post = (path: string, contentType: string, body: string) => Promise<GatewayAnswer>;

/** A gateway that gives no answer now, but may later; the message says what it said instead. */
export class AwayError extends Error {
  override readonly name = "AwayError";
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** One to two minutes, and what the gateway asks for besides. */
const PATIENCE = { retries: 8, minTimeout: 250, maxTimeout: 15_000 };
const RETRY_AFTER_MS_MAX = 60_000;

/**
 * Makes what posts one text after another; while the gateway is overloaded, starting or gone for a moment, it waits and
 * posts the same again, so often. Where no gateway has answered yet, none is waited for.
 *
 * @param onWait told before each new try why there is one
 * @param patience pauses between tries, in ms: they grow from one to the other
 */
export function createPost(gateway: RunningGateway, onWait: (reason: string) => void, patience = PATIENCE): Post {
  let hasAnswered = false;
  return (path, contentType, body) =>
    pRetry(
      async () => {
        const response = await answerOf(gateway, path, contentType, body);
        hasAnswered = true;
        return unlessAway(response);
      },
      {
        ...patience,
        randomize: true,
        shouldRetry: ({ error }) => error instanceof AwayError && hasAnswered,
        onFailedAttempt: async ({ error, retriesLeft, attemptNumber }) => {
          if (!(error instanceof AwayError && hasAnswered)) return;
          if (retriesLeft === 0) throw new AwayError(`${error.message}; given up after ${attemptNumber} tries`);
          onWait(error.message);
          await delay(error.retryAfterMs);
        },
      },
    );
}

interface HttpAnswer extends GatewayAnswer {
  readonly retryAfter: string | null;
}

async function answerOf({ url, token }: RunningGateway, path: string, contentType: string, body: string): Promise<HttpAnswer> {
  const place = urlOf(url, path);
  try {
    const response = await fetch(place, { method: "POST", headers: { "content-type": contentType, ...authorizationOf(token) }, body });
    return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() };
  } catch (error) {
    throw new AwayError(`no gateway answers at ${place} (${causeOf(error)}); start one with: npm run serve`);
  }
}

function unlessAway({ status, retryAfter, text }: HttpAnswer): GatewayAnswer {
  if (status !== 429 && status !== 503) return { status, text };
  // A date, the header's other form, is answered by the pause between two tries alone.
  const retryAfterMs = Math.min(1000 * (Number(retryAfter) || 0), RETRY_AFTER_MS_MAX);
  throw new AwayError(`the gateway answered ${status}: ${problemText(text)}`, retryAfterMs);
}
