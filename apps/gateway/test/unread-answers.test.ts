import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { boundUnreadAnswers } from "../src/http/unread-answers.ts";
import { spawnGateway } from "./gateway-process.ts";
import { createTestFolder } from "./test-gateway.ts";

const MIB = 1024 * 1024;
const ANSWER = Buffer.alloc(32 * MIB);
const isLong = process.env["LONG"] === "1";

/** Asks, once or again and again without waiting, and takes nothing of the answers. */
async function askAndHold(url: string, path: string, times = 1): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`.repeat(times));
  return socket;
}

/** Whoever reads nothing learns of the end of a connection by writing. */
async function nudgedUntilClosed(socket: Socket): Promise<void> {
  const nudging = setInterval(() => socket.write("\r\n"), 50);
  await new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  clearInterval(nudging);
}

describe("answers that nobody reads", () => {
  let app: FastifyInstance;
  let url: string;
  beforeEach(async () => {
    app = Fastify({ forceCloseConnections: true });
    const refuse = boundUnreadAnswers(app, { heldBytesMax: 48 * MIB, unreadMsMax: 1_000 });
    app.setErrorHandler((_error, _request, reply) => reply.code(503).send());
    app.get("/whole", { onRequest: refuse }, async (_request, reply) => reply.send(ANSWER));
    app.get("/pieces", async (_request, reply) => reply.send(Readable.from(Array.from({ length: 64 }, () => ANSWER.subarray(0, MIB / 2)))));
    url = await app.listen();
  });
  afterEach(() => app.close());

  test("are dropped, though their asker goes on sending", async () => {
    await nudgedUntilClosed(await askAndHold(url, "/whole"));
  });

  test("are dropped sooner while there are too many", async () => {
    await app.close();
    app = Fastify({ forceCloseConnections: true });
    boundUnreadAnswers(app, { heldBytesMax: 48 * MIB, crowdedMsMax: 500 });
    app.get("/whole", async (_request, reply) => reply.send(ANSWER));
    url = await app.listen();
    const held = await Promise.all([askAndHold(url, "/whole"), askAndHold(url, "/whole")]);
    await Promise.race(held.map(nudgedUntilClosed));
  });

  test("are not those that are read slowly", async () => {
    const response = await fetch(`${url}/pieces`);
    let bytes = 0;
    for await (const chunk of response.body!) {
      const before = bytes;
      bytes += chunk.length;
      if (Math.floor(bytes / (4 * MIB)) > Math.floor(before / (4 * MIB))) await delay(300);
    }
    expect(bytes).toBe(32 * MIB);
  });

  test("keep others from being asked for while there are too many", async () => {
    await Promise.all([askAndHold(url, "/whole"), askAndHold(url, "/whole")]);
    const statusOf = async (): Promise<number> => {
      const response = await fetch(`${url}/whole`);
      await response.arrayBuffer();
      return response.status;
    };
    await expect.poll(() => statusOf()).toBe(503);
    // Until they are dropped.
    await expect.poll(() => statusOf()).toBe(200);
  });
});

test.runIf(isLong)("a gateway drops whoever asks and then is still, within a minute", { timeout: 120_000 }, async () => {
  const folder = await createTestFolder();
  onTestFinished(folder.remove);
  const gateway = await spawnGateway({ DATA_DIR: folder.path });
  onTestFinished(gateway.kill);
  // The longest answer that it gives of itself, and more of them than the system holds for it.
  const socket = await askAndHold(gateway.url, "/graphiql", 5);
  await delay(70_000);
  await nudgedUntilClosed(socket);
});
