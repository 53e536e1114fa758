import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine, MINUTE_MS } from "@segmeter/engine";
import { SqliteCopy } from "@segmeter/event-log/sqlite";
import { countedDays, loadAndCount, type DayCounts, type ReadLog } from "../verify/counted-segments.ts";
import type { Difference } from "../verify/differences.ts";
import { differencesOfDay } from "../verify/engine.ts";
import { differencesOfHours, type AskGateway } from "../verify/gateway.ts";
import { createPost } from "./coming-again.ts";
import { problemText, startOf } from "./gateway-request.ts";
import { copyLog, openLogIn, type RunningGateway } from "./log-copy.ts";
import { Progress } from "./progress.ts";

/** What to verify: a gateway that runs, the folder of one that does not, or a backup. */
export type VerifyPlace = { readonly gateway: RunningGateway } | { readonly dataDir: string } | { readonly backup: string };

/** A gateway that cannot be verified; the message says why. */
export class VerifyError extends Error {
  override readonly name = "VerifyError";
}

/** A node of a cluster that does not hold the account that it was asked for. */
export class MisdirectedError extends VerifyError {}

const LISTED_MAX = 100;
const TRIES = 5;

/**
 * Recomputes every number from the log with the slow reference, and prints each that differs.
 *
 * @returns whether none does
 * @throws VerifyError, AwayError, BackupError, StorageError
 */
export async function verify(place: VerifyPlace): Promise<boolean> {
  if ("gateway" in place) return verifyGateway(place.gateway);
  if ("backup" in place) return withCopy(place.backup, async (readLog) => tell(await verifyLog(readLog)));
  const log = await openLogIn(place.dataDir);
  try {
    return tell(await verifyLog(() => log.readAll()));
  } finally {
    await log.close();
  }
}

interface Verified {
  readonly differences: Listed;
  readonly counts: DayCounts;
}

/** Loads the log into an engine as a start does, and holds it against the reference day by day. */
async function verifyLog(readLog: ReadLog): Promise<Verified> {
  const progress = new Progress();
  const engine = new Engine();
  let eventCount = 0;
  const counts = await loadAndCount(readLog, engine, (count) => {
    eventCount += count;
    progress.show(() => `reading: ${eventCount} events`);
  });
  const differences = new Listed();
  let segmentCount = 0;
  for await (const day of countedDays(readLog, counts)) {
    segmentCount += day.segments.length;
    progress.show(() => `verifying: account ${day.accountId}, ${dateOf(day.startMs)}`);
    for (const difference of differencesOfDay(engine, day)) differences.add(difference);
  }
  progress.end();
  process.stderr.write(`log: ${eventCount} events, ${segmentCount} closed segments, ${differences.count} differences\n`);
  return { differences, counts };
}

/**
 * Verifies a copy of the log, and then what the gateway answers. Events go on coming: where an answer differs, the log is
 * copied anew, and the answer is wrong only if both copies say so and agree.
 */
async function verifyGateway(gateway: RunningGateway): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "segmeter-verify-"));
  try {
    let path: string | null = null;
    let copyCount = 0;
    const copyAnew = async (): Promise<string> => {
      if (path !== null) await rm(path);
      path = join(folder, `log-${copyCount++}`);
      await copyLog({ gateway }, path, new Progress());
      return path;
    };
    const copy = await copyAnew();
    const local = await withCopy(copy, verifyLog);
    const answered = await lastingDifferences(gateway, local.counts, copy, copyAnew);
    for (const difference of answered) local.differences.add(difference);
    return tell(local);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param copy of the log
 * @param copyAnew makes another
 * @returns the numbers that the gateway has wrong by two copies, one made before it was asked and one after
 */
async function lastingDifferences(
  gateway: RunningGateway,
  counts: DayCounts,
  copy: string,
  copyAnew: () => Promise<string>,
): Promise<Difference[]> {
  const untilMs = Date.now();
  let before = await answeredDifferences(copy, counts, gateway, untilMs);
  for (let tries = 1; before.length > 0; tries++) {
    const after = await answeredDifferences(await copyAnew(), daysOf(before), gateway, untilMs);
    const texts = new Set(before.map(toText));
    const lasting = after.filter((difference) => texts.has(toText(difference)));
    if (lasting.length > 0) return lasting;
    if (tries === TRIES) throw new VerifyError("the gateway's answers change too fast to be held against a copy of its log; try again");
    before = after;
  }
  process.stderr.write(`gateway: every hour until ${dateOf(untilMs)} that it keeps was asked for\n`);
  return [];
}

function answeredDifferences(copy: string, counts: DayCounts, gateway: RunningGateway, untilMs: number): Promise<Difference[]> {
  return withCopy(copy, async (readLog) => {
    const progress = new Progress();
    const ask = createAsk(gateway, progress);
    const differences: Difference[] = [];
    for await (const day of countedDays(readLog, counts)) {
      progress.show(() => `asking: account ${day.accountId}, ${dateOf(day.startMs)}`);
      differences.push(...(await differencesOfHours(ask, day, untilMs)));
    }
    progress.end();
    return differences;
  });
}

/** The days on which something differs; what is counted there does not matter any more. */
function daysOf(differences: readonly Difference[]): DayCounts {
  const days = new Map<string, Map<number, number>>();
  for (const difference of differences) {
    if (difference.kind !== "number") continue;
    const ofAccount = days.get(difference.accountId) ?? new Map<number, number>();
    days.set(difference.accountId, ofAccount);
    const { startMs } = difference.window;
    ofAccount.set(startMs - (startMs % (24 * 60 * MINUTE_MS)), 0);
  }
  return days;
}

async function withCopy<Result>(path: string, work: (readLog: ReadLog) => Promise<Result>): Promise<Result> {
  const copy = SqliteCopy.open(path);
  try {
    return await work(() => copy.readAll());
  } finally {
    copy.close();
  }
}

interface GraphqlError {
  readonly message: string;
  readonly extensions: { readonly causes?: readonly string[] };
}

const NOT_KEPT = /^endingAt: expected a window within what is kept/;

/** @throws VerifyError, AwayError when it is asked */
export function createAsk(gateway: RunningGateway, progress: Progress): AskGateway {
  const post = createPost(gateway, (reason) => progress.say(`waiting: ${reason}`));
  return async (operation) => {
    const { status, text } = await post("/graphql", "application/json", JSON.stringify(operation));
    if (status === 421) throw new MisdirectedError(`the gateway holds other accounts: ${startOf(text)}`);
    if (status !== 200) throw new VerifyError(`the gateway answered ${status}: ${problemText(text)}`);
    const answer = JSON.parse(text) as { readonly errors?: readonly GraphqlError[] };
    if (answer.errors?.every(({ extensions }) => extensions.causes?.every((cause) => NOT_KEPT.test(cause)))) return null;
    if (answer.errors) throw new VerifyError(`the gateway answered: ${answer.errors.map(({ message }) => message).join("; ")}`);
    return answer;
  };
}

class Listed {
  readonly first: Difference[] = [];
  count = 0;

  add(difference: Difference): void {
    this.count += 1;
    if (this.first.length < LISTED_MAX) this.first.push(difference);
  }
}

function tell({ differences }: Verified): boolean {
  for (const difference of differences.first) process.stdout.write(`${toText(difference)}\n`);
  if (differences.count > LISTED_MAX) process.stdout.write(`…and ${differences.count - LISTED_MAX} more\n`);
  process.stderr.write(differences.count === 0 ? "verified: no number differs\n" : `wrong: ${differences.count} differences\n`);
  return differences.count === 0;
}

export function toText(difference: Difference): string {
  const account = `account ${difference.accountId}`;
  if (difference.kind === "segment") {
    const { conversationKey, conversationId, onlyIn, segment } = difference;
    const conversation = conversationId === null ? "" : ` ${JSON.stringify(conversationId)}`;
    return `${account}, conversation${conversation} (key ${conversationKey}): only the ${onlyIn} has ${JSON.stringify(segment)}`;
  }
  const { window, place, metric, expected, found, conversationIds } = difference;
  const where = [account, `${dateOf(window.startMs)} to ${dateOf(window.endMs)}`, ...(place === "" ? [] : [place])].join(", ");
  return `${where}: ${metric} is ${found ?? "nothing"}, by the log ${expected ?? "nothing"} (conversations ${conversationIds.map((id) => JSON.stringify(id)).join(", ") || "none"})`;
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
