/** What became of the requests of one kind. */
export class Tally {
  sent = 0;
  answered = 0;
  /** By status: 429 and 503, with `Retry-After`. */
  readonly refused = new Map<number, number>();
  /** Whose connection broke before the answer, or was not made. */
  cutOff = 0;
  readonly durationsMs: number[] = [];
}

/** What came of one request; whatever else comes is a failure. */
export type Asked =
  | { readonly kind: "answered"; readonly text: string }
  | { readonly kind: "refused"; readonly retryAfterMs: number }
  | { readonly kind: "cut off" };

/** Nothing may take so long: it hangs. */
const HANGS_MS = 60_000;

/** @throws Error for an answer that no gateway should give, or none at all */
export async function ask(tally: Tally, url: string, init: RequestInit): Promise<Asked> {
  tally.sent += 1;
  const begin = performance.now();
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(HANGS_MS) });
    text = await response.text();
  } catch (error) {
    if ((error as Error).name === "TimeoutError") throw new Error(`${url} was not answered within ${HANGS_MS} ms`, { cause: error });
    tally.cutOff += 1;
    return { kind: "cut off" };
  }
  const { status, headers } = response;
  if (status === 200) {
    tally.answered += 1;
    tally.durationsMs.push(performance.now() - begin);
    return { kind: "answered", text };
  }
  const retryAfter = headers.get("retry-after");
  if ((status !== 503 && status !== 429) || retryAfter === null) throw new Error(`${url} was answered ${status}: ${text}`);
  tally.refused.set(status, (tally.refused.get(status) ?? 0) + 1);
  return { kind: "refused", retryAfterMs: Number(retryAfter) * 1_000 };
}
