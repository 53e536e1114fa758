import { existsSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { MINUTE_MS } from "@segmeter/engine";
import { openSqliteLog, pathIn } from "@segmeter/event-log/sqlite";
import { readConfig } from "../config.ts";
import { keyFileIn } from "../access/key-file.ts";
import { revokedTokensFileIn } from "../access/revoked-tokens.ts";
import { companionsIn } from "../liveperson/companions.ts";
import { countDays, countedDays, type CountedDay, type CountedSegment, type ReadLog } from "../verify/counted-segments.ts";
import { differencesOfHours, type AskGateway } from "../verify/gateway.ts";
import { causeOf, urlOf } from "./gateway-request.ts";
import type { RunningGateway } from "./log-copy.ts";
import { Progress } from "./progress.ts";
import { createAsk, MisdirectedError, toText } from "./verify.ts";

const HOUR_MS = 60 * MINUTE_MS;
const LOOK_EVERY_MS = 200;
const LISTED_MAX = 100;

/** A log that cannot be moved as it was asked; the message says why. */
export class MoveError extends Error {
  override readonly name = "MoveError";
}

/**
 * Moves the log of a machine that was alone, and has stopped, into the stream of a cluster, and holds the numbers of nodes against it.
 *
 * @param nodes that are on the stream; together they hold every account
 * @param environment names the stream, as a node's does
 * @returns whether every number was asked for, and none differs
 * @throws MoveError, AwayError, StorageError, ConfigError
 */
export async function move(dataDir: string, nodes: readonly RunningGateway[], environment: NodeJS.ProcessEnv): Promise<boolean> {
  const { cluster, retentionHours } = readConfig(environment);
  if (cluster === null) throw new MoveError("expected NATS_URL to name the servers of the stream, as for a node; it is not set");
  if (!existsSync(pathIn(dataDir))) throw new MoveError(`${pathIn(dataDir)}: there is no event log; name the data folder of a gateway`);
  for (const node of nodes) await standingOf(node);
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
    for (const node of nodes) await untilStored(node, position);
    const isEqual = await verifyNodes(() => log.readAll(), nodes);
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
    progress.show(() => `${node.url} is at ${standing.position} of ${position} messages`);
  }
  progress.end();
}

/** Recomputes every number from the log, and prints each that a node answers otherwise. */
async function verifyNodes(readLog: ReadLog, nodes: readonly RunningGateway[]): Promise<boolean> {
  const progress = new Progress();
  let newestMs = 0;
  const counts = await countDays(readLog, (histories) => {
    for (const { events } of histories) for (const { at } of events) newestMs = Math.max(newestMs, at);
  });
  // Hours that had gone by when the log ended, and the last one, whenever it began. What comes from now on ends later.
  const untilMs = newestMs + 1;
  const startMs = untilMs - HOUR_MS;
  const verified = nodes.map((node) => new VerifiedNode(node.url, createAsk(node, progress), untilMs));
  const lastHours = new Map<string, CountedSegment[]>(Array.from(counts.keys(), (accountId) => [accountId, []]));
  for await (const day of countedDays(readLog, counts)) {
    const { accountId, segments } = day;
    progress.show(() => `verifying: account ${accountId}, ${new Date(day.startMs).toISOString()}`);
    for (const node of verified) await node.verify(day);
    lastHours.get(accountId)!.push(...segments.filter(({ segment: { endMs } }) => endMs >= startMs && endMs < untilMs));
  }
  for (const [accountId, segments] of lastHours) for (const node of verified) await node.verify({ accountId, startMs, segments });
  progress.end();
  for (const node of verified) {
    const found = node.differenceCount === 0 ? "no number differs" : `${node.differenceCount} numbers differ`;
    tell(`${node.url}: ${counts.size - node.elsewhere.size} of ${counts.size} accounts recomputed from the log, ${found}`);
  }
  const unheld = Array.from(counts.keys()).filter((accountId) => verified.every(({ elsewhere }) => elsewhere.has(accountId)));
  if (unheld.length > 0) tell(`not verified, since no node that is named holds them: ${unheld.map((id) => JSON.stringify(id)).join(", ")}`);
  return unheld.length === 0 && verified.every(({ differenceCount }) => differenceCount === 0);
}

/** A node that is asked for accounts, of which it may hold a share. */
class VerifiedNode {
  readonly url: string;
  readonly #ask: AskGateway;
  readonly #untilMs: number;
  /** Accounts that it does not hold. */
  readonly elsewhere = new Set<string>();
  differenceCount = 0;

  /** @param untilMs only hours that end by then */
  constructor(url: string, ask: AskGateway, untilMs: number) {
    this.url = url;
    this.#ask = ask;
    this.#untilMs = untilMs;
  }

  async verify(day: CountedDay): Promise<void> {
    if (this.elsewhere.has(day.accountId)) return;
    try {
      for (const difference of await differencesOfHours(this.#ask, day, this.#untilMs)) {
        if (++this.differenceCount <= LISTED_MAX) process.stdout.write(`${this.url}: ${toText(difference)}\n`);
      }
    } catch (error) {
      if (!(error instanceof MisdirectedError)) throw error;
      this.elsewhere.add(day.accountId);
    }
  }
}

function holdsSomething(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
