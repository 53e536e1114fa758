import { createPost } from "./coming-again.ts";
import { problemText, startOf } from "./gateway-request.ts";

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

/**
 * Posts one batch.
 *
 * @param texts one event each, as JSON
 * @throws PostError, AwayError
 */
export type SendBatch = (texts: readonly string[]) => Promise<PostAnswer>;

/**
 * Makes what posts one batch after another. What was taken before a connection broke counts as a duplicate when it is
 * posted again, so nothing counts twice.
 *
 * @param onWait told before each new try why there is one
 * @param path of the account's, that takes events
 */
export function createSender(destination: Destination, onWait: (reason: string) => void, path = "events"): SendBatch {
  const post = createPost(destination, onWait);
  const place = `/v1/accounts/${encodeURIComponent(destination.accountId)}/${path}`;
  return async (texts) => {
    const { status, text } = await post(place, "application/x-ndjson", texts.join("\n"));
    if (status === 200) return parseAnswer(text);
    throw new PostError(`the gateway answered ${status}: ${problemText(text)}`);
  };
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
