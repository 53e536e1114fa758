import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Engine, type ConversationEvent } from "@segmeter/engine";
import { findNatsServer, NATS_MISSING, NatsServers } from "@segmeter/nats-servers";
import { eventLogArbitrary, GOLDEN_CASES, LOG_RANGE } from "@segmeter/testkit";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { readConfig } from "../../src/index.ts";
import { graphqlDoor, restDoor } from "../doors.ts";
import { PUSH_DOORS, webSocketDoor } from "../push-clients.ts";
import { createAsker, createTestFolder, startTestGateway, type TestGateway } from "../test-gateway.ts";
import { ask, expectEqualAnswers, questionsAbout } from "./comparing.ts";

const isMissing = findNatsServer() === null;
const NOW_MS = LOG_RANGE.endMs + 60_000;
const TOTAL = "totalAgentConversationSegments";
const NOWHERE = "nats://127.0.0.1:1";

describe.skipIf(isMissing)(`nodes that share a stream${isMissing ? `: ${NATS_MISSING}` : ""}`, () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let servers: NatsServers;
  let streamCount = 0;
  let streamName: string;
  let running: TestGateway[] = [];

  beforeAll(async () => {
    folder = await createTestFolder();
    servers = await NatsServers.start({ count: 1, folder: folder.path });
  });
  afterAll(async () => {
    await servers.close();
    await folder.remove();
  });
  beforeEach(() => (streamName = `s${++streamCount}`));
  afterEach(async () => {
    await Promise.all(running.map((node) => node.close()));
    running = [];
  });

  async function startNode(dataDir?: string, environment: Readonly<Record<string, string>> = {}): Promise<TestGateway> {
    const { cluster, liveperson } = readConfig({
      NATS_URL: servers.urls.join(),
      NATS_REPLICAS: "1",
      NATS_STREAM: streamName,
      ...environment,
    });
    const node = await startTestGateway({
      cluster,
      liveperson,
      now: () => NOW_MS,
      retentionHours: Infinity,
      imageEventsMin: 1,
      ...(dataDir !== undefined && { dataDir }),
    });
    running.push(node);
    return node;
  }

  async function stop(node: TestGateway): Promise<void> {
    running = running.filter((other) => other !== node);
    await node.close();
  }

  test("a conversation counts the same on every node, whichever of them its events came to", async () => {
    const nodes = [await startNode(), await startNode()];
    for (const [i, { name, events, answers }] of GOLDEN_CASES.entries()) {
      const accountId = `golden_${i}`;
      let position = 0;
      for (const [j, event] of events.entries()) {
        const { status, headers } = await nodes[(i + j) % 2]!.postEvents(accountId, [event]);
        expect(status, name).toBe(200);
        position = Number(headers.get("segmeter-position"));
      }
      for (const { url } of nodes) {
        const asker = createAsker(url, { "segmeter-position": String(position) });
        for (const door of [restDoor("GET"), restDoor("POST"), graphqlDoor]) {
          for (const { query, cells } of answers.filter((answer) => door.canAsk(answer.query)))
            expect(await door.ask(asker, accountId, [query]), `${name}, ${door.name}`).toEqual([cells]);
        }
      }
    }
  });

  test("nodes answer the same, byte for byte, at the same position: while events come, and after one has begun anew", async () => {
    const kept = await createTestFolder();
    const [a, b] = [await startNode(), await startNode(kept.path)];
    const logs = fc.sample(eventLogArbitrary(), { numRuns: 60, seed: 6 });
    const paths = questionsAbout("x", LOG_RANGE.endMs);
    const seen = new Map<string, string>();
    let meetings = 0;
    let isOver = false;
    const compare = async ({ url }: TestGateway): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        const path = paths[i % paths.length]!;
        const { position, text } = await ask(url, path);
        const other = seen.get(`${position} ${path}`);
        if (other !== undefined) meetings += 1;
        expect(other ?? text).toBe(text);
        seen.set(`${position} ${path}`, text);
      }
    };
    const comparing = Promise.all([compare(a), compare(b)]);
    const post = async (node: TestGateway, first: number): Promise<void> => {
      for (let i = first; i < logs.length; i += 2) {
        const events = inConversations(logs[i]!, `${i % 7}-`);
        for (let at = 0; at < events.length; at += 9) expect((await node.postEvents("x", events.slice(at, at + 9))).status).toBe(200);
      }
    };
    await Promise.all([post(a, 0), post(b, 1)]);
    isOver = true;
    await comparing;
    expect(meetings).toBeGreaterThan(10);

    const { position } = await ask(a.url, paths[0]!);
    await expectEqualAnswers([a.url, b.url], paths, position);
    await stop(b);
    const [more] = fc.sample(eventLogArbitrary(), { numRuns: 1, seed: 7 });
    // Conversations that b knows go on, and others begin.
    const { headers } = await a.postEvents("x", [...inConversations(more!, "0-"), ...inConversations(logs[0]!, "late-")]);
    const [again, empty] = [await startNode(kept.path), await startNode()];
    // One that could not be used would be gone.
    expect(await readdir(kept.path)).toContain("engine.image");
    await expectEqualAnswers([a.url, again.url, empty.url], paths, Number(headers.get("segmeter-position")));
    await stop(again);
    await kept.remove();
  });

  for (const { name, connect } of PUSH_DOORS) {
    test(`over ${name}, who is pushed to goes on at another node, and sees nothing older there than it has seen`, async () => {
      const nodes = [await startNode(), await startNode()];
      const place = { url: nodes[0]!.url };
      const client = connect(place);
      // A client that is connected anew sends along what it has seen last.
      const seen = { position: 0 };
      const query = `subscription { agentSegments(accountId: "x", timeframe: 60, everyMs: 250) { metrics { ${TOTAL} } } }`;
      const pushed = client.subscribe(query, {}, seen);
      const count = async (): Promise<number> => {
        const { data, extensions } = await pushed.next();
        expect(extensions!.position).toBeGreaterThanOrEqual(seen.position);
        seen.position = extensions!.position;
        return data.agentSegments.metrics[TOTAL];
      };
      expect(await count()).toBe(0);
      for (let i = 1; i <= 5; i++) {
        // Posted where nobody is pushed to, and asked for there as soon as it was seen here.
        const { headers } = await nodes[i % 2]!.postEvents("x", segmentOf(`c${i}`));
        expect(await count()).toBe(i);
        expect(seen.position).toBe(Number(headers.get("segmeter-position")));
        place.url = nodes[i % 2]!.url;
        const left = nodes[(i + 1) % 2]!;
        const { port } = new URL(left.url);
        await stop(left);
        const { cluster } = left.config;
        nodes[(i + 1) % 2] = await startTestGateway({ cluster, now: () => NOW_MS, retentionHours: Infinity, port: Number(port) });
        running.push(nodes[(i + 1) % 2]!);
        expect(await count()).toBe(i);
      }
      client.close();
    });
  }

  test("a subscription that names a position of another node begins with it", async () => {
    const [a, b] = [await startNode(), await startNode()];
    const client = webSocketDoor.connect(b);
    for (let i = 1; i <= 20; i++) {
      const { headers } = await a.postEvents("x", segmentOf(`c${i}`));
      const position = Number(headers.get("segmeter-position"));
      const query = `subscription { agentSegments(accountId: "x", timeframe: 60) { metrics { ${TOTAL} } } }`;
      const pushed = client.subscribe(query, {}, { position });
      expect(await pushed.next()).toEqual({ data: { agentSegments: { metrics: { [TOTAL]: i } } }, extensions: { position } });
      if (i % 2 === 0) pushed.stop();
    }
    client.close();
  });

  test("a node that is ready has what the stream held in its answers, and says where they are until then", async () => {
    const a = await startNode();
    // A turn of several steps.
    const events = Array.from({ length: 4_000 }, (_, i) => segmentOf(`c${i}`)).flat();
    const position = Number((await a.postEvents("x", events)).headers.get("segmeter-position"));
    // oxlint-disable-next-line typescript/unbound-method -- applied to an engine below
    const fold = Engine.prototype.fold;
    let foldCount = 0;
    const folding = vi.spyOn(Engine.prototype, "fold").mockImplementation(function (this: Engine, ...args) {
      foldCount += 1;
      // Longer than it takes to look whether the node has caught up.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
      fold.apply(this, args);
    });
    try {
      const b = await startNode();
      expect(foldCount).toBeGreaterThan(2);
      expect((await b.get("/readyz")).body.position).toBe(position);
      const { body } = await b.graphql(`{ account(id: "x") { agentSegments(timeframe: 60) { metrics { ${TOTAL} } } } }`);
      expect(body.data.account.agentSegments.metrics[TOTAL]).toBe(4_000);
    } finally {
      folding.mockRestore();
    }
  });

  test("a batch counts once, however often and wherever it is sent", async () => {
    const [a, b] = [await startNode(), await startNode()];
    const events = GOLDEN_CASES[0]!.events;
    const answers = await Promise.all([a, b, a, b].map((node) => node.postEvents("x", events)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.reduce((sum, { body }) => sum + body.accepted, 0)).toBe(events.length);
    expect((await b.postEvents("x", events)).body).toEqual({ accepted: 0, duplicates: events.length, rejected: [] });
  });

  test("a node that holds some accounts refuses the others at every door, and says what it holds", async () => {
    const node = await startNode(undefined, { ACCOUNTS: "mine,ours", LIVEPERSON_WEBHOOK_SECRETS: "theirs=s" });
    const other = await startNode(undefined, { ACCOUNTS: "theirs" });
    const message = 'another node holds the account "theirs"; this one holds mine,ours';
    const refusals = [
      await node.get("/operations/api/account/theirs/msgagentsegments?v=1&timeframe=60"),
      await node.post("/operations/api/account/theirs/msgagentsegments", { v: 1, timeframe: 60 }),
      await node.postEvents("theirs", []),
      await node.get("/v1/accounts/theirs/agents"),
      await node.post("/liveperson/webhooks/theirs", {}),
    ];
    expect(refusals.map(({ status, body }) => [status, body.message])).toEqual(refusals.map(() => [421, message]));
    const query = `{ account(id: "theirs") { agentSegments(timeframe: 60) { metrics { totalAgentConversationSegments } } } }`;
    const { status, body } = await node.graphql(query);
    expect([status, body.errors[0].extensions.code, body.errors[0].message]).toEqual([421, "MISDIRECTED", message]);

    // Nothing of the engine is asked for.
    const empty = await node.graphql(`{ account(id: "theirs") { id agentSegments(timeframe: 60) { start } } }`);
    expect([empty.status, empty.body.errors[0].message]).toEqual([421, message]);
    for (const { connect } of PUSH_DOORS) {
      const client = connect(node, { retryAttempts: 0 });
      const pushed = client.subscribe('subscription { agentSegments(accountId: "theirs", timeframe: 60) { end } }');
      expect((await pushed.next()).errors).toMatchObject([{ message, extensions: { code: "MISDIRECTED" } }]);
      client.close();
    }

    const events = GOLDEN_CASES[0]!.events;
    await other.postEvents("theirs", events);
    const { headers } = await node.postEvents("mine", events);
    // What is another's moves the position on, and is not kept.
    await expectEqualAnswers([node.url], questionsAbout("mine", LOG_RANGE.endMs), Number(headers.get("segmeter-position")));
    expect((await other.postEvents("theirs", events)).body.duplicates).toBe(events.length);
  });

  test("shares by hash hold every account once", async () => {
    const nodes = await Promise.all(["1/3", "2/3", "3/3"].map((share) => startNode(undefined, { ACCOUNTS: share })));
    for (const accountId of ["a", "b", "c", "d", "e", "f", "g"]) {
      const answers = await Promise.all(nodes.map((node) => node.postEvents(accountId, GOLDEN_CASES[0]!.events)));
      expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 421, 421]);
    }
  });

  test("without its servers a node answers what it knows and how old that is, takes nothing, and goes on when they are back", async () => {
    const [a, b] = [await startNode(), await startNode()];
    const events = GOLDEN_CASES[0]!.events;
    await a.postEvents("x", events);
    await servers.kill(0);
    while ((await a.get("/readyz")).body.stream.connected) await delay(10);

    const refused = await a.postEvents("x", [{ ...events[0]!, conversationId: "refused" }]);
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([503, true]);
    expect(refused.body.message).toContain("should it have them, each counts once");
    await delay(5_100);
    const path = questionsAbout("x", LOG_RANGE.endMs)[0]!;
    const answers = [await a.get(path), await b.get(path)];
    expect(answers.map(({ status, headers }) => [status, Number(headers.get("segmeter-age-ms")) > 5_000])).toEqual([
      [200, true],
      [200, true],
    ]);
    expect((await a.get("/readyz")).status).toBe(200);
    const metrics = await (await fetch(`${a.url}/metrics`)).text();
    expect(metrics).toMatch(/^segmeter_stream_connected 0$/m);
    expect(Number(/^segmeter_stream_age_seconds (\S+)$/m.exec(metrics)![1])).toBeGreaterThan(5);

    await servers.startAgain(0);
    let taken = refused;
    while (taken.status === 503) taken = await a.postEvents("x", [{ ...events[0]!, conversationId: "refused" }]);
    expect(taken.body.accepted + taken.body.duplicates).toBe(1);
    await expectEqualAnswers([a.url, b.url], questionsAbout("x", LOG_RANGE.endMs), Number(taken.headers.get("segmeter-position")));
  });

  test("a node whose servers are out of reach at its start is not ready, says why, and stops when it is told to", async () => {
    const { cluster } = readConfig({ NATS_URL: NOWHERE });
    const kept = await createTestFolder();
    const { startGateway } = await import("../../src/index.ts");
    const config = { ...readConfig({ PORT: "0", LOG_LEVEL: "silent", DATA_DIR: kept.path }), cluster };
    const gateway = await startGateway({ config, dashboardFolder: "" });
    const asker = createAsker(gateway.url, {});
    while ((await asker.get("/readyz")).body.doing !== "this node is catching up with the stream") await delay(10);
    const { status, body } = await asker.get("/readyz");
    expect([status, body.status, body.stream.connected]).toEqual([503, "starting", false]);
    expect((await asker.postEvents("x", [])).status).toBe(503);
    await gateway.close();
    await kept.remove();
  });
});

describe("a position", () => {
  let gateway: TestGateway;
  const path = questionsAbout("x", LOG_RANGE.endMs)[0]!;
  const events = GOLDEN_CASES[0]!.events;
  beforeAll(async () => (gateway = await startTestGateway({ now: () => NOW_MS, retentionHours: Infinity })));
  afterAll(() => gateway.close());

  test("stands on every answer, and grows with what is new alone", async () => {
    const answers = [
      await gateway.get(path),
      await gateway.postEvents("x", events),
      await gateway.postEvents("x", events),
      await gateway.graphql("{ __typename }"),
    ];
    const { length } = events;
    expect(answers.map(({ headers }) => headers.get("segmeter-position"))).toEqual([0, length, length, length].map(String));
  });

  test("that is named is waited for", async () => {
    const { position } = await ask(gateway.url, path);
    const asked = ask(gateway.url, path, position + 1);
    await delay(50);
    await gateway.postEvents("x", [{ ...events[0]!, conversationId: "another" }]);
    expect((await asked).position).toBe(position + 1);
  });

  test("that does not come is told so, after a while", async () => {
    const answer = await gateway.get(path, { "segmeter-position": "999999" });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(answer.body.message).toMatch(/^position 999999 is not reached here yet: this node is at \d+$/);
  });

  test("that is none is refused", async () => {
    for (const wrong of ["-1", "x", "1.5", "1, 2"]) expect((await gateway.get(path, { "segmeter-position": wrong })).status).toBe(400);
  });

  test("that a GraphQL request names is in its answer too", async () => {
    const { position } = await ask(gateway.url, path);
    const asker = createAsker(gateway.url, { "segmeter-position": "0" });
    expect((await asker.graphql("{ __typename }")).body).toEqual({ data: { __typename: "Query" }, extensions: { position } });
  });
});

/** One closed segment. */
function segmentOf(conversationId: string): object[] {
  return [
    { eventId: "1", conversationId, at: NOW_MS - 2000, type: "AGENT_ASSIGNED", agentId: "1" },
    { eventId: "2", conversationId, at: NOW_MS - 1000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

/** The same events, of other conversations. */
function inConversations(events: readonly ConversationEvent[], prefix: string): ConversationEvent[] {
  return events.map((event) => Object.assign({}, event, { conversationId: prefix + event.conversationId }));
}
