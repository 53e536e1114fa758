import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Engine, METRIC_NAMES } from "@segmeter/engine";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import { expectProblem } from "./problem.ts";
import { openClient } from "./open-client.ts";
import { PUSH_DOORS, webSocketDoor, type PushClient, type Pushed } from "./push-clients.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";

const MINUTE_MS = 60_000;
const TICK_MS = 250;
const TOTAL = "totalAgentConversationSegments";
const COUNT = `metrics { ${TOTAL} }`;

let nowMs = Date.UTC(2026, 10, 22, 8, 0, 0);
let gateway: TestGateway;
beforeAll(async () => (gateway = await startTestGateway({ now: () => nowMs })));
afterAll(() => gateway.close());

afterEach(() => vi.restoreAllMocks());

for (const { name, connect: connectTo } of PUSH_DOORS) {
  const open = (to: Pick<TestGateway, "url"> = gateway): PushClient => openClient(connectTo, to);
  /** Accounts of their own, so that tests do not see one another. */
  const accountOf = (subject: string): string => `${name.replace("-", "_")}_${subject}`;

  describe(`over ${name}`, () => {
    test("the first answer comes at once, and the next when an event has changed it", async () => {
      const id = accountOf("first");
      const pushed = open().subscribe(subscription(COUNT), { id });
      expect(await pushed.next()).toEqual(counted(0));
      await gateway.postEvents(id, segment("a", nowMs - 1000));
      expect(await pushed.next()).toEqual(counted(1));
      expect(pushed.waiting).toEqual([]);
    });

    test("nothing comes while nothing changes, and nothing is computed", async () => {
      const id = accountOf("quiet");
      const pushed = open().subscribe(subscription(`${COUNT} end`), { id });
      await pushed.next();
      const asked = vi.spyOn(Engine.prototype, "ask");
      await gateway.postEvents(accountOf("noisy"), segment("a", nowMs - 1000));
      await delay(3 * TICK_MS);
      expect([pushed.waiting, asked.mock.calls.length]).toEqual([[], 0]);
    });

    test("what changes beside the filter is not pushed", async () => {
      const id = accountOf("filter");
      const pushed = open().subscribe(subscription(COUNT, 'filter: { agentIds: ["1"] }'), { id });
      await pushed.next();
      await gateway.postEvents(id, segment("a", nowMs - 1000, "2"));
      await delay(3 * TICK_MS);
      expect(pushed.waiting).toEqual([]);
      await gateway.postEvents(id, segment("b", nowMs - 1000, "1"));
      expect(await pushed.next()).toEqual(counted(1));
    });

    test("an answer that time alone has changed is pushed: a segment leaves the window, or goes from one interval to the next", async () => {
      const id = accountOf("time");
      await gateway.postEvents(id, segment("a", nowMs - 58 * MINUTE_MS));
      const client = open();
      const whole = client.subscribe(subscription(COUNT), { id });
      const parts = client.subscribe(subscription(`intervals(minutes: 5) { ${COUNT} }`), { id });
      const interval = (count: number): object => counted(count).data.agentSegments;
      const intervals = (...counts: readonly number[]): object => ({
        data: { agentSegments: { intervals: Array.from({ length: 12 }, (_, i) => interval(counts[i] ?? 0)) } },
      });
      expect([await whole.next(), await parts.next()]).toEqual([counted(1), intervals(1)]);
      await gateway.postEvents(id, segment("b", nowMs - 54 * MINUTE_MS));
      expect([await whole.next(), await parts.next()]).toEqual([counted(2), intervals(1, 1)]);
      nowMs += 1.5 * MINUTE_MS;
      expect(await parts.next()).toEqual(intervals(2));
      nowMs += MINUTE_MS;
      expect([await whole.next(), await parts.next()]).toEqual([counted(1), intervals(1)]);
    });

    test("an answer of which only the window's moments have changed waits until ten seconds have gone", async () => {
      const id = accountOf("moments");
      const pushed = open().subscribe(subscription(`asOf: end ${COUNT}`), { id });
      const asOf = async (): Promise<string> => (await pushed.next()).data.agentSegments.asOf;
      expect(await asOf()).toBe(iso(nowMs));
      nowMs += 9_000;
      await delay(3 * TICK_MS);
      expect(pushed.waiting).toEqual([]);
      nowMs += 1_000;
      expect(await asOf()).toBe(iso(nowMs));
      nowMs += 3_000;
      await gateway.postEvents(id, segment("a", nowMs - 1000));
      expect(await asOf()).toBe(iso(nowMs));
    });

    test("what is pushed is what a query for the same end of the window gets", async () => {
      const id = accountOf("equal");
      const metrics = `metrics { ${METRIC_NAMES.join(" ")} }`;
      const fields = `start end ${metrics} skills { id ${metrics} agents { id ${metrics} } } intervals(minutes: 20) { start end ${metrics} }`;
      const pushed = open().subscribe(subscription(fields), { id });
      await pushed.next();
      for (let i = 0; i < 5; i++) {
        nowMs += 1234;
        await gateway.postEvents(id, segment(`c${i}`, nowMs - i * 10 * MINUTE_MS - 1, String(i % 2)));
        const { data } = await pushed.next();
        expect(data.agentSegments.metrics[TOTAL]).toBe(i + 1);
        const { body } = await gateway.graphql(
          `query ($id: ID!, $end: DateTime) { account(id: $id) { agentSegments(timeframe: 60, endingAt: $end) { ${fields} } } }`,
          { id, end: data.agentSegments.end },
        );
        expect(JSON.stringify(data.agentSegments)).toBe(JSON.stringify(body.data.account.agentSegments));
      }
    });

    test("equal subscriptions are answered once for all of them, whoever they are", async () => {
      const id = accountOf("topic");
      const readers: Pushed[] = [];
      const asked = vi.spyOn(Engine.prototype, "ask");
      for (const client of [open(), open(), open()]) {
        for (let i = 0; i < 8; i++) readers.push(client.subscribe(subscription(COUNT), { id }));
      }
      for (const reader of readers) expect(await reader.next()).toEqual(counted(0));
      expect(asked).toHaveBeenCalledTimes(1);
      await gateway.postEvents(id, segment("a", nowMs - 1000));
      for (const reader of readers) expect(await reader.next()).toEqual(counted(1));
      expect(asked).toHaveBeenCalledTimes(2);
    });

    test("once its last subscriber has gone, a subscription is not answered any more", async () => {
      const id = accountOf("gone");
      const pushed = open().subscribe(subscription(COUNT), { id });
      await pushed.next();
      pushed.stop();
      await delay(TICK_MS);
      const asked = vi.spyOn(Engine.prototype, "ask");
      await gateway.postEvents(id, segment("a", nowMs - 1000));
      await delay(2 * TICK_MS);
      expect(asked).not.toHaveBeenCalled();
    });

    describe("what is wrong is told with code and causes, and ends the operation:", () => {
      const WRONG: readonly (readonly [fact: string, query: string, code: string, causes: readonly string[] | undefined])[] = [
        [
          "the account",
          `subscription { agentSegments(accountId: "no such id!", timeframe: 60) { start } }`,
          "BAD_USER_INPUT",
          ['accountId: expected 1 to 20 letters, digits or underscores, got "no such id!"'],
        ],
        [
          "timeframe, everyMs and filter, all at once",
          `subscription { agentSegments(accountId: "a", timeframe: 1441, everyMs: 249, filter: { skillIds: [""] }) { start } }`,
          "BAD_USER_INPUT",
          [
            "timeframe: expected whole minutes, 1 to 1440, got 1441",
            "filter.skillIds[0]: expected 1 to 128 characters, got none",
            "everyMs: expected at least 250, got 249",
          ],
        ],
        [
          "an interval further in",
          `subscription { agentSegments(accountId: "a", timeframe: 60) { intervals(minutes: 7) { start } } }`,
          "BAD_USER_INPUT",
          ["minutes: must divide timeframe (60), got 7"],
        ],
        [
          "a field that is none",
          `subscription { agentSegments(accountId: "a", timeframe: 60) { calls } }`,
          "GRAPHQL_VALIDATION_FAILED",
          undefined,
        ],
        ["a text that is no GraphQL", "subscription {", "GRAPHQL_PARSE_FAILED", undefined],
        ["a text too long", `subscription { ${"agentSegments ".repeat(4000)} ${"x ".repeat(2000)} }`, "GRAPHQL_PARSE_FAILED", undefined],
      ];

      for (const [fact, query, code, causes] of WRONG) {
        test(fact, async () => {
          const refused = open().subscribe(query);
          const { data, errors } = await refused.next();
          expect([data ?? null, errors?.length]).toEqual([null, 1]);
          expect(errors![0]!.extensions).toEqual({ code, ...(causes && { causes }) });
          await expect.poll(() => refused.isOver()).toBe(true);
        });
      }
    });

    test("a query is answered once", async () => {
      const asked = open().subscribe(`{ account(id: "a") { id } metricDefinitions { name } }`);
      expect(await asked.next()).toEqual({
        data: { account: { id: "a" }, metricDefinitions: METRIC_NAMES.map((metric) => ({ name: metric })) },
      });
      await expect.poll(() => asked.isOver()).toBe(true);
    });

    test("a gateway that stops lets go of its subscribers, and they find the next one", async () => {
      const folder = await createTestFolder();
      const first = await startTestGateway({ dataDir: folder.path, now: () => nowMs });
      const pushed = open(first).subscribe(subscription(COUNT), { id: "a" });
      expect(await pushed.next()).toEqual(counted(0));
      await first.postEvents("a", segment("a", nowMs - 1000));
      expect(await pushed.next()).toEqual(counted(1));

      await first.close();
      const next = await startTestGateway({ dataDir: folder.path, now: () => nowMs, port: Number(new URL(first.url).port) });
      expect(await pushed.next()).toEqual(counted(1));
      expect(pushed.isOver()).toBe(false);
      await next.postEvents("a", segment("b", nowMs - 1000));
      expect(await pushed.next()).toEqual(counted(2));
      pushed.stop();
      await next.close();
      await folder.remove();
    });
  });
}

async function endOf(reader: Pushed): Promise<string> {
  return (await reader.next()).data.agentSegments.end;
}

test("all topics of a tick are answered for the same moment", async () => {
  let readCount = 0;
  // A clock on which 20 seconds pass whenever it is looked at.
  const hasty = await startTestGateway({ now: () => nowMs + readCount++ * 20_000 });
  const client = webSocketDoor.connect(hasty);
  const readers = ["a", "b", "c"].map((id) => client.subscribe(subscription("end"), { id }));
  for (const reader of readers) await reader.next();
  const [last, ...before] = readers.toReversed();
  const ticks = [await endOf(last!), await endOf(last!), await endOf(last!)];
  for (const reader of before) {
    // There may have been ticks before the last one had begun.
    const ends = [await endOf(reader)];
    while (ends.at(-1)! < ticks[2]!) ends.push(await endOf(reader));
    expect(ends.slice(-3)).toEqual(ticks);
  }
  client.close();
  await hasty.close();
});

describe("a subscriber that does not read gets the newest answer, and nothing is kept for it meanwhile", () => {
  const AGENTS = 4_000;
  const CHANGES = 10;
  const BIG = subscription(`agents { id metrics { ${METRIC_NAMES.join(" ")} } }`);
  const everyAgent = Array.from({ length: AGENTS }, (_, agent) => segment(`first ${agent}`, nowMs - 1000, `agent ${agent}`)).flat();

  /** Changes the answer again and again; another subscriber says when it has been pushed. */
  async function change(id: string): Promise<void> {
    const client = webSocketDoor.connect(gateway);
    const pushed = client.subscribe(subscription(COUNT), { id });
    await pushed.next();
    for (let i = 0; i < CHANGES; i++) {
      await gateway.postEvents(id, segment(`again ${i}`, nowMs - 1000, "agent 0"));
      expect(await pushed.next()).toEqual(counted(AGENTS + 1 + i));
    }
    client.close();
  }

  const isNewest = (text: string): boolean => text.includes(`"id":"agent 0","metrics":{"${TOTAL}":${CHANGES + 1},`);

  test("over a WebSocket", async () => {
    await gateway.postEvents("slow_ws", everyAgent);
    const socket = await openSocket();
    socket.send(JSON.stringify({ type: "connection_init" }));
    await once(socket, "message");
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: BIG, variables: { id: "slow_ws" } } }));
    await once(socket, "message");
    socket.pause();
    await change("slow_ws");
    const seen: string[] = [];
    const newest = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer) => {
        seen.push(data.toString());
        if (isNewest(seen.at(-1)!)) resolve();
      });
    });
    socket.resume();
    await newest;
    expect(seen[0]!.length).toBeGreaterThan(1_500_000);
    expect(seen.length).toBeLessThan(CHANGES - 2);
    socket.close();
  });

  test("over server-sent events", async () => {
    await gateway.postEvents("slow_sse", everyAgent);
    const asking = request(`${gateway.url}/graphql/stream`, { method: "POST", headers: { "content-type": "application/json" } });
    asking.end(JSON.stringify({ query: BIG, variables: { id: "slow_sse" } }));
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    response.setEncoding("utf8");
    await once(response, "data");
    response.pause();
    await change("slow_sse");
    let text = "";
    const newest = new Promise<void>((resolve) => {
      response.on("data", (chunk: string) => {
        text += chunk;
        if (isNewest(text.slice(text.lastIndexOf("event: next")))) resolve();
      });
    });
    response.resume();
    await newest;
    expect(text.split("event: next").length - 1).toBeLessThan(CHANGES - 2);
    asking.destroy();
  });
});

describe("every twelve seconds a peer shows that it lives:", () => {
  const LIFE_SIGN_MS = 12_000;
  afterEach(() => vi.useRealTimers());

  test("a WebSocket answers a ping, and one that does not is ended", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const [living, dead] = [await openSocket(), await openSocket({ autoPong: false })];
    const pinged = [once(living, "ping"), once(dead, "ping")];
    vi.advanceTimersByTime(LIFE_SIGN_MS);
    await Promise.all(pinged);
    // The answer to a ping goes out before what is sent after it.
    living.send('{"type":"connection_init"}');
    await once(living, "message");
    const ended = once(dead, "close");
    vi.advanceTimersByTime(LIFE_SIGN_MS);
    expect((await ended)[0]).toBe(1006);
    expect(living.readyState).toBe(WebSocket.OPEN);
    living.close();
  });

  test("an event stream takes a comment", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const query = `subscription { agentSegments(accountId: "sign", timeframe: 60) { ${COUNT} } }`;
    const asking = request(`${gateway.url}/graphql/stream?query=${encodeURIComponent(query)}`);
    asking.end();
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    await once(response, "data");
    const comment = once(response, "data");
    vi.advanceTimersByTime(LIFE_SIGN_MS);
    expect(String((await comment)[0])).toBe(":\n\n");
    asking.destroy();
  });
});

describe("the doors of push refuse", () => {
  test("a subscription over plain HTTP, and say where to go", async () => {
    const { status, body } = await gateway.graphql(subscription(COUNT), { id: "a" });
    expect([status, body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
    expect(body.errors[0].message).toContain("/graphql/stream");
  });

  test("more operations than a connection may have", async () => {
    const client = webSocketDoor.connect(gateway);
    const operations = Array.from({ length: 101 }, () => client.subscribe(subscription(COUNT), { id: "many" }));
    const results = await Promise.all(operations.map((operation) => operation.next()));
    expect(results.filter(({ errors }) => errors === undefined)).toHaveLength(100);
    expect(results.at(-1)!.errors![0]!.extensions).toEqual({ code: "TOO_MANY_SUBSCRIPTIONS", causes: [] });
    client.close();
  });

  test("a message too large", async () => {
    const socket = await openSocket();
    socket.send("x".repeat(65 * 1024));
    const [code] = await once(socket, "close");
    expect(code).toBe(1009);
    const { status } = await gateway.post("/graphql/stream", { query: "x".repeat(65 * 1024) });
    expect(status).toBe(413);
  });

  test("a message that is none of the protocol", async () => {
    const socket = await openSocket();
    socket.send('{"type":"start"}');
    expect((await once(socket, "close"))[0]).toBe(4400);
  });

  test("a peer of another protocol", async () => {
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-ws");
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toBe("Server sent no subprotocol");
  });

  test("another path, and a page of another origin", async () => {
    expect(await upgrade("/other", {})).toEqual([404, "no such path: /other"]);
    expect(await upgrade("/graphql", { origin: "https://elsewhere.example" })).toEqual([403, "pages of another origin may not connect"]);
  });

  test("server-sent events without a query, or with variables that are none", async () => {
    for (const [body, cause] of [
      [{}, "query: "],
      [{ query: 5 }, "query: "],
      [{ query: "{ x }", variables: [] }, "variables: "],
      [[], "body: "],
    ] as const) {
      const answer = await gateway.post("/graphql/stream", body);
      expect([answer.status, answer.body.causes[0].slice(0, cause.length)]).toEqual([400, cause]);
      expectProblem(answer);
    }
    const answer = await gateway.get("/graphql/stream?query={x}&variables={");
    expect([answer.status, answer.body.causes]).toEqual([400, ["variables: expected JSON"]]);
  });
});

test("a request to go on in a protocol that is no WebSocket is answered as if it had not asked", async () => {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n");
  const [chunk] = (await once(socket, "data")) as [Buffer];
  expect(chunk.toString()).toMatch(/^HTTP\/1.1 200 /);
  socket.destroy();
});

test("server-sent events can be read by hand", async () => {
  const query = `subscription { agentSegments(accountId: "hand", timeframe: 60) { ${COUNT} } }`;
  const stopping = new AbortController();
  const response = await fetch(`${gateway.url}/graphql/stream?query=${encodeURIComponent(query)}`, { signal: stopping.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const { value } = await response.body!.getReader().read();
  expect(new TextDecoder().decode(value)).toBe(`event: next\ndata: ${JSON.stringify(counted(0))}\n\n`);
  stopping.abort();
});

function subscription(fields: string, more = ""): string {
  return `subscription ($id: ID!) { agentSegments(accountId: $id, timeframe: 60, everyMs: ${TICK_MS} ${more}) { ${fields} } }`;
}

function counted(count: number): { readonly data: { readonly agentSegments: object } } {
  return { data: { agentSegments: { metrics: { [TOTAL]: count } } } };
}

function segment(conversationId: string, endMs: number, agentId = "1"): object[] {
  return [
    { eventId: "1", conversationId, at: endMs - 1000, type: "AGENT_ASSIGNED", agentId, skillId: "s" },
    { eventId: "2", conversationId, at: endMs, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

async function openSocket(options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", options);
  await once(socket, "open");
  return socket;
}

/** @returns the status and the message with which it is refused */
async function upgrade(path: string, headers: Record<string, string>): Promise<[number, string]> {
  const asking = request(gateway.url + path, {
    headers: {
      connection: "upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "x".repeat(22) + "==",
      ...headers,
    },
  });
  asking.end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return [response.statusCode!, (JSON.parse(text) as { message: string }).message];
}
