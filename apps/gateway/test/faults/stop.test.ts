import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { createTestFolder } from "../test-gateway.ts";
import { ACCOUNT, Load, totalOf } from "./load.ts";

const STOP_MS_MAX = 30_000;
const QUERY = `subscription { agentSegments(accountId: "${ACCOUNT}", timeframe: 60, everyMs: 250) { metrics { totalAgentConversationSegments } } }`;

let running: GatewayProcess | undefined;
afterEach(() => running?.kill());

test(
  "SIGTERM while requests and subscriptions run ends the process with 0 soon, and loses nothing acknowledged",
  { timeout: 60_000 },
  async () => {
    const folder = await createTestFolder();
    onTestFinished(folder.remove);
    running = await spawnGateway({ DATA_DIR: folder.path });
    const { url, child } = running;
    const load = new Load();
    const stopping = new AbortController();
    const posting = Promise.all(Array.from({ length: 6 }, () => load.run(url, stopping.signal)));
    const streams = Array.from({ length: 5 }, () => readStream(url));
    const sockets = await Promise.all(Array.from({ length: 5 }, () => subscribe(url)));
    await delay(700);

    const exited = once(child, "exit");
    const begin = performance.now();
    child.kill("SIGTERM");
    const [exitCode] = (await exited) as [number | null];
    expect(exitCode).toBe(0);
    expect(performance.now() - begin).toBeLessThan(STOP_MS_MAX);
    stopping.abort();
    await posting;
    for (const stream of streams) expect(await stream).toBeGreaterThan(0);
    for (const socket of sockets) expect(socket.readyState).toBeGreaterThanOrEqual(WebSocket.CLOSING);

    expect(load.acknowledged).toBeGreaterThan(0);
    running = await spawnGateway({ DATA_DIR: folder.path });
    expect(await totalOf(running.url)).toBeGreaterThanOrEqual(load.acknowledged);
    await load.sendAgain(running.url);
    expect(await totalOf(running.url)).toBe(load.sent);
  },
);

/** @returns how many pieces came until it was broken off */
async function readStream(url: string): Promise<number> {
  let count = 0;
  try {
    const response = await fetch(`${url}/graphql/stream?query=${encodeURIComponent(QUERY)}`);
    for await (const _ of response.body!) count += 1;
  } catch {
    // Broken off.
  }
  return count;
}

async function subscribe(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  socket.on("error", () => undefined);
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: QUERY } }));
  return socket;
}
