import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers } from "@nats-io/transport-node";
import { findNatsServer, NATS_MISSING, NatsServers } from "@segmeter/nats-servers";
import { atLeast, SHOWN, toRow, type Benchmark, type Row } from "./benchmark.ts";
import { ACCOUNT_ID, conversationsOf } from "./dataset.ts";
import { startGatewayProcess, type GatewayProcess } from "./gateway-process.ts";
import { medianOf } from "./measure.ts";
import { QUESTIONS } from "./questions.ts";
import { toRest } from "./requests.ts";
import type { Stage } from "./stage.ts";

const NODE_COUNTS = [1, 2, 3];
const BATCH_EVENTS = 2_000;
const IN_FLIGHT = 4;
/** About 900,000 events: nodes that have just started take a third of the rate for as long as their code is compiled. */
const POSTED_SEGMENTS_MAX = 180_000;
const SLICE_BATCHES = 8;
const CONNECTIONS = 50;
const LOAD_SECONDS = 3;
/** Of the messages of a stream, as gateways write them. */
const FORMAT = { name: "Segmeter-Format", value: "1" };

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
  for (const count of NODE_COUNTS) {
    const nodes = await startNodes(stage, servers, `in${count}`, count);
    rows.push(await compareIngest(stage, servers, nodes));
    if (count === NODE_COUNTS.at(-1) && stage.withPeers) rows.push(...(await countRequests(stage, nodes)));
    for (const node of nodes) await node.close();
  }
  return [...rows, await catchUp(stage, servers)];
}

async function startNodes(stage: Stage, servers: NatsServers, stream: string, count: number): Promise<GatewayProcess[]> {
  const nodes: GatewayProcess[] = [];
  for (let i = 0; i < count; i++) nodes.push(await startNode(servers, stream, await stage.folder()));
  return nodes;
}

function startNode(servers: NatsServers, stream: string, folder: string): Promise<GatewayProcess> {
  return startGatewayProcess({ NATS_URL: servers.urls.join(), NATS_STREAM: stream, DATA_DIR: folder, RETENTION_HOURS: "all" });
}

/** The same events to nodes, each its part, and then to the stream alone. */
async function compareIngest(stage: Stage, servers: NatsServers, nodes: readonly GatewayProcess[]): Promise<Row> {
  const { length: count } = nodes;
  const segmentCount = Math.floor(Math.min(stage.segmentCount, POSTED_SEGMENTS_MAX) / count);
  const shared = { segmentCount, batchEvents: BATCH_EVENTS, inFlight: IN_FLIGHT };
  stage.tell(`C: posting to ${count} of 3 nodes`);
  const posted = await together(stage, nodes, (client, { url }, i) =>
    client.run("post", {
      ...shared,
      url: `${url}/v1/accounts/${ACCOUNT_ID}/events`,
      prefix: `${i}-`,
      sliceBatches: SLICE_BATCHES,
      lateShare: 0,
    }),
  );
  // The first slice warms up; the last one may be short.
  const ours = posted.reduce((sum, rates) => sum + medianOf(rates.length > 2 ? rates.slice(1, -1) : rates), 0);

  stage.tell("C: publishing the same");
  const stream = `bare${count}`;
  await createStream(servers, stream);
  const published = await together(stage, nodes, (client, _node, i) =>
    client.run("publish", { ...shared, servers: hostsOf(servers), subject: `${stream}.events.${ACCOUNT_ID}`, prefix: `${i}-` }),
  );
  const bare = published.reduce((sum, rate) => sum + rate, 0);
  return toRow(
    {
      name: `C in ${count}`,
      oursMs: batchMs(ours),
      peer: "bare JetStream publishers, the same events as JSON",
      peerMs: batchMs(bare),
      ratio: ours / bare,
      note: `${Math.round(ours)} events/s against ${Math.round(bare)}`,
    },
    atLeast(0.6),
  );
}

/** A client process for each node, all at once. */
async function together<Result>(
  stage: Stage,
  nodes: readonly GatewayProcess[],
  run: (client: ReturnType<Stage["client"]>, node: GatewayProcess, index: number) => Promise<Result>,
): Promise<Result[]> {
  const clients = nodes.map(() => stage.client());
  const results = await Promise.all(clients.map((client, i) => run(client, nodes[i]!, i)));
  for (const client of clients) await client.close();
  return results;
}

function batchMs(eventsPerSecond: number): number {
  return (BATCH_EVENTS / eventsPerSecond) * 1000;
}

async function countRequests(stage: Stage, nodes: readonly GatewayProcess[]): Promise<Row[]> {
  const rates: number[] = [];
  for (const count of NODE_COUNTS) {
    stage.tell(`C: asking ${count} of 3 nodes`);
    const end = stage.budgetMs > 0 ? { duration: LOAD_SECONDS } : { amount: CONNECTIONS };
    const asked = await together(stage, nodes.slice(0, count), (client, { url }) =>
      client.run("load", { ...toRest(url, QUESTIONS.E6), connections: CONNECTIONS, ...end }),
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
  await createStream(servers, stream);
  const eventCount = await fill(servers, stream, stage.segmentCount);
  stage.tell(`C: catching up ${eventCount} events`);
  const folder = await stage.folder();
  const beganMs = performance.now();
  const node = await startNode(servers, stream, folder);
  const oursMs = performance.now() - beganMs;
  await node.close();
  const note = `${Math.round((eventCount / oursMs) * 1000)} events/s`;
  return toRow({ name: "C catch up", oursMs, peer: `${eventCount} events, empty to ready`, ratio: oursMs, unit: "ms", note }, SHOWN);
}

/** Chunk by chunk: all of it at once would not fit. */
async function fill(servers: NatsServers, stream: string, segmentCount: number): Promise<number> {
  const connection = await connect({ servers: hostsOf(servers) });
  const client = jetstream(connection);
  const sent = headers();
  sent.set(FORMAT.name, FORMAT.value);
  let eventCount = 0;
  for (const chunk of conversationsOf(segmentCount)) {
    const events = chunk.flatMap((history) => history.events);
    eventCount += events.length;
    const publishing: Promise<unknown>[] = [];
    for (let at = 0; at < events.length; at += BATCH_EVENTS) {
      const payload = JSON.stringify(events.slice(at, at + BATCH_EVENTS));
      publishing.push(client.publish(`${stream}.events.${ACCOUNT_ID}`, payload, { headers: sent }));
    }
    await Promise.all(publishing);
  }
  await connection.close();
  return eventCount;
}

/** As a gateway makes it. */
async function createStream(servers: NatsServers, name: string): Promise<void> {
  const connection = await connect({ servers: hostsOf(servers) });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects: [`${name}.events.*`], num_replicas: 3 });
  await connection.close();
}

function hostsOf(servers: NatsServers): string[] {
  return servers.urls.map((url) => new URL(url).host);
}
