import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { ConversationEvent } from "@segmeter/engine";
import { quantileOf } from "./measure.ts";
import { createSizedCentre, type SizedCentre } from "./sized-centre.ts";

export interface SizingOptions {
  readonly agentCount: number;
  /** How much of the past is in the log. */
  readonly hours: number;
  /** How long the centre's busiest hour is played in real time. */
  readonly seconds: number;
  /** Of the gateway. */
  readonly main: string;
  readonly tell: (message: string) => void;
}

/** What a gateway takes for a contact centre of some size. */
export interface Sizing {
  readonly agentCount: number;
  /** In the log, of so many hours. */
  readonly eventCount: number;
  readonly logBytes: number;
  /** Of a gateway that has just read this log. */
  readonly startMs: number;
  readonly residentBytes: number;
  /** Live. */
  readonly eventsPerSecond: number;
  readonly pollsPerSecond: number;
  readonly subscriptionCount: number;
  /** Of one processor. */
  readonly cpuShare: number;
  readonly pollMsP99: number;
  readonly peakResidentBytes: number;
}

const ACCOUNT = "centre";
const HOUR_MS = 3_600_000;
const FILL_STEP_MS = 10_000;
const BATCH_EVENTS = 5_000;
const FEED_EVERY_MS = 500;
/** A team leader's screen for every ten agents asks for these ten, and how they did in the last hour. */
const AGENTS_A_SCREEN = 10;
const POLL_EVERY_MS = 5_000;
/** A wallboard for every fifty agents is pushed the whole centre by skills, every second. */
const AGENTS_A_WALLBOARD = 50;
const SUBSCRIPTION = `subscription { agentSegments(accountId: "${ACCOUNT}", timeframe: 60) { end metrics { totalAgentConversationSegments avgTimeToResponseFromAgentAssignment } skills { id metrics { totalAgentConversationSegments avgTimeToResponseFromAgentAssignment } } } }`;
/** The busiest hour of the traffic's day begins then. */
export const BUSIEST_MS = Date.UTC(2026, 10, 20, 11);

/** Fills a log with the past of a centre, starts a gateway on it, and plays the busiest hour to it while screens look on. */
export async function measureSize({ agentCount, hours, seconds, main, tell }: SizingOptions): Promise<Sizing> {
  const children: ChildProcess[] = [];
  const folder = await mkdtemp(join(tmpdir(), "segmeter-sizing-"));
  try {
    const centre = createSizedCentre(agentCount);
    const shiftMs = Date.now() - BUSIEST_MS;
    tell(`${agentCount} agents: filling ${hours} hours`);
    const filling = await startGateway(main, folder, children);
    const eventCount = await fill(filling.url, centre, hours, shiftMs);
    await filling.stop();

    tell(`${agentCount} agents: starting on ${eventCount} events`);
    const beganMs = performance.now();
    const gateway = await startGateway(main, folder, children);
    const startMs = performance.now() - beganMs;
    const before = await scrape(gateway.url);

    tell(`${agentCount} agents: ${seconds} s of the busiest hour`);
    const { tookSeconds, ...live } = await play(gateway.url, centre, shiftMs, seconds);
    const after = await scrape(gateway.url);
    await gateway.stop();
    return {
      agentCount,
      eventCount,
      logBytes: before["segmeter_log_bytes"]!,
      startMs,
      residentBytes: before["process_resident_memory_bytes"]!,
      ...live,
      cpuShare: (after["process_cpu_seconds_total"]! - before["process_cpu_seconds_total"]!) / tookSeconds,
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

/** In small steps, as events come: what one append adds to a conversation lies together on disk. */
async function fill(url: string, centre: SizedCentre, hours: number, shiftMs: number): Promise<number> {
  let eventCount = 0;
  for (let fromMs = BUSIEST_MS - hours * HOUR_MS; fromMs < BUSIEST_MS; fromMs += FILL_STEP_MS) {
    const events = centre.eventsBetween(fromMs, fromMs + FILL_STEP_MS);
    if (events.length > 0) await post(url, events, shiftMs);
    eventCount += events.length;
  }
  return eventCount;
}

interface Played extends Omit<Sizing, "agentCount" | "eventCount" | "logBytes" | "startMs" | "residentBytes" | "cpuShare"> {
  readonly tookSeconds: number;
}

async function play(url: string, centre: SizedCentre, shiftMs: number, seconds: number): Promise<Played> {
  const stopping = new AbortController();
  const beganMs = performance.now();
  const endMs = beganMs + seconds * 1000;
  const screenCount = Math.ceil(centre.agentIds.length / AGENTS_A_SCREEN);
  const subscriptionCount = Math.ceil(centre.agentIds.length / AGENTS_A_WALLBOARD);
  const pollMs: number[] = [];
  let [eventCount, peakResidentBytes] = [0, 0];

  const feed = async (): Promise<void> => {
    // Since the past ended: what happened while the gateway was started comes at once, as from a source that had waited.
    for (let fedMs = BUSIEST_MS; performance.now() < endMs; await delay(FEED_EVERY_MS)) {
      const untilMs = Date.now() - shiftMs;
      const events = centre.eventsBetween(fedMs, untilMs);
      for (let at = 0; at < events.length; at += BATCH_EVENTS) await post(url, events.slice(at, at + BATCH_EVENTS), shiftMs);
      if (fedMs > BUSIEST_MS) eventCount += events.length;
      fedMs = untilMs;
    }
  };
  const look = async (screen: number): Promise<void> => {
    const agentIds = centre.agentIds.slice(screen * AGENTS_A_SCREEN, (screen + 1) * AGENTS_A_SCREEN);
    const path = `/operations/api/account/${ACCOUNT}/msgagentsegments?v=1&timeframe=60&agentIds=${agentIds.join(",")}`;
    await delay((screen / screenCount) * POLL_EVERY_MS);
    while (performance.now() < endMs) {
      const askedMs = performance.now();
      await (await ask(url + path)).arrayBuffer();
      pollMs.push(performance.now() - askedMs);
      await delay(POLL_EVERY_MS - (performance.now() - askedMs));
    }
  };
  const watch = async (): Promise<void> => {
    const response = await ask(`${url}/graphql/stream?${new URLSearchParams({ query: SUBSCRIPTION }).toString()}`, {
      signal: stopping.signal,
    });
    // Read and let go of.
    for await (const _ of response.body!);
  };
  const weigh = async (): Promise<void> => {
    for (; performance.now() < endMs; await delay(1000)) {
      peakResidentBytes = Math.max(peakResidentBytes, (await scrape(url))["process_resident_memory_bytes"]!);
    }
  };
  const watching = Array.from({ length: subscriptionCount }, () => watch().catch(() => undefined));
  await Promise.all([feed(), weigh(), ...Array.from({ length: screenCount }, (_, screen) => look(screen))]);
  const tookSeconds = (performance.now() - beganMs) / 1000;
  stopping.abort();
  await Promise.all(watching);
  return {
    tookSeconds,
    eventsPerSecond: eventCount / tookSeconds,
    pollsPerSecond: pollMs.length / tookSeconds,
    subscriptionCount,
    pollMsP99: quantileOf(pollMs, 0.99),
    peakResidentBytes,
  };
}

/** @param shiftMs the traffic's clock stands at its busiest hour */
async function post(url: string, events: readonly ConversationEvent[], shiftMs: number): Promise<void> {
  const body = events.map((event) => JSON.stringify({ ...event, at: event.at + shiftMs })).join("\n");
  const headers = { "content-type": "application/x-ndjson" };
  await (await ask(`${url}/v1/accounts/${ACCOUNT}/events`, { method: "POST", headers, body })).arrayBuffer();
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response;
}

/** The series without labels. */
async function scrape(url: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await ask(`${url}/metrics`)).text();
  return Object.fromEntries(Array.from(text.matchAll(/^(\w+) (\S+)$/gm), ([, name, value]) => [name!, Number(value)]));
}

interface GatewayProcess {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function startGateway(main: string, folder: string, children: ChildProcess[]): Promise<GatewayProcess> {
  const child = spawn(process.execPath, ["--max-semi-space-size=16", main], {
    env: { PORT: "0", DATA_DIR: folder, RATE_LIMIT: "1000000" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const url = await firstUrl(child);
  while ((await fetch(`${url}/readyz`)).status !== 200) await delay(10);
  return {
    url,
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** The line in which the gateway says where it listens. */
async function firstUrl(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /Server listening at (http:[^"]+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout!.resume();
    return url;
  }
  throw new Error("the gateway ended");
}
