import { setTimeout as delay } from "node:timers/promises";
import pRetry from "p-retry";
import { authorizationOf, causeOf, isToComeAgain, problemText, startOf, urlOf } from "./gateway-request.ts";

export interface Destination {
  readonly url: string;
  readonly accountId: string;
  readonly token: string | undefined;
}

export interface PostAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly { readonly index: number; readonly message: string }[];
}

/** A gateway that did not take events; the message says what it answered. */
export class PostError extends Error {
  override readonly name = "PostError";
}

/** A failure that may pass. */
class PassingError extends PostError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const RETRIES = 8;
const RETRY_AFTER_MS_MAX = 60_000;

/**
 * Posts one batch.
 *
 * @param texts one event each, as JSON
 * @throws PostError
 */
export type SendBatch = (texts: readonly string[]) => Promise<PostAnswer>;

/**
 * Makes what posts one batch after another; while the gateway is overloaded, starting or gone for a moment, it waits and
 * tries again. What was taken before a connection broke counts as a duplicate then, so nothing counts twice. Where no
 * gateway has answered yet, none is waited for.
 *
 * @param onWait told before each new try why there is one
 * @param path of the account's, that takes events
 */
export function createSender(destination: Destination, onWait: (reason: string) => void, path = "events"): SendBatch {
  let hasAnswered = false;
  const postOnce = async (texts: readonly string[]): Promise<PostAnswer> => {
    const answer = await post(destination, path, texts.join("\n"));
    hasAnswered = true;
    return toPostAnswer(answer);
  };
  return (texts) =>
    pRetry(() => postOnce(texts), {
      retries: RETRIES,
      minTimeout: 250,
      maxTimeout: 15_000,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof PassingError && hasAnswered,
      onFailedAttempt: async ({ error, retriesLeft }) => {
        if (!(error instanceof PassingError && hasAnswered) || retriesLeft === 0) return;
        onWait(error.message);
        await delay(error.retryAfterMs);
      },
    });
}

interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

async function post({ url, accountId, token }: Destination, path: string, body: string): Promise<HttpAnswer> {
  const place = urlOf(url, `/v1/accounts/${encodeURIComponent(accountId)}/${path}`);
  try {
    const response = await fetch(place, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", ...authorizationOf(token) },
      body,
    });
    return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() };
  } catch (error) {
    throw new PassingError(`no gateway answers at ${place} (${causeOf(error)}); start one with: npm run serve`);
  }
}

function toPostAnswer({ status, retryAfter, text }: HttpAnswer): PostAnswer {
  if (status === 200) return parseAnswer(text);
  const message = `the gateway answered ${status}: ${problemText(text)}`;
  if (!isToComeAgain(status)) throw new PostError(message);
  // A date, the header's other form, is answered by the pause between two tries alone.
  throw new PassingError(message, Math.min(1000 * (Number(retryAfter) || 0), RETRY_AFTER_MS_MAX));
}

function parseAnswer(text: string): PostAnswer {
  try {
    const answer = JSON.parse(text) as Partial<PostAnswer>;
    if (Array.isArray(answer.rejected)) return answer as PostAnswer;
  } catch {
    // Told below.
  }
  throw new PostError(`what answered 200 is no gateway: ${startOf(text)}`);
}
