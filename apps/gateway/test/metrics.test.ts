import { connect } from "node:net";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addKey, keyFileIn, type KeyRequest } from "../src/access/key-file.ts";
import { readingsOfStream } from "../src/telemetry/readings.ts";
import { keyRequest } from "./key-request.ts";
import { webSocketDoor } from "./push-clients.ts";
import { createTestFolder, startTestGateway, type TestAnswer, type TestAsker, type TestGateway } from "./test-gateway.ts";

const NOW_MS = 1_763_856_000_000;
const REST = "/operations/api/account/a/msgagentsegments";
const REST_ROUTE = 'route="/operations/api/account/:accountId/msgagentsegments"';

describe("/metrics counts", () => {
  let gateway: TestGateway;
  beforeEach(async () => (gateway = await startTestGateway({ now: () => NOW_MS })));
  afterEach(() => gateway.close());

  test("requests by route, method and status, and how long they took", async () => {
    const answers = [
      await gateway.get(`${REST}?v=1&timeframe=60`),
      await gateway.get(`${REST}?v=1&timeframe=60`),
      await gateway.post(`${REST}?v=1`, { timeframe: 60 }),
    ];
    await gateway.get(`${REST}?v=1&timeframe=0`);
    const metrics = await read(gateway);
    expect(metrics.get(`segmeter_http_requests_total{${REST_ROUTE},method="GET",status="200"}`)).toBe(2);
    expect(metrics.get(`segmeter_http_requests_total{${REST_ROUTE},method="GET",status="400"}`)).toBe(1);
    expect(metrics.get(`segmeter_http_requests_total{${REST_ROUTE},method="POST",status="200"}`)).toBe(1);
    expect(metrics.get(`segmeter_http_request_duration_seconds_count{${REST_ROUTE},method="GET"}`)).toBe(3);
    const passCount = answers.reduce((sum, answer) => sum + passesOf(answer), 0);
    expect(passCount).toBeGreaterThan(0);
    expect(metrics.get("segmeter_engine_pass_seconds_count")).toBe(passCount);
  });

  test("what callers name under no label: whatever they ask, there are no more series", async () => {
    // What is read is counted from the next time on.
    await ask("a");
    const seriesCount = await ask("a0");
    for (let i = 1; i < 10; i++) expect(await ask(`a${i}`)).toBe(seriesCount);
  });

  test("requests of methods that no path has together", async () => {
    for (const method of ["PROPFIND", "LOCK", "PROPFIND"]) await (await fetch(gateway.url + REST, { method })).arrayBuffer();
    const metrics = await read(gateway);
    expect(metrics.get(`segmeter_http_requests_total{${REST_ROUTE},method="other",status="405"}`)).toBe(3);
    expect([...metrics.keys()].filter((series) => /PROPFIND|LOCK/.test(series))).toEqual([]);
  });

  test("events that are accepted, duplicates, rejected and late", async () => {
    await gateway.postEvents("a", [event("c", "1", 10), event("c", "2", 20), { eventId: "3" }]);
    await gateway.postEvents("a", [event("c", "2", 20), event("c", "4", 5), event("c", "5", 30)]);
    const metrics = await read(gateway);
    expect(metrics.get('segmeter_events_total{outcome="accepted"}')).toBe(4);
    expect(metrics.get('segmeter_events_total{outcome="duplicate"}')).toBe(1);
    expect(metrics.get('segmeter_events_total{outcome="rejected"}')).toBe(1);
    // With the late one its batch is folded anew, and only that one belongs before what was there.
    expect(metrics.get("segmeter_late_events_total")).toBe(1);
    expect(metrics.get("segmeter_append_seconds_count")).toBe(2);
    expect(metrics.get("segmeter_fold_seconds_count")).toBe(2);
    for (const name of ["waiting_events", "log_lag_events", "log_lag_seconds", "held_body_bytes", "append_failures_total"])
      expect([name, metrics.get(`segmeter_${name}`)]).toEqual([name, 0]);
    expect(metrics.get("segmeter_log_bytes")).toBeGreaterThan(0);
    expect(metrics.get("segmeter_free_bytes")).toBeGreaterThan(0);
  });

  test("conversations that are open", async () => {
    const open = async (): Promise<number | undefined> => (await read(gateway)).get("segmeter_open_conversations");
    expect(await open()).toBe(0);
    await gateway.postEvents("a", [event("c", "1", 10), event("d", "1", 10)]);
    await gateway.postEvents("b", [event("c", "1", 10)]);
    expect(await open()).toBe(3);
    await gateway.postEvents("a", [event("c", "2", 20, { type: "CONVERSATION_CLOSED", closedBy: "AGENT" })]);
    expect(await open()).toBe(2);
  });

  test("errors of GraphQL by their code, and connections on which nothing was asked", async () => {
    await gateway.graphql("{ nonsense }");
    await gateway.graphql('{ account(id: "?") { __typename } }');
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    socket.end("GARBAGE\r\n\r\n");
    socket.resume();
    await once(socket, "close");
    const metrics = await read(gateway);
    expect(metrics.get('segmeter_graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"}')).toBe(1);
    expect(metrics.get('segmeter_graphql_errors_total{code="BAD_USER_INPUT"}')).toBe(1);
    expect(metrics.get("segmeter_refused_connections_total")).toBe(1);
  });

  test("subscriptions, and what is pushed to them", async () => {
    const client = webSocketDoor.connect(gateway);
    const query =
      'subscription { agentSegments(accountId: "a", timeframe: 60, everyMs: 250) { metrics { totalAgentConversationSegments } } }';
    const pushed = [client.subscribe(query), client.subscribe(query)];
    for (const each of pushed) await each.next();
    const before = await read(gateway);
    const counts = ["subscriptions", "topics", "websockets", "pushes_total"].map((name) => before.get(`segmeter_${name}`));
    expect(counts).toEqual([2, 1, 1, 0]);
    await gateway.postEvents("a", [
      event("c", "1", NOW_MS - 20, { type: "AGENT_ASSIGNED", agentId: "1" }),
      event("c", "2", NOW_MS - 10, { type: "CONVERSATION_CLOSED", closedBy: "AGENT" }),
    ]);
    for (const each of pushed) await each.next();
    expect((await read(gateway)).get("segmeter_pushes_total")).toBe(2);
    client.close();
    await expect.poll(async () => (await read(gateway)).get("segmeter_subscriptions")).toBe(0);
  });

  test("event streams once they are open: they end only by being broken off", async () => {
    const stopping = new AbortController();
    const query = 'subscription { agentSegments(accountId: "a", timeframe: 60) { metrics { totalAgentConversationSegments } } }';
    const url = `${gateway.url}/graphql/stream?query=${encodeURIComponent(query)}`;
    await (await fetch(url, { signal: stopping.signal })).body!.getReader().read();
    stopping.abort();
    await expect.poll(async () => (await read(gateway)).get("segmeter_subscriptions")).toBe(0);
    const series = 'segmeter_http_requests_total{route="/graphql/stream",method="GET",status="200"}';
    expect((await read(gateway)).get(series)).toBe(1);
  });

  /** @returns how many series there are after questions of every kind */
  async function ask(name: string): Promise<number> {
    await gateway.get(`/operations/api/account/${name}/msgagentsegments?v=1&timeframe=60&agentIds=${name}`);
    await gateway.postEvents(name, [event(name, "1", 0, { type: "AGENT_ASSIGNED", agentId: name })]);
    await gateway.get(`/no/such/path/${name}`);
    await gateway.get(`/%${name}`);
    await gateway.graphql(`{ ${name} }`);
    return [...(await read(gateway)).keys()].filter((series) => series.startsWith("segmeter_")).length;
  }
});

describe("where credentials are needed, /metrics", () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let gateway: TestGateway;
  beforeAll(async () => {
    folder = await createTestFolder();
    await key({});
    gateway = await startTestGateway({ dataDir: folder.path });
  });
  afterAll(async () => {
    await gateway.close();
    await folder.remove();
  });

  test("is for a key of scope monitor and every account, and for no other", async () => {
    const asked = [
      [200, await key({})],
      [403, await key({ scopes: ["read", "ingest", "admin"] })],
      [403, await key({ accounts: ["a"] })],
      [403, await key({ groupIds: ["3"] })],
    ] as const;
    // Until the last of them is known.
    await expect.poll(async () => (await gateway.as(asked.at(-1)![1]).get(REST)).status).toBe(403);
    expect((await gateway.get("/metrics")).status).toBe(401);
    for (const [status, text] of asked) expect((await scrape(gateway, text)).status).toBe(status);
    expect((await gateway.as(asked[0][1]).get(`${REST}?v=1&timeframe=60`)).status).toBe(403);
  });

  async function key(differing: Partial<KeyRequest>): Promise<string> {
    const request = keyRequest({ name: "prometheus", scopes: ["monitor"], ...differing });
    return (await addKey(keyFileIn(folder.path), request, 0)).text;
  }
});

describe("the operations manual", () => {
  const manual = readFileSync(new URL("../../../docs/OPERATIONS.md", import.meta.url), "utf8");
  let names: Set<string>;
  beforeAll(async () => {
    const gateway = await startTestGateway();
    await gateway.graphql("{ nonsense }");
    const text = await (await scrape(gateway)).text();
    names = new Set(Array.from(text.matchAll(/^# TYPE (\S+) /gm), ([, name]) => name!));
    await gateway.close();
    const stream = { position: 0, state: { isConnected: true, streamPosition: 0, ageMs: 0 } };
    for (const { name } of readingsOfStream(stream)) names.add(`segmeter_${name}`);
  });

  test("speaks of no metric that there is not", () => {
    const spokenOf = Array.from(manual.matchAll(/\b(?:segmeter|nodejs|process)_\w+/g), ([name]) =>
      name.replace(/_(bucket|sum|count)$/, ""),
    );
    expect(spokenOf.length).toBeGreaterThan(20);
    expect(spokenOf.filter((name) => !names.has(name))).toEqual([]);
  });

  test("tells what each of ours means", () => {
    const told = new Set(Array.from(manual.matchAll(/^\| `(segmeter_\w+)`/gm), ([, name]) => name!));
    expect(told).toEqual(new Set([...names].filter((name) => name.startsWith("segmeter_"))));
  });
});

/** As the answer itself says. */
function passesOf({ headers }: TestAnswer): number {
  return Number(/desc="(\d+) passes"/.exec(headers.get("server-timing")!)![1]);
}

function event(conversationId: string, eventId: string, at: number, rest: object = { type: "MESSAGE_SENT", sentBy: "CONSUMER" }): object {
  return { eventId, conversationId, at, ...rest };
}

function scrape({ url }: { readonly url: string }, credential?: string): Promise<Response> {
  return fetch(`${url}/metrics`, { headers: credential === undefined ? {} : { authorization: `Bearer ${credential}` } });
}

/** Each series with its value. */
async function read(gateway: TestAsker & { readonly url: string }): Promise<Map<string, number>> {
  const response = await scrape(gateway);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [, series, value] = /^(.+) (\S+)$/.exec(line)!;
      return [series!, Number(value)];
    }),
  );
}
