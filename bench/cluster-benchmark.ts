import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { createHeaders, toMessages } from "@segmeter/event-log/jetstream";
import { findNatsServer, NATS_MISSING, NatsServers } from "@segmeter/nats-servers";
import { atLeast, SHOWN, toRow, type Benchmark, type Row, type Target } from "./benchmark.ts";
import { ACCOUNT_ID, conversationsOf } from "./dataset.ts";
import { startGatewayProcess, type GatewayProcess } from "./gateway-process.ts";
import { QUESTIONS } from "./questions.ts";
import { toRest } from "./requests.ts";
import type { ClientProcess } from "./client-process.ts";
import type { Flow, Flowed } from "./client-job.ts";
import type { Stage } from "./stage.ts";

const NODE_COUNTS = [1, 2, 3];
/** A post an event, as most come; some together; and as many as whoever sends in bulk. Of each at least as much as can be taken. */
const LOADS = [
  { batchEvents: 1, inFlight: 64, segmentsMax: 12_000 },
  { batchEvents: 20, inFlight: 64, segmentsMax: 64_000 },
  { batchEvents: 2_000, inFlight: 4, segmentsMax: 180_000 },
];
type Load = (typeof LOADS)[number];
/** A post an event, one after the other. */
const LONE = { batchEvents: 1, inFlight: 1, segmentsMax: 5_000 };
/** Nodes that have just started take less for as long as their code is compiled. */
const WARM_UP_MS = 2_500;
const STRETCH_MS = 3_000;
const TINY_STRETCH_MS = 100;
const FILL_EVENTS = 2_000;
const CONNECTIONS = 50;
const LOAD_SECONDS = 3;

/** Nodes on three nats-servers; all of them are processes of this one machine, and so are those that ask. */
export const CLUSTER_BENCHMARK: Benchmark = {
  name: "C",
  question: "several nodes on JetStream: events in, requests, and catching up (run once)",
  missing: findNatsServer() === null ? NATS_MISSING : null,
  run: measureCluster,
};

async function measureCluster(stage: Stage): Promise<readonly Row[]> {
  const servers = await NatsServers.start({ count: 3, folder: await stage.folder() });
  stage.onClose(() => servers.close());
  const rows: Row[] = [];
  for (const count of nodeCountsOf(stage)) {
    const nodes = await startNodes(stage, servers, `in${count}`, count);
    const clients = nodes.map(() => stage.client());
    const senders = nodes.map(({ url }, i) => ({ url, client: clients[i]! }));
    for (const load of LOADS) rows.push(toRateRow(load, `${count}`, await compare(stage, servers, senders, load), atLeast(0.6)));
    if (count === 1) rows.push(toLoneRow(await compare(stage, servers, senders, LONE)));
    if (count === nodeCountsOf(stage).at(-1) && stage.withPeers) rows.push(...(await countRequests(stage, senders)));
    for (const client of clients) await client.close();
    for (const node of nodes) await node.close();
  }
  return [...rows, ...(await compareOneAlone(stage, servers)), await catchUp(stage, servers)];
}

/** What HTTP, reading, storing and folding take without a stream: no node can be quicker. */
async function compareOneAlone(stage: Stage, servers: NatsServers): Promise<Row[]> {
  const { url, close } = await startGatewayProcess({ DATA_DIR: await stage.folder(), RETENTION_HOURS: "all" });
  stage.onClose(close);
  const client = stage.client();
  const rows: Row[] = [];
  for (const load of LOADS) rows.push(toRateRow(load, "no stream", await compare(stage, servers, [{ url, client }], load), SHOWN));
  await client.close();
  await close();
  return rows;
}

/** The smallest cluster, where nothing is really measured. */
function nodeCountsOf({ budgetMs }: Stage): readonly number[] {
  return budgetMs > 0 ? NODE_COUNTS : NODE_COUNTS.slice(0, 2);
}

function startNodes(stage: Stage, servers: NatsServers, stream: string, count: number): Promise<GatewayProcess[]> {
  return Promise.all(Array.from({ length: count }, () => startNode(stage, servers, stream)));
}

async function startNode(stage: Stage, servers: NatsServers, stream: string): Promise<GatewayProcess> {
  const DATA_DIR = await stage.folder();
  const node = await startGatewayProcess({ NATS_URL: servers.urls.join(), NATS_STREAM: stream, DATA_DIR, RETENTION_HOURS: "all" });
  stage.onClose(node.close);
  return node;
}

interface Sender {
  readonly url: string;
  readonly client: ClientProcess;
}

interface Compared {
  readonly ours: readonly Flowed[];
  readonly bare: readonly Flowed[];
}

/** The same events to nodes, each its part, and then to a stream alone. */
async function compare(stage: Stage, servers: NatsServers, senders: readonly Sender[], load: Load): Promise<Compared> {
  const { batchEvents, inFlight } = load;
  const ours = await post(stage, senders, load);
  stage.tell(`C: publishing, ${textOf(load)}, ${senders.length} publishers`);
  const stream = `bare-${batchEvents}-${inFlight}-${senders.length}`;
  const remove = await createStream(servers, stream);
  const job = { ...flowOf(stage, load), servers: hostsOf(servers), subject: `${stream}.events.${ACCOUNT_ID}` };
  const bare = await Promise.all(senders.map(({ client }) => client.run("publish", job)));
  await remove();
  return { ours, bare };
}

async function post(stage: Stage, senders: readonly Sender[], load: Load): Promise<Flowed[]> {
  const { batchEvents, inFlight, segmentsMax } = load;
  const segmentCount = Math.floor(Math.min(stage.segmentCount, segmentsMax) / senders.length);
  stage.tell(`C: posting, ${textOf(load)}, ${senders.length} nodes`);
  const prepare = ({ client }: Sender, i: number): Promise<null> =>
    client.run("prepare", { segmentCount, batchEvents, lateShare: 0, prefix: `${batchEvents}-${inFlight}-${i}-` });
  await Promise.all(senders.map(prepare));
  const flow = flowOf(stage, load);
  return Promise.all(senders.map(({ client, url }) => client.run("post", { ...flow, url: `${url}/v1/accounts/${ACCOUNT_ID}/events` })));
}

function flowOf({ budgetMs }: Stage, { inFlight }: Load): Flow {
  return budgetMs > 0 ? { inFlight, warmUpMs: WARM_UP_MS, stretchMs: STRETCH_MS } : { inFlight, warmUpMs: 0, stretchMs: TINY_STRETCH_MS };
}

function textOf({ batchEvents, inFlight }: Load): string {
  return `${batchEvents} a post, ${inFlight} under way`;
}

function toRateRow({ batchEvents, inFlight }: Load, nodes: string, { ours, bare }: Compared, target: Target): Row {
  const [oursRate, bareRate] = [ours, bare].map((flowed) => flowed.reduce((sum, { eventsPerSecond }) => sum + eventsPerSecond, 0)) as [
    number,
    number,
  ];
  return toRow(
    {
      name: `C ${batchEvents} a post, ${nodes}`,
      oursMs: (batchEvents / oursRate) * 1000,
      peer: "bare JetStream publishers, the same as JSON",
      peerMs: (batchEvents / bareRate) * 1000,
      ratio: oursRate / bareRate,
      note: `${Math.round(oursRate)} events/s against ${Math.round(bareRate)}, ${inFlight} under way with each`,
    },
    target,
  );
}

function toLoneRow({ ours: [ours], bare: [bare] }: Compared): Row {
  const [oursMs, peerMs] = [ours!.batchMs, bare!.batchMs];
  const note = `${oursMs.toFixed(2)} ms until a post is answered against ${peerMs.toFixed(2)} until it is acknowledged, the median`;
  return toRow({ name: "C lone", oursMs, peer: "a bare JetStream publisher", peerMs, ratio: oursMs / peerMs, note }, SHOWN);
}

async function countRequests(stage: Stage, senders: readonly Sender[]): Promise<Row[]> {
  const rates: number[] = [];
  for (const count of nodeCountsOf(stage)) {
    stage.tell(`C: asking ${count} nodes`);
    const end = stage.budgetMs > 0 ? { duration: LOAD_SECONDS } : { amount: CONNECTIONS };
    const asked = await Promise.all(
      senders
        .slice(0, count)
        .map(({ client, url }) => client.run("load", { ...toRest(url, QUESTIONS.E6), connections: CONNECTIONS, ...end })),
    );
    rates.push(asked.reduce((sum, rate) => sum + rate, 0));
  }
  return rates.map((rate, i) => {
    const note = `${Math.round(rate)} requests/s`;
    return toRow(
      { name: `C ask ${NODE_COUNTS[i]}`, oursMs: 1000 / rate, peer: "one node", peerMs: 1000 / rates[0]!, ratio: rate / rates[0]!, note },
      SHOWN,
    );
  });
}

async function catchUp(stage: Stage, servers: NatsServers): Promise<Row> {
  stage.tell("C: filling a stream");
  const stream = "full";
  const remove = await createStream(servers, stream);
  const eventCount = await fill(servers, stream, stage.segmentCount);
  stage.tell(`C: catching up ${eventCount} events`);
  const beganMs = performance.now();
  const node = await startNode(stage, servers, stream);
  const oursMs = performance.now() - beganMs;
  await node.close();
  await remove();
  const note = `${Math.round((eventCount / oursMs) * 1000)} events/s`;
  return toRow({ name: "C catch up", oursMs, peer: `${eventCount} events, empty to ready`, ratio: oursMs, unit: "ms", note }, SHOWN);
}

/** As gateways do, chunk by chunk: all of it at once would not fit. */
async function fill(servers: NatsServers, stream: string, segmentCount: number): Promise<number> {
  const connection = await connect({ servers: hostsOf(servers) });
  const client = jetstream(connection);
  const sent = createHeaders();
  let eventCount = 0;
  for (const chunk of conversationsOf(segmentCount)) {
    const events = chunk.flatMap((history) => history.events);
    eventCount += events.length;
    const publishing: Promise<unknown>[] = [];
    for (let at = 0; at < events.length; at += FILL_EVENTS) {
      const batch = { accountId: ACCOUNT_ID, events: events.slice(at, at + FILL_EVENTS) };
      for (const { rows } of toMessages([batch], Infinity))
        publishing.push(client.publish(`${stream}.events.${ACCOUNT_ID}`, rows.bytes, { headers: sent }));
    }
    await Promise.all(publishing);
  }
  await connection.close();
  return eventCount;
}

/** As a gateway makes it. @returns removes it */
async function createStream(servers: NatsServers, name: string): Promise<() => Promise<void>> {
  const connection = await connect({ servers: hostsOf(servers) });
  const { streams } = await jetstreamManager(connection);
  await streams.add({ name, subjects: [`${name}.events.*`], num_replicas: 3 });
  return async () => {
    await streams.delete(name);
    await connection.close();
  };
}

function hostsOf(servers: NatsServers): string[] {
  return servers.urls.map((url) => new URL(url).host);
}
