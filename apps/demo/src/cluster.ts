import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findNatsServer, NATS_MISSING, NatsServers } from "@segmeter/nats-servers";
import { createTraffic } from "@segmeter/testkit/traffic";
import { isDemoFolder } from "./demo-folder.ts";
import { feed } from "./feed.ts";
import { startGatewayProcess, type GatewayProcess } from "./gateway-process.ts";

// Three nats-servers and three gateways on this machine, with the demo's traffic: made to be killed, one by one.

const SEED = 20_261_122;
const ACCOUNT = "demo";
const COUNT = 3;
/** What was killed is missed for so long. */
const RESTART_MS = 15_000;
const LOOK_EVERY_MS = 500;

const MAIN = fileURLToPath(import.meta.resolve("../../gateway/dist/main.js"));
const dataDir = resolve(process.env["DATA_DIR"] || "cluster-data");
const firstPort = Number(process.env["PORT"] || "4000");
if (findNatsServer() === null) fail(NATS_MISSING);
if (!(Number.isInteger(firstPort) && firstPort > 0)) fail(`PORT: expected the port of the first gateway, got ${process.env["PORT"]}`);
if (!(await isDemoFolder(dataDir))) fail(`The folder "${dataDir}" holds data that is not the demo's: name another one by DATA_DIR.`);

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());

const servers = await NatsServers.start({ count: COUNT, folder: dataDir });
const gateways = await Promise.all(Array.from({ length: COUNT }, (_, i) => startGateway(i)));
const urls = gateways.map(({ url }) => url);
tell("Filling the account with the last 24 hours.");
const watching = [...servers.list.map((_, i) => watchServer(i)), ...gateways.map((gateway, i) => watchGateway(gateway, i))];
await feed({
  urls,
  accountId: ACCOUNT,
  traffic: createTraffic({ seed: SEED }),
  signal: stopping.signal,
  token: process.env["SEGMETER_TOKEN"] || undefined,
  onFilled: (eventCount) => tell(greeting(eventCount)),
});
await Promise.all(watching);
await servers.close();

function startGateway(index: number): Promise<GatewayProcess> {
  return startGatewayProcess(MAIN, {
    ...process.env,
    LOG_LEVEL: process.env["LOG_LEVEL"] || "error",
    PORT: String(firstPort + index),
    DATA_DIR: join(dataDir, `gateway-${index + 1}`),
    NATS_URL: servers.urls.join(),
  });
}

/** Starts a server again some time after it was killed. */
async function watchServer(index: number): Promise<void> {
  while (await rest(LOOK_EVERY_MS)) {
    const { name, process: child } = servers.list[index]!;
    if (child?.exitCode === null && child.signalCode === null) continue;
    tell(`${name} is gone; it comes again in ${RESTART_MS / 1000} s.`);
    if (!(await rest(RESTART_MS))) return;
    await servers.startAgain(index);
    tell(`${name} is back:  kill -9 ${servers.list[index]!.process!.pid}`);
  }
}

/** Starts a gateway again some time after it was killed, and stops it in the end. */
async function watchGateway(gateway: GatewayProcess, index: number): Promise<void> {
  const isGone = await Promise.race([gateway.exited.then(() => true), untilStopping().then(() => false)]);
  if (!isGone) {
    gateway.stop("SIGTERM");
    await gateway.exited;
    return;
  }
  tell(`Gateway ${index + 1} is gone; it comes again in ${RESTART_MS / 1000} s.`);
  if (!(await rest(RESTART_MS))) return;
  const again = await startGateway(index);
  tell(`Gateway ${index + 1} is back, and has caught up:  kill -9 ${again.pid}`);
  await watchGateway(again, index);
}

function greeting(eventCount: number): string {
  const path = `/operations/api/account/${ACCOUNT}/msgagentsegments?v=1&timeframe=60`;
  const ofServers = servers.list.map(({ name, url, process: child }) => `  ${name}         ${url.padEnd(24)}  kill -9 ${child!.pid}`);
  const ofGateways = gateways.map(({ url, pid }, i) => `  gateway ${i + 1}  ${url.padEnd(24)}  kill -9 ${pid}`);
  return `
Three gateways run on three nats-servers. Account "${ACCOUNT}" holds ${eventCount} events on each of them, and more as they happen.

${[...ofServers, ...ofGateways].join("\n")}

  Kill any of them, and the others answer; it comes again after ${RESTART_MS / 1000} s, and catches up. Kill two servers, and nothing is
  acknowledged until one of them is back; answers go on meanwhile, and say in Segmeter-Age-Ms how old they are.

  Wallboard on any of them
    ${urls.map((url) => `${url}/accounts/${ACCOUNT}`).join("  ")}

  How the nodes stand
    for url in ${urls.join(" ")}; do curl -s $url/readyz; echo; done

  What a node answers, and at which position
    curl -i '${urls[0]}${path}'

  Stop with Ctrl-C. The data stays in ${dataDir}; delete it to begin anew.
`;
}

/** @returns false if it was told to stop meanwhile */
async function rest(ms: number): Promise<boolean> {
  await delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  return !stopping.signal.aborted;
}

async function untilStopping(): Promise<void> {
  while (await rest(LOOK_EVERY_MS));
}

function tell(message: string): void {
  process.stdout.write(`${message}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
