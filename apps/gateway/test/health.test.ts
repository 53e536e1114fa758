import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readConfig, startGateway } from "../src/index.ts";
import { spawnGateway } from "./gateway-process.ts";
import { expectProblem } from "./problem.ts";
import { createTestFolder, startTestGateway, type TestAnswer } from "./test-gateway.ts";

/** What the reading of the log waits for. */
const gate = vi.hoisted(() => ({ opened: Promise.resolve() }));

vi.mock(import("@segmeter/event-log/sqlite"), async (importOriginal) => {
  const { openSqliteLog } = await importOriginal();
  return {
    openSqliteLog: async (options) => {
      const log = await openSqliteLog(options);
      const readAll = log.readAll.bind(log);
      log.readAll = async function* () {
        await gate.opened;
        yield* readAll();
      };
      return log;
    },
  };
});

const REST = "/operations/api/account/a/msgagentsegments?v=1&timeframe=60";
const INGEST = "/v1/accounts/a/events";
const BODY = JSON.stringify([{ eventId: "1", conversationId: "c", at: 0, type: "CONVERSATION_STARTED" }]);
const JSON_TYPE = { "content-type": "application/json" };

let folder: Awaited<ReturnType<typeof createTestFolder>>;
beforeEach(async () => (folder = await createTestFolder()));
afterEach(() => folder.remove());

describe("a gateway that reads its log", () => {
  test("is alive and not ready, and refuses all work until it has", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate.opened = promise;
    const gateway = await startGateway({
      config: readConfig({ PORT: "0", DATA_DIR: folder.path, LOG_LEVEL: "silent" }),
    });

    expect(await ask(gateway.url, "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await ask(gateway.url, "/readyz")).toMatchObject({ status: 503, body: { status: "starting", progress: 0 } });
    expect((await ask(gateway.url, "/openapi.json")).status).toBe(200);
    const refusals = [
      await ask(gateway.url, REST),
      await ask(gateway.url, INGEST, { method: "POST", headers: JSON_TYPE, body: BODY }),
      await ask(gateway.url, "/graphql", { method: "POST", headers: JSON_TYPE, body: '{"query":"{ __typename }"}' }),
    ];
    for (const answer of refusals) {
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
      expectProblem(answer);
    }

    resolve();
    await gateway.ready;
    expect(await ask(gateway.url, "/readyz")).toMatchObject({ status: 200, body: { status: "ready", progress: 1 } });
    expect((await ask(gateway.url, REST)).status).toBe(200);
    await gateway.close();
  });

  test("and cannot, says so to whoever waits for it, and can still be closed", async () => {
    gate.opened = Promise.reject(new Error("the disk is gone"));
    gate.opened.catch(() => {});
    const gateway = await startGateway({
      config: readConfig({ PORT: "0", DATA_DIR: folder.path, LOG_LEVEL: "silent" }),
    });
    await expect(gateway.ready).rejects.toThrow("the disk is gone");
    expect(await ask(gateway.url, "/healthz")).toMatchObject({ status: 200 });
    expect(await ask(gateway.url, "/readyz")).toMatchObject({ status: 503 });
    expect((await ask(gateway.url, REST)).status).toBe(503);
    await gateway.close();
    gate.opened = Promise.resolve();
  });
});

describe("a gateway that is asked to stop", () => {
  test("takes the post that is under way, and no other, and ends with status 0", async () => {
    const gateway = await spawnGateway({ DATA_DIR: folder.path });
    const socket = await beginPost(gateway.url);
    const exited = gateway.stop();
    await refusedFrom(gateway.url);
    socket.write(BODY.slice(1));
    const answered = await answerOf(socket);
    expect(answered).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answered).toMatch(/\{"accepted":1,"duplicates":0,"rejected":\[\]\}/);
    expect(await exited).toBe(0);

    const again = await startTestGateway({ dataDir: folder.path });
    expect((await again.post(INGEST, BODY)).body).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
    await again.close();
  });

  test("waits for no connection on which nothing is asked", async () => {
    const gateway = await spawnGateway({ DATA_DIR: folder.path });
    const idle = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    await once(idle, "connect");
    expect(await gateway.stop()).toBe(0);
    // It would have been told that it is too slow.
    expect(await answerOf(idle)).toBe("");
  });

  test("refuses what is asked on a connection that is still open, as a problem, and ends it", async () => {
    const gateway = await startTestGateway({ dataDir: folder.path });
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(socket, "data");
    socket.write(`GET ${REST} HTTP/1.1\r\nhost: localhost\r\n`);
    await delay(20);
    const closed = gateway.close();
    await refusedFrom(gateway.url);
    socket.write("\r\n");
    const answer = await answerOf(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(answer).toMatch(/^retry-after: 1\r$/m);
    expect(answer).toMatch(/\{"message":"stopping","causes":\[\],"requestId":"[\w-]+"\}$/);
    await closed;
  });
});

async function ask(url: string, path: string, init?: RequestInit): Promise<TestAnswer> {
  const response = await fetch(url + path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** Sends a post but for all of its body after the first byte. */
async function beginPost(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    `POST ${INGEST} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: ${BODY.length}\r\n\r\n`,
  );
  // The gateway has begun with it when it says that it may go on.
  await once(socket, "data");
  socket.write(BODY[0]!);
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

/** Waits until no new connection is taken. */
async function refusedFrom(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/readyz`, { headers: { connection: "close" } }).catch(() => null);
    if (response === null) return;
    await response.arrayBuffer();
    await delay(5);
  }
}
