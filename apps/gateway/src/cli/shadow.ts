import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { TOTAL_METRIC } from "@segmeter/engine";
import { z } from "zod";
import { signatureOf } from "../access/oauth-signature.ts";
import { authorizationOf, causeOf, problemText, urlOf } from "./gateway-request.ts";

export interface ShadowOptions {
  readonly accountId: string;
  /** This gateway. */
  readonly url: string;
  readonly token: string | undefined;
  /** The other service, which is looked up nowhere: `https://va-a.data.liveperson.net`. */
  readonly against: string;
  /** The path of the keys that requests to it are signed with. */
  readonly againstKeys: string | undefined;
  readonly timeframe: number;
  readonly interval: number;
  readonly times: number;
  readonly everyS: number;
}

/** A service that did not answer; the message says which, and what it said. */
export class ShadowError extends Error {
  override readonly name = "ShadowError";
}

const ANSWER_MS_MAX = 30_000;

const SECRETS = z.strictObject({ consumerKey: z.string(), consumerSecret: z.string(), token: z.string(), tokenSecret: z.string() });

type Authorize = (url: string) => string | null;

/**
 * Asks two services the same at the same time, again and again, and prints every difference as NDJSON.
 *
 * @returns how many there were
 * @throws ShadowError
 */
export async function shadow(options: ShadowOptions): Promise<number> {
  const here: Authorize = () => authorizationOf(options.token).authorization ?? null;
  const there = options.againstKeys === undefined ? () => null : await readSigner(options.againstKeys);
  const base = { v: "1", timeframe: String(options.timeframe) };
  const questions = [{ ...base }, { ...base, skillIds: "all" }, { ...base, skillIds: "all", interval: String(options.interval) }];
  let differenceCount = 0;
  let cellCount = 0;
  for (let time = 0; time < options.times; time++) {
    if (time > 0) await delay(options.everyS * 1000);
    for (const question of questions) {
      const query = new URLSearchParams(question).toString();
      const path = `/operations/api/account/${options.accountId}/msgagentsegments?${query}`;
      const at = new Date().toISOString();
      const [a, b] = await Promise.all([ask(urlOf(options.url, path), here), ask(urlOf(options.against, path), there)]);
      const cells = [cellsOf(a), cellsOf(b)] as const;
      cellCount += cells[0].size;
      for (const difference of differencesBetween(...cells)) {
        differenceCount += 1;
        process.stdout.write(`${JSON.stringify({ at, query, ...difference })}\n`);
      }
    }
  }
  process.stderr.write(`${differenceCount} differences, in ${questions.length * options.times} questions of ${cellCount} parts\n`);
  return differenceCount;
}

type Metrics = Readonly<Record<string, unknown>>;

interface Difference {
  /** `metricsByIntervals / 3 / agentsMetrics / metricsPerAgent / 12` */
  readonly part: string;
  /** null: one of them has no such part at all. */
  readonly metric: string | null;
  readonly here: unknown;
  readonly there: unknown;
}

/** Each part of an answer that holds metrics, by where it stands. Of intervals the oldest is number 0, whichever way they are listed. */
export function cellsOf(answer: unknown): Map<string, Metrics> {
  const cells = new Map<string, Metrics>();
  const visit = (value: unknown, path: readonly string[]): void => {
    if (Array.isArray(value))
      value.toSorted((a, b) => timestampOf(a) - timestampOf(b)).forEach((each, index) => visit(each, [...path, String(index)]));
    else if (typeof value === "object" && value !== null) {
      if (TOTAL_METRIC in value) cells.set(path.join(" / "), value as Metrics);
      else for (const [name, child] of Object.entries(value)) visit(child, [...path, name]);
    }
  };
  visit(answer, []);
  return cells;
}

function timestampOf(interval: unknown): number {
  return Number((interval as { readonly timestamp?: unknown } | null)?.timestamp ?? 0);
}

function* differencesBetween(here: ReadonlyMap<string, Metrics>, there: ReadonlyMap<string, Metrics>): Generator<Difference> {
  for (const part of new Set([...here.keys(), ...there.keys()])) {
    const [a, b] = [here.get(part), there.get(part)];
    if (a === undefined || b === undefined) {
      yield { part, metric: null, here: a ?? null, there: b ?? null };
      continue;
    }
    for (const metric of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (a[metric] !== b[metric]) yield { part, metric, here: a[metric] ?? null, there: b[metric] ?? null };
    }
  }
}

async function ask(url: string, authorize: Authorize): Promise<unknown> {
  const authorization = authorize(url);
  let status: number;
  let text: string;
  try {
    const headers: Record<string, string> = { accept: "application/json", ...(authorization !== null && { authorization }) };
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    status = answer.status;
    text = await answer.text();
  } catch (error) {
    throw new ShadowError(`nobody answers at ${url} (${causeOf(error)})`, { cause: error });
  }
  if (status !== 200) throw new ShadowError(`${url} answered ${status}: ${problemText(text)}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ShadowError(`${url} answered what is no JSON: ${text.slice(0, 100)}`, { cause: error });
  }
}

async function readSigner(path: string): Promise<Authorize> {
  const keys = SECRETS.safeParse(await readJson(path)).data;
  if (keys === undefined) throw new ShadowError(`${path}: expected an object of consumerKey, consumerSecret, token and tokenSecret`);
  return (url) => {
    const parameters = new Map(
      Object.entries({
        oauth_consumer_key: keys.consumerKey,
        oauth_token: keys.token,
        oauth_signature_method: "HMAC-SHA1",
        oauth_timestamp: String(Math.floor(Date.now() / 1000)),
        oauth_nonce: randomUUID(),
        oauth_version: "1.0",
      }),
    );
    parameters.set("oauth_signature", signatureOf({ method: "GET", url }, parameters, keys));
    return `OAuth ${Array.from(parameters, ([name, value]) => `${name}="${encodeURIComponent(value)}"`).join(", ")}`;
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new ShadowError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
