import { existsSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { MINUTE_MS } from "@segmeter/engine";
import type { Share } from "@segmeter/event-log/jetstream";
import { openSqliteLog, pathIn } from "@segmeter/event-log/sqlite";
import { readConfig } from "../config.ts";
import { keyFileIn } from "../access/key-file.ts";
import { revokedTokensFileIn } from "../access/revoked-tokens.ts";
import { companionsIn } from "../liveperson/companions.ts";
import { countDays, countedDays, type CountedSegment, type ReadLog } from "../verify/counted-segments.ts";
import type { Difference } from "../verify/differences.ts";
import { differencesOfHours } from "../verify/gateway.ts";
import { causeOf, urlOf } from "./gateway-request.ts";
import type { RunningGateway } from "./log-copy.ts";
import { Progress } from "./progress.ts";
import { createAsk, toText } from "./verify.ts";

const HOUR_MS = 60 * MINUTE_MS;
const LOOK_EVERY_MS = 200;
const LISTED_MAX = 100;

/** A log that cannot be moved as it was asked; the message says why. */
export class MoveError extends Error {
  override readonly name = "MoveError";
}

/**
 * Moves the log of a machine that was alone, and has stopped, into the stream of a cluster, and holds a node's numbers against it.
 *
 * @param environment names the stream, as a node's does
 * @param node that is on the stream
 * @returns whether no number differs
 * @throws MoveError, AwayError, StorageError, ConfigError
 */
export async function move(dataDir: string, node: RunningGateway, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const { cluster, retentionHours } = readConfig(environment);
  if (cluster === null) throw new MoveError("expected NATS_URL to name the servers of the stream, as for a node; it is not set");
  if (!existsSync(pathIn(dataDir))) throw new MoveError(`${pathIn(dataDir)}: there is no event log; name the data folder of a gateway`);
  await standingOf(node);
  const log = await openSqliteLog({ folder: dataDir });
  try {
    // Only this command needs what they are made of.
    const [{ moveIntoStream }, { streamOf }] = await Promise.all([import("@segmeter/event-log/jetstream"), import("../stream-log.ts")]);
    const progress = new Progress();
    const { accountCount, eventCount, publishedCount, position } = await moveIntoStream({
      log,
      nats: cluster.nats,
      stream: streamOf(cluster, retentionHours),
      onTrouble: tell,
      onProgress: (doing, count, ofEvents) => progress.show(() => `${doing}: ${count} of ${ofEvents} events`),
    });
    progress.end();
    const there = eventCount - publishedCount;
    tell(
      `${eventCount} events of ${accountCount} accounts are in the stream ${cluster.streamName}${there > 0 ? `, ${there} of them were already` : ""}`,
    );
    await untilStored(node, position);
    const isEqual = await verifyNode(() => log.readAll(), node, cluster.share);
    const beside = [keyFileIn(dataDir), revokedTokensFileIn(dataDir), ...companionsIn(dataDir)].filter(holdsSomething);
    if (beside.length > 0) tell(`to be copied to the data folder of every node: ${beside.join(", ")}`);
    return isEqual;
  } finally {
    await log.close();
  }
}

interface Standing {
  readonly isReady: boolean;
  readonly position: number;
}

/** @throws MoveError if what answers is no node of a cluster */
async function standingOf({ url }: RunningGateway): Promise<Standing> {
  let answer: { readonly position?: number; readonly status?: string };
  try {
    answer = (await (await fetch(urlOf(url, "/readyz"))).json()) as typeof answer;
  } catch (error) {
    throw new MoveError(`no node answers at ${url} (${causeOf(error)}); start one on the stream, and name it with --url`, {
      cause: error,
    });
  }
  if (answer.position === undefined)
    throw new MoveError(`what answers at ${url} is no node of a cluster: start it with NATS_URL and a data folder of its own`);
  return { isReady: answer.status === "ready", position: answer.position };
}

async function untilStored(node: RunningGateway, position: number): Promise<void> {
  const progress = new Progress();
  for (; ; await delay(LOOK_EVERY_MS)) {
    const standing = await standingOf(node);
    if (standing.isReady && standing.position >= position) break;
    progress.show(() => `the node is at ${standing.position} of ${position} messages`);
  }
  progress.end();
}

/** Recomputes every number of the accounts that a node holds from the log, and prints each that the node answers otherwise. */
async function verifyNode(readLog: ReadLog, node: RunningGateway, { holds }: Share): Promise<boolean> {
  const progress = new Progress();
  const ask = createAsk(node, progress);
  let newestMs = 0;
  const counts = await countDays(readLog, (histories) => {
    for (const { events } of histories) for (const { at } of events) newestMs = Math.max(newestMs, at);
  });
  for (const accountId of counts.keys()) if (!holds(accountId)) counts.delete(accountId);
  let differenceCount = 0;
  const take = (found: readonly Difference[]): void => {
    for (const difference of found) if (++differenceCount <= LISTED_MAX) process.stdout.write(`${toText(difference)}\n`);
  };
  // Hours that had gone by when the log ended, and the last one, whenever it began. What comes from now on ends later.
  const untilMs = newestMs + 1;
  const startMs = untilMs - HOUR_MS;
  const lastHours = new Map<string, CountedSegment[]>(Array.from(counts.keys(), (accountId) => [accountId, []]));
  let segmentCount = 0;
  for await (const day of countedDays(readLog, counts)) {
    const { accountId, segments } = day;
    progress.show(() => `verifying: account ${accountId}, ${new Date(day.startMs).toISOString()}`);
    segmentCount += segments.length;
    take(await differencesOfHours(ask, day, untilMs));
    lastHours.get(accountId)!.push(...segments.filter(({ segment: { endMs } }) => endMs >= startMs && endMs < untilMs));
  }
  for (const [accountId, segments] of lastHours) take(await differencesOfHours(ask, { accountId, startMs, segments }, untilMs));
  progress.end();
  const found = differenceCount === 0 ? "no number differs" : `${differenceCount} numbers differ`;
  tell(`${node.url}: ${segmentCount} closed segments of ${counts.size} accounts recomputed from the log, ${found}`);
  return differenceCount === 0;
}

function holdsSomething(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
