import { on, once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Engine, METRIC_NAMES } from "@segmeter/engine";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { Access } from "../src/access/access.ts";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./test-gateway.ts";
import { createTokenIssuer } from "./token-issuer.ts";

const ACCOUNT = "sockets";
const COUNT = "metrics { totalAgentConversationSegments }";
const QUERY = `{ account(id: "${ACCOUNT}") { agentSegments(timeframe: 60) { ${COUNT} } } }`;
const SUBSCRIPTION = `subscription { agentSegments(accountId: "${ACCOUNT}", timeframe: 60) { ${COUNT} } }`;

// Fewer bytes than a gateway lets wait, so that a test need not make so many.
vi.mock(import("../src/http/unread-answers.ts"), async (importOriginal) => {
  const { boundUnreadAnswers } = await importOriginal();
  return { boundUnreadAnswers: (app) => boundUnreadAnswers(app, { heldBytesMax: 4 * 1024 * 1024 }) };
});

afterEach(() => void vi.restoreAllMocks());

async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startTestGateway(options);
  onTestFinished(gateway.close);
  return gateway;
}

async function openSocket({ url }: TestGateway): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

/** @returns a socket that may ask */
async function connect(gateway: TestGateway): Promise<WebSocket> {
  const socket = await openSocket(gateway);
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  return socket;
}

function subscribe(id: number | string, query: string): string {
  return JSON.stringify({ id: String(id), type: "subscribe", payload: { query } });
}

/** Sends messages so that they come together. */
function sendAtOnce(socket: WebSocket, messages: readonly string[]): void {
  const { _socket: tcp } = socket as unknown as { readonly _socket: { cork: () => void; uncork: () => void } };
  tcp.cork();
  for (const message of messages) socket.send(message);
  tcp.uncork();
}

/** @returns what comes, once there is a message that says so */
async function messagesUntil(socket: WebSocket, isLast: (text: string) => boolean): Promise<string[]> {
  const messages: string[] = [];
  for await (const [data] of on(socket, "message") as AsyncIterable<[Buffer]>) {
    messages.push(data.toString());
    if (isLast(messages.at(-1)!)) break;
  }
  return messages;
}

async function gaugeOf({ url }: TestGateway, name: string, headers: Record<string, string> = {}): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  return Number(new RegExp(`^segmeter_${name} (\\d+)$`, "m").exec(text)![1]);
}

test("of operations that come at once each has a turn, and others have theirs in between", async () => {
  const gateway = await startGateway();
  const socket = await connect(gateway);
  let turn = 0;
  const countOn = (): NodeJS.Immediate =>
    setImmediate(() => {
      turn += 1;
      counting = countOn();
    });
  let counting = countOn();
  // oxlint-disable-next-line typescript/unbound-method -- applied to an engine below
  const ask = Engine.prototype.ask;
  const turns: number[] = [];
  vi.spyOn(Engine.prototype, "ask").mockImplementation(function (this: Engine, ...args) {
    turns.push(turn);
    return ask.apply(this, args);
  });
  sendAtOnce(
    socket,
    Array.from({ length: 10 }, (_, i) => subscribe(i, QUERY)),
  );
  await messagesUntil(socket, (text) => text.includes('"id":"9"') && text.includes("complete"));
  clearImmediate(counting);
  expect(turns).toHaveLength(10);
  expect(new Set(turns).size).toBe(10);
});

test("an id that is given again before its first answer leaves nothing behind when its connection ends", async () => {
  const gateway = await startGateway();
  const socket = await connect(gateway);
  const complete = JSON.stringify({ id: "1", type: "complete" });
  sendAtOnce(socket, [subscribe(1, SUBSCRIPTION), complete, subscribe(1, SUBSCRIPTION), complete, subscribe(1, SUBSCRIPTION)]);
  await expect.poll(() => gaugeOf(gateway, "subscriptions")).toBeGreaterThan(0);
  socket.close();
  await expect.poll(() => gaugeOf(gateway, "websockets")).toBe(0);
  expect(await gaugeOf(gateway, "subscriptions")).toBe(0);
});

test("while too many answers wait to be read, no more are asked for", async () => {
  const gateway = await startGateway();
  const at = Date.now() - 60_000;
  const events = Array.from({ length: 4_000 }, (_, i) => [
    { eventId: "1", conversationId: String(i), at, type: "AGENT_ASSIGNED", agentId: `agent-${i}` },
    { eventId: "2", conversationId: String(i), at, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ]).flat();
  await gateway.postEvents(ACCOUNT, events);
  const large = `{ account(id: "${ACCOUNT}") { agentSegments(timeframe: 60) { agents { id metrics { ${METRIC_NAMES.join(" ")} } } } } }`;
  const [reader, other] = [await connect(gateway), await connect(gateway)];
  reader.pause();
  const count = 90;
  for (let i = 0; i < count; i++) reader.send(subscribe(i, large));
  let id = 0;
  const ask = async (): Promise<string> => {
    other.send(subscribe(++id, QUERY));
    const messages = await messagesUntil(other, (text) => !text.includes('"next"'));
    return messages.at(-1)!;
  };
  await expect.poll(() => ask()).toContain('"code":"UNAVAILABLE"');
  let overCount = 0;
  const reading = messagesUntil(reader, (text) => !text.includes('"type":"next"') && ++overCount === count);
  reader.resume();
  // Its own too, from the moment at which too much of it waits.
  expect((await reading).filter((text) => text.includes("UNAVAILABLE")).length).toBeGreaterThan(0);
  await expect.poll(() => ask()).toContain('"complete"');
});

test("a connection that closes while its credential is looked at is not watched over", async () => {
  const issuer = await createTokenIssuer();
  const waiting: ServerResponse[] = [];
  const keys = createServer((_request, response) => void waiting.push(response));
  await once(keys.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void keys.close());
  const tokens = issuer.configFor(`http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks`);
  const gateway = await startGateway({ access: { mode: "auto", tokens, requestsPerSecond: 100 } });
  const watched = vi.spyOn(Access.prototype, "watch");
  const token = await issuer.sign({ scope: "read monitor" });
  const [socket, other] = [await openSocket(gateway), await openSocket(gateway)];
  for (const each of [socket, other]) {
    each.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
  }
  await expect.poll(() => waiting.length).toBe(1);
  socket.terminate();
  await once(socket, "close");
  const acknowledged = once(other, "message");
  // What its own side knows, the gateway's may not know yet.
  await new Promise((resolve) => setTimeout(resolve, 100));
  waiting[0]!.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(issuer.jwks));
  await acknowledged;
  expect(watched).toHaveBeenCalledTimes(1);
});
