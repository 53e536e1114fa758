import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { usageOf } from "../process-usage.ts";
import { createTestFolder } from "../test-gateway.ts";
import { totalOf, ACCOUNT } from "./load.ts";

const isLong = process.env["LONG"] === "1";
/** In the long run more than ten times as many as the gateway takes of them. */
const POSTERS = isLong ? 1_000 : 90;
const ROUNDS = isLong ? 4 : 2;
/** Who ask one question after another meanwhile. */
const ASKERS = isLong ? 50 : 20;
const CONVERSATIONS = 1_500;
/** The long run keeps half a million segments. */
const RSS_MIB_MAX = isLong ? 1_600 : 1_200;
const LARGE_BYTES = 14 * 1024 * 1024;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: GatewayProcess;

beforeEach(async () => {
  folder = await createTestFolder();
  gateway = await spawnGateway({ DATA_DIR: folder.path });
});

afterEach(async () => {
  await gateway.kill();
  await folder.remove();
});

describe("more than can be served", () => {
  test(
    `${POSTERS} who post at once, ${ROUNDS} times, and ${ASKERS} who ask without a pause: 503 early, health green, memory bounded, nothing acknowledged lost`,
    { timeout: isLong ? 20 * 60_000 : 60_000 },
    async () => {
      const { url, child } = gateway;
      let [acknowledged, refused, cutOff, sentCount, rssMibMax, answeredCount] = [0, 0, 0, 0, 0, 0];
      const stopping = new AbortController();
      const watching = (async () => {
        while (!stopping.signal.aborted) {
          expect((await fetch(`${url}/healthz`)).status).toBe(200);
          rssMibMax = Math.max(rssMibMax, (await usageOf(child.pid!)).rssMib);
          await delay(50);
        }
      })();
      const asking = Promise.all(
        Array.from({ length: ASKERS }, async () => {
          while (!stopping.signal.aborted) {
            if ((await totalOf(url).catch(nullIfCutOff)) !== null) answeredCount += 1;
          }
        }),
      );
      for (let round = 0; round < ROUNDS; round++) {
        const statuses = await Promise.all(
          Array.from({ length: POSTERS }, async () => {
            const response = await fetch(`${url}/v1/accounts/${ACCOUNT}/events`, {
              method: "POST",
              headers: { "content-type": "application/x-ndjson" },
              body: linesOf(sentCount++),
            }).catch(nullIfCutOff);
            if (response === null) return null;
            if (response.status === 503) expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
            await response.arrayBuffer().catch(nullIfCutOff);
            return response.status;
          }),
        );
        cutOff += statuses.filter((status) => status === null).length;
        acknowledged += statuses.filter((status) => status === 200).length;
        refused += statuses.filter((status) => status === 503).length;
      }
      stopping.abort();
      await Promise.all([watching, asking]);

      expect(acknowledged + refused + cutOff).toBe(POSTERS * ROUNDS);
      // Who is refused while it still sends may learn of it by the end of its connection.
      if (!isLong) expect(cutOff).toBe(0);
      expect([acknowledged, refused, answeredCount].every((count) => count > 0)).toBe(true);
      const held = await totalOf(url);
      expect([held >= acknowledged * CONVERSATIONS, held <= (acknowledged + cutOff) * CONVERSATIONS]).toEqual([true, true]);
      expect(rssMibMax).toBeLessThan(RSS_MIB_MAX);
      expect(await gateway.stop()).toBe(0);
      gateway = await spawnGateway({ DATA_DIR: folder.path });
      expect(await totalOf(gateway.url)).toBe(held);
      if (isLong) process.stderr.write(`${JSON.stringify({ acknowledged, refused, cutOff, answeredCount, rssMibMax })}\n`);
    },
  );
});

describe("who is slow", () => {
  test("to send headers is told, and dropped", { timeout: 40_000 }, async () => {
    const { answer, ms } = await converse("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(ms).toBeGreaterThan(9_000);
    expect(ms).toBeLessThan(20_000);
  });

  test("to send a body is not waited for while others are answered", { timeout: 40_000 }, async () => {
    const slow = Array.from({ length: 50 }, () =>
      converse(
        `POST /v1/accounts/${ACCOUNT}/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n[`,
      ),
    );
    await delay(200);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect(await totalOf(gateway.url)).toBe(0);
    await gateway.kill();
    await Promise.all(slow);
  });
});

describe("a body that is too much", () => {
  test("is refused by its length before it is read, and so is one among too many", { timeout: 40_000 }, async () => {
    const head = `POST /v1/accounts/${ACCOUNT}/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`;
    expect((await converse(`${head}content-length: 999999999\r\nconnection: close\r\n\r\n`)).answer).toMatch(/^HTTP\/1\.1 413 /);

    // All but the last byte of each.
    const large = `${head}content-length: ${LARGE_BYTES}\r\n\r\n[${" ".repeat(LARGE_BYTES - 2)}`;
    const held = Array.from({ length: 12 }, () => converse(large));
    const first = await Promise.race(held);
    expect(first.answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n/);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect((await usageOf(gateway.child.pid!)).rssMib).toBeLessThan(RSS_MIB_MAX);
    await gateway.kill();
    await Promise.all(held);
  });

  test("and is refused for what it is, does not stand in the way of the next request", { timeout: 40_000 }, async () => {
    const body = "x".repeat(1_000_000);
    const first = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const { answer } = await converse(`${first}GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 415 [^]*HTTP\/1\.1 200 /);
  });

  test("takes no room from others while nothing of it has come", { timeout: 40_000 }, async () => {
    const head = `POST /v1/accounts/${ACCOUNT}/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`;
    const idle = Array.from({ length: 100 }, () => converse(`${head}transfer-encoding: chunked\r\n\r\n`));
    await delay(300);
    const response = await fetch(`${gateway.url}/v1/accounts/${ACCOUNT}/events`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: linesOf(0),
    });
    expect(response.status).toBe(200);
    await gateway.kill();
    await Promise.all(idle);
  });
});

/** Sends a text, and nothing more; what comes until the other side ends it. */
function converse(text: string): Promise<{ answer: string; ms: number }> {
  const { hostname, port } = new URL(gateway.url);
  const begin = performance.now();
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve({ answer, ms: performance.now() - begin }));
  });
}

/** Of a request whose connection broke. */
function nullIfCutOff(error: unknown): null {
  if (error instanceof TypeError) return null;
  throw error;
}

const BATCH = "@batch@";
const AT_MS = Date.now() - 3_600_000;
const LINES = Array.from({ length: CONVERSATIONS }, (_, i) => {
  const conversationId = `${BATCH}-${i}`;
  return [
    JSON.stringify({ eventId: "a", conversationId, at: AT_MS, type: "AGENT_ASSIGNED", agentId: String(i % 50) }),
    JSON.stringify({ eventId: "b", conversationId, at: AT_MS + 1_000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" }),
  ].join("\n");
}).join("\n");

/** As many closed segments as conversations; made quickly, since whoever floods must not be the slower one. */
function linesOf(batch: number): string {
  return LINES.replaceAll(BATCH, String(batch));
}
