import { openSqliteLog } from "@segmeter/event-log/sqlite";
import { createRandom } from "@segmeter/testkit";
import { runCli } from "../cli-process.ts";
import { createTestFolder } from "../test-gateway.ts";
import type { Held } from "./book.ts";
import { BATCH_EVENTS } from "./feed.ts";
import { Run, type LoadReport, type Rates } from "./run.ts";
import type { Tally } from "./tally.ts";

/** What capacity cannot exceed: a feed is made for so many events. */
const EVENTS_PER_S_MAX = 100_000;
const WARM_UP_SHARE = 0.25;

export interface SoakOptions {
  readonly seed: number;
  readonly capacityMs: number;
  readonly durationMs: number;
  readonly killCount: number;
  readonly subscriptionCount: number;
  /** Told how far it is. */
  readonly tell: (text: string) => void;
}

export interface SoakReport {
  readonly seed: number;
  /** What was served while everybody asked without a pause. */
  readonly capacity: Rates;
  readonly capacityLoad: LoadReport;
  readonly load: LoadReport;
  readonly acknowledgedCount: number;
  readonly log: Held;
  /** What `segmeter verify` said of the running gateway, its log and the slow reference. */
  readonly verified: { readonly isRight: boolean; readonly text: string };
}

/**
 * Measures what a gateway serves, then loads another with half of that, kills it again and again, and settles the accounts.
 *
 * @throws Error as soon as something is answered that should not be
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { capacityLoad, capacity } = await measureCapacity(options);
  options.tell(`capacity: ${textOf(capacity)}; from now on half of it`);
  return { seed: options.seed, capacity, capacityLoad, ...(await soakAt(halfOf(capacity), options)) };
}

async function measureCapacity({
  seed,
  capacityMs,
  subscriptionCount,
  tell,
}: SoakOptions): Promise<Pick<SoakReport, "capacityLoad" | "capacity">> {
  const folder = await createTestFolder();
  const eventCountMin = (2 * capacityMs * EVENTS_PER_S_MAX) / 1_000;
  const run = await Run.begin({ dataDir: folder.path, seed: seed + 1, subscriptionCount, eventCountMin, tell });
  try {
    await run.load("warming up", { durationMs: capacityMs * WARM_UP_SHARE, rates: null, killsAtMs: [] });
    const capacityLoad = await run.load("measuring capacity", { durationMs: capacityMs, rates: null, killsAtMs: [] });
    await run.stop();
    return { capacityLoad, capacity: ratesOf(capacityLoad) };
  } finally {
    await run.kill();
    await folder.remove();
  }
}

async function soakAt(
  rates: Rates,
  { seed, durationMs, killCount, subscriptionCount, tell }: SoakOptions,
): Promise<Pick<SoakReport, "load" | "acknowledgedCount" | "log" | "verified">> {
  const folder = await createTestFolder();
  const eventCountMin = (rates.batches * BATCH_EVENTS * durationMs) / 1_000;
  const run = await Run.begin({ dataDir: folder.path, seed, subscriptionCount, eventCountMin, tell });
  try {
    const load = await run.load("soaking", { durationMs, rates, killsAtMs: killMoments(seed, durationMs, killCount) });
    tell("verifying what the gateway answers, and its log, with the slow reference");
    const { exitCode, stdout, stderr } = await runCli(["verify", "--url", run.url, "--token", run.adminToken]);
    await run.stop();
    tell("holding the log against the book of what was acknowledged");
    const log = await openSqliteLog({ folder: folder.path });
    const held = await run.book.compare(log).finally(() => log.close());
    const verified = { isRight: exitCode === 0 && stdout === "", text: (stdout + stderr).trim() };
    return { load, acknowledgedCount: run.book.eventCount, log: held, verified };
  } finally {
    await run.kill();
    await folder.remove();
  }
}

/** One in each of equal parts of the time, somewhere in it. */
function killMoments(seed: number, durationMs: number, count: number): number[] {
  const random = createRandom(seed, 0);
  return Array.from({ length: count }, (_, part) => ((part + random.between(0.1, 0.9)) * durationMs) / count);
}

function ratesOf({ durationMs, ingest, rest, graphql }: LoadReport): Rates {
  const perSecond = ({ answered }: Tally): number => (1_000 * answered) / durationMs;
  return { batches: perSecond(ingest), rest: perSecond(rest), graphql: perSecond(graphql) };
}

function halfOf({ batches, rest, graphql }: Rates): Rates {
  return { batches: batches / 2, rest: rest / 2, graphql: graphql / 2 };
}

export function textOf({ batches, rest, graphql }: Rates): string {
  return `${Math.round(batches * BATCH_EVENTS)} events/s in batches of ${BATCH_EVENTS}, ${Math.round(rest)} REST/s, ${Math.round(graphql)} GraphQL/s`;
}
