import { atLeast, atMost, SHOWN, toRow, type Benchmark, type Row, type Target } from "./benchmark.ts";
import type { Asked } from "./client-job.ts";
import type { ClientProcess } from "./client-process.ts";
import { ACCOUNT_ID } from "./dataset.ts";
import { medianOf, quantileOf, type MeasureOptions } from "./measure.ts";
import { QUESTIONS } from "./questions.ts";
import { serveApollo, serveBare, serveMercurius, type ReadyAgents } from "./ready-made.ts";
import { toGraphql, toRest } from "./requests.ts";
import type { Stage } from "./stage.ts";

/** The gateway over HTTP, asked by a process of its own. */
export const HTTP_BENCHMARKS: readonly Benchmark[] = [
  { name: "R", question: "E2 over REST, request to last byte", run: compareRest },
  { name: "Q", question: "E2 over GraphQL", run: compareGraphql },
  { name: "L", question: "E6 over REST, 50 connections (ms: one second by requests a second)", needsPeers: true, run: compareLoad },
  { name: "B", question: "E6 over REST beside something big", run: askBesideBig },
];

async function compareRest(stage: Stage): Promise<readonly Row[]> {
  const { url } = await stage.served();
  const client = stage.client();
  const asked = { ...toRest(url, QUESTIONS.E2), isAnew: true };
  const text = await read(asked);
  const bare = await serveBare(JSON.parse(text), text);
  stage.onClose(bare.close);
  stage.tell("R: measuring");
  const bareAsked = { url: `${bare.url}/object` };
  const [oursMs, peerMs] = (await client.run("time", { requests: [asked, bareAsked], ...timing(stage) })) as [number, number];
  const isSame = text === (await read(bareAsked));
  const checksum = `${text.length} bytes`;
  return [
    toRow({ name: "R", oursMs, peer: "bare Fastify, JSON.stringify", peerMs, ratio: oursMs / peerMs, checksum }, atMost(1.2), isSame),
  ];
}

async function compareGraphql(stage: Stage): Promise<readonly Row[]> {
  const { url } = await stage.served();
  const client = stage.client();
  const rest = { ...toRest(url, QUESTIONS.E2), isAnew: true };
  const asked = toGraphql(url);
  const text = await read(asked);
  const agents = (JSON.parse(text) as { data: { account: { agentSegments: ReadyAgents } } }).data.account.agentSegments;
  const restAgents = (JSON.parse(await read(rest)) as RestAnswer).agentsMetrics.metricsPerAgent;

  const apollo = await serveApollo(agents);
  stage.onClose(apollo.close);
  const peers: { name: string; asked: Asked; target: Target; isSlower: boolean; isSame: boolean }[] = [
    { name: "REST", asked: rest, target: atMost(2), isSlower: false, isSame: toRestText(agents) === JSON.stringify(restAgents) },
    await ready("Apollo's default executor, ready-made rows", apollo.url, atLeast(8)),
  ];
  if (stage.withPeers) {
    const mercurius = await serveMercurius(agents);
    stage.onClose(mercurius.close);
    peers.push(await ready("Mercurius with JIT, ready-made rows", mercurius.url, atLeast(1)));
  }
  stage.tell("Q: measuring");
  const requests = [asked, ...peers.map((peer) => peer.asked)];
  const [oursMs, ...peersMs] = await client.run("time", { requests, ...timing(stage) });
  return peers.map(({ name: peer, target, isSlower, isSame }, i) => {
    const peerMs = peersMs[i]!;
    const ratio = isSlower ? peerMs / oursMs! : oursMs! / peerMs;
    return toRow({ name: "Q", oursMs: oursMs!, peer, peerMs, ratio, checksum: `${text.length} bytes` }, target, isSame);
  });

  async function ready(name: string, serverUrl: string, target: Target): Promise<(typeof peers)[number]> {
    const peerAsked = toGraphql(serverUrl);
    return { name, asked: peerAsked, target, isSlower: true, isSame: text.trim() === (await read(peerAsked)).trim() };
  }
}

interface RestAnswer {
  readonly agentsMetrics: { readonly metricsPerAgent: Readonly<Record<string, Readonly<Record<string, number>>>> };
}

/** REST says -1 where GraphQL says null. */
function toRestText({ agents }: ReadyAgents): string {
  return JSON.stringify(Object.fromEntries(agents.map(({ id, metrics }) => [id, withMinusOnes(metrics)])));
}

function withMinusOnes(metrics: Readonly<Record<string, number | null>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value ?? -1]));
}

const LOAD_CONNECTIONS = 50;
const LOAD_SECONDS = 2;

async function compareLoad(stage: Stage): Promise<readonly Row[]> {
  const { url } = await stage.served();
  const client = stage.client();
  const asked = toRest(url, QUESTIONS.E6);
  const text = await read(asked);
  const bare = await serveBare(null, text);
  stage.onClose(bare.close);
  stage.tell("L: measuring");
  const load = (target: Asked): Promise<number> =>
    client.run("load", {
      ...target,
      connections: LOAD_CONNECTIONS,
      ...(stage.budgetMs > 0 ? { duration: LOAD_SECONDS } : { amount: LOAD_CONNECTIONS }),
    });
  const rates: { same: number[]; anew: number[]; peer: number[] } = { same: [], anew: [], peer: [] };
  for (let i = 0; i < stage.rounds; i++) {
    rates.same.push(await load(asked));
    rates.anew.push(await load({ ...asked, isAnew: true }));
    rates.peer.push(await load({ url: `${bare.url}/bytes` }));
  }
  const peer = medianOf(rates.peer);
  const toFound = (name: string, ours: number): Parameters<typeof toRow>[0] => ({
    name,
    oursMs: 1000 / ours,
    peer: "bare Fastify, the same bytes ready-made",
    peerMs: 1000 / peer,
    ratio: ours / peer,
    checksum: `${text.length} bytes`,
    note: `${Math.round(ours)} requests/s against ${Math.round(peer)}`,
  });
  return [toRow(toFound("L", medianOf(rates.same)), atLeast(0.5)), toRow(toFound("L, no question twice", medianOf(rates.anew)), SHOWN)];
}

const POLL_EVERY_MS = 10;
const STREAMED_EVENTS = 1_000_000;
const EVENTS_A_SEGMENT = 5.2;

async function askBesideBig(stage: Stage): Promise<readonly Row[]> {
  const { url } = await stage.served();
  const [poller, other] = [stage.client(), stage.client()];
  stage.tell("B: E6 beside E3");
  await read(toRest(url, QUESTIONS.E6));
  const answer = await beside(poller, url, () => other.run("drain", toRest(url, QUESTIONS.E3)));
  const size = `${toMb(answer.result.bytes)} MB in ${Math.round(answer.result.ms)} ms`;
  stage.tell("B: E6 beside events");
  const segmentCount = Math.round(Math.min(STREAMED_EVENTS / EVENTS_A_SEGMENT, stage.segmentCount));
  await other.run("prepare", { prefix: "b-", segmentCount, batchEvents: 5_000, lateShare: 0 });
  const posting = { url: `${url}/v1/accounts/${ACCOUNT_ID}/events`, inFlight: 1, warmUpMs: 0 };
  const streamed = await beside(poller, url, () => other.run("post", posting));
  const rate = `${Math.round(streamed.result.eventsPerSecond)} events/s`;
  return [
    toRow({ name: "B p99", oursMs: answer.p99, peer: "while E3 is answered", ratio: answer.p99, unit: "ms", note: size }, atMost(50, "ms")),
    toRow({ name: "B memory", peer: "while E3 is answered", ratio: toMb(answer.grownBytes), unit: "MB", note: size }, atMost(100, "MB")),
    toRow(
      { name: "B p99", oursMs: streamed.p99, peer: "while events stream in", ratio: streamed.p99, unit: "ms", note: rate },
      atMost(50, "ms"),
    ),
  ];
}

interface Beside<Result> {
  readonly result: Result;
  /** Of E6 meanwhile, ms. */
  readonly p99: number;
  /** How far resident memory rose above where it began. */
  readonly grownBytes: number;
}

async function beside<Result>(poller: ClientProcess, url: string, work: () => Promise<Result>): Promise<Beside<Result>> {
  globalThis.gc?.();
  const startBytes = process.memoryUsage.rss();
  let peakBytes = startBytes;
  const watching = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 20);
  const polling = poller.run("poll", { ...toRest(url, QUESTIONS.E6), everyMs: POLL_EVERY_MS });
  const result = await work();
  poller.stop();
  const times = await polling;
  clearInterval(watching);
  return { result, p99: quantileOf(times, 0.99), grownBytes: peakBytes - startBytes };
}

function toMb(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}

function timing({ rounds, budgetMs }: Stage): MeasureOptions {
  return { rounds, budgetMs };
}

async function read({ url, body }: Asked): Promise<string> {
  const response = await fetch(url, body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.text();
}
