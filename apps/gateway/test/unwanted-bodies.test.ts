import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const JSON_TYPE = "content-type: application/json";
const CHUNKED = "transfer-encoding: chunked";
/** More than the system holds of a connection, and less than a body may have. */
const BODY_BYTES = 15 * 1024 * 1024;
/** As many such bodies the gateway takes at a time. */
const HELD_MAX = 8;

let gateway: TestGateway;
const sockets = new Set<Socket>();

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(() => gateway.close());

// Were the connection closed while something still comes, the system would take the answer back with it.
describe("who is refused while still sending, and reads only then, gets the answer", () => {
  test.each([
    ["a body that is too large by its length", [JSON_TYPE, `content-length: ${2 * BODY_BYTES}`], " ".repeat(2 * BODY_BYTES), 413],
    ["a body that turns out to be too large", [JSON_TYPE, CHUNKED], chunk(2 * BODY_BYTES), 413],
    ["a body of a type that is not taken", ["content-type: text/plain", `content-length: ${BODY_BYTES}`], " ".repeat(BODY_BYTES), 415],
    [
      "a body that is not wanted, on a connection that is to end",
      ["content-type: text/plain", `content-length: ${BODY_BYTES}`, "connection: close"],
      " ".repeat(BODY_BYTES),
      415,
    ],
  ])("%s", async (_, headers, body, status) => {
    expect(await sendThenRead(headers, body)).toBe(status);
  });

  test("one body among too many", async () => {
    const body = chunk(BODY_BYTES);
    const refusals = Promise.withResolvers<number[]>();
    const statuses: number[] = [];
    const senders = Array.from({ length: HELD_MAX + 2 }, async () => {
      const status = await sendThenRead([JSON_TYPE, CHUNKED], body);
      if (statuses.push(status) === 2) refusals.resolve(statuses);
    });
    expect(await refusals.promise).toEqual([503, 503]);
    for (const socket of sockets) socket.destroy();
    await Promise.all(senders);
  });
});

/** One that nothing follows yet. */
function chunk(bytes: number): string {
  return `${bytes.toString(16)}\r\n${" ".repeat(bytes)}`;
}

/** @returns the status of the answer, which is read when all has been sent; NaN: there was none */
async function sendThenRead(headers: readonly string[], body: string): Promise<number> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  sockets.add(socket);
  socket.on("error", () => undefined);
  socket.pause();
  const head = [`POST /v1/accounts/unwanted/events HTTP/1.1`, "host: 127.0.0.1", ...headers].join("\r\n");
  await new Promise((resolve) => socket.write(`${head}\r\n\r\n${body}`, resolve));
  let answer = "";
  socket.on("data", (some: Buffer) => {
    answer += some.toString();
    socket.end();
  });
  socket.resume();
  if (!socket.destroyed) await once(socket, "close");
  sockets.delete(socket);
  return Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]);
}
