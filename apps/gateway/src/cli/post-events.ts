import { setTimeout as delay } from "node:timers/promises";
import pRetry, { AbortError } from "p-retry";

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
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const RETRIES = 8;

/**
 * Posts one batch; while the gateway is overloaded, starting or gone for a moment, waits and tries again. What was
 * taken before a connection broke counts as a duplicate then, so nothing counts twice.
 *
 * @param onWait told before each new try why there is one
 * @throws PostError
 */
export function postEvents(destination: Destination, events: readonly unknown[], onWait: (reason: string) => void): Promise<PostAnswer> {
  const body = events.map((event) => JSON.stringify(event)).join("\n");
  return pRetry(() => postOnce(destination, body), {
    retries: RETRIES,
    minTimeout: 250,
    maxTimeout: 15_000,
    randomize: true,
    onFailedAttempt: async ({ error, retriesLeft }) => {
      if (retriesLeft === 0) return;
      onWait(error.message);
      if (error instanceof PostError) await delay(error.retryAfterMs);
    },
  });
}

async function postOnce({ url, accountId, token }: Destination, body: string): Promise<PostAnswer> {
  const response = await send(`${url.replace(/\/$/, "")}/v1/accounts/${encodeURIComponent(accountId)}/events`, body, token);
  if (response.ok) return (await response.json()) as PostAnswer;
  const message = `the gateway answered ${response.status}: ${problemText(await response.text())}`;
  if (response.status !== 429 && response.status !== 503) throw new AbortError(new PostError(message));
  throw new PostError(message, 1000 * Number(response.headers.get("retry-after") ?? 0));
}

async function send(url: string, body: string, token: string | undefined): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body,
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message || String(error.cause) : String(error);
    throw new PostError(`no gateway answers at ${url} (${cause}); start one with: npm run serve`);
  }
}

/** The gateway's errors are problems; whatever stands between may answer otherwise. */
function problemText(text: string): string {
  try {
    const { message, causes } = JSON.parse(text) as { message: string; causes?: string[] };
    return [message, ...(causes ?? [])].join("; ");
  } catch {
    return text.slice(0, 200);
  }
}
