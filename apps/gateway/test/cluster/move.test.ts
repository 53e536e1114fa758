import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { DiscardPolicy, jetstreamManager, RetentionPolicy, type JetStreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { findNatsServer, NATS_MISSING, NatsServers } from "@segmeter/nats-servers";
import { createTraffic } from "@segmeter/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "../../src/index.ts";
import { CLI, runCli, type CliResult } from "../cli-process.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "../test-gateway.ts";
import { ask, questionsAbout } from "./comparing.ts";

const isMissing = findNatsServer() === null;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const ACCOUNTS = ["first", "second", "third"];
/** Makes many messages of few events. */
const SETTINGS = "max_payload: 8KB";

describe.skipIf(isMissing)(`segmeter move${isMissing ? `: ${NATS_MISSING}` : ""}`, { timeout: 120_000 }, () => {
  let servers: NatsServers;
  let serverFolder: Awaited<ReturnType<typeof createTestFolder>>;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  /** Of a machine that was alone and has stopped. */
  let old: { readonly dataDir: string; readonly answers: ReadonlyMap<string, string> };
  let oldFolder: Awaited<ReturnType<typeof createTestFolder>>;
  const nowMs = Date.now();
  let streamCount = 0;
  let stream: string;
  let running: TestGateway[] = [];

  beforeAll(async () => {
    [serverFolder, oldFolder] = [await createTestFolder(), await createTestFolder()];
    servers = await NatsServers.start({ count: 1, folder: serverFolder.path, settings: SETTINGS });
    connection = await connect({ servers: servers.urls.map((url) => url.replace("nats://", "")) });
    manager = await jetstreamManager(connection);
    const gateway = await startTestGateway({ dataDir: oldFolder.path });
    for (const [i, accountId] of ACCOUNTS.entries()) {
      const events = createTraffic({ seed: i, conversationsPerDay: 2_500 }).eventsBetween(nowMs - 2 * HOUR_MS, nowMs);
      for (let at = 0; at < events.length; at += 5_000) await gateway.postEvents(accountId, events.slice(at, at + 5_000));
    }
    old = { dataDir: oldFolder.path, answers: await answersOf(gateway) };
    await gateway.close();
  });
  afterAll(async () => {
    await connection.close();
    await servers.close();
    await serverFolder.remove();
    await oldFolder.remove();
  });
  beforeEach(() => (stream = `moved${++streamCount}`));
  afterEach(async () => {
    await Promise.all(running.map((node) => node.close()));
    running = [];
  });

  const environment = (): Record<string, string> => ({ NATS_URL: servers.urls.join(), NATS_REPLICAS: "1", NATS_STREAM: stream });

  async function startNode(more: Readonly<Record<string, string>> = {}): Promise<TestGateway> {
    const node = await startTestGateway({ cluster: readConfig({ ...environment(), ...more }).cluster });
    running.push(node);
    return node;
  }

  async function answersOf({ url }: TestGateway): Promise<Map<string, string>> {
    // Windows end with a minute, and not ahead of now.
    const paths = ACCOUNTS.flatMap((accountId) => questionsAbout(accountId, nowMs - MINUTE_MS));
    const answers = new Map<string, string>();
    for (const path of paths) {
      const { status, text } = await ask(url, path);
      expect(status, text).toBe(200);
      answers.set(path, text);
    }
    return answers;
  }

  const moveFrom = (dataDir: string, ...urls: string[]): Promise<CliResult> =>
    runCli(["move", "--data-dir", dataDir, ...urls.flatMap((url) => ["--url", url])], environment());
  const move = (...urls: string[]): Promise<CliResult> => moveFrom(old.dataDir, ...urls);

  async function messageCount(): Promise<number> {
    const info = await manager.streams.info(stream).catch(() => null);
    return info?.state.messages ?? 0;
  }

  test("gives a node every number that the machine alone had, and does nothing when it is run again", async () => {
    const node = await startNode();
    const first = await move(node.url);
    expect(first).toEqual({ exitCode: 0, stdout: "", stderr: expect.stringContaining(", no number differs\n") });
    expect(await answersOf(node)).toEqual(old.answers);
    const count = await messageCount();
    expect(count).toBeGreaterThan(100);

    const again = await move(node.url);
    expect(again).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: expect.stringMatching(/^(\d+) events of 3 accounts .*, \1 of them were already\n/),
    });
    expect(await messageCount()).toBe(count);
    // Whoever comes later, empty, has the same.
    expect(await answersOf(await startNode())).toEqual(old.answers);
  });

  test("killed again and again goes on where it was, and publishes nothing twice", async () => {
    const node = await startNode();
    let killCount = 0;
    for (;;) {
      const before = await messageCount();
      const child = spawn(process.execPath, [CLI, "move", "--data-dir", old.dataDir, "--url", node.url], {
        env: environment(),
        stdio: "ignore",
      });
      const ended = once(child, "exit");
      while (child.exitCode === null && (await messageCount()) < before + 40) await delay(5);
      if (killCount < 3) child.kill("SIGKILL");
      await ended;
      if (child.exitCode === 0) break;
      killCount += 1;
    }
    expect(killCount).toBeGreaterThan(0);
    expect(await answersOf(node)).toEqual(old.answers);
    const { publishedIds, messages } = await idsIn(stream);
    expect(publishedIds.size).toBe(messages);
  });

  test("waits while the servers are away, and goes on when a full stream has room", async () => {
    await manager.streams.add({
      name: stream,
      subjects: [`${stream}.events.*`],
      num_replicas: 1,
      max_msgs: 50,
      discard: DiscardPolicy.New,
    });
    const node = await startNode();
    const full = await move(node.url);
    expect([full.exitCode, full.stderr]).toEqual([1, expect.stringContaining("refuses the events: maximum messages exceeded")]);
    expect(await messageCount()).toBe(50);
    await manager.streams.update(stream, { max_msgs: -1 });
    const [moved] = await Promise.all([move(node.url), restartServer()]);
    expect([moved.exitCode, moved.stderr]).toEqual([0, expect.stringContaining("no number differs")]);
    expect(await answersOf(node)).toEqual(old.answers);
  });

  async function restartServer(): Promise<void> {
    while ((await messageCount()) < 60) await delay(5);
    await servers.kill(0);
    await delay(500);
    await servers.startAgain(0);
  }

  test("leaves a stream alone that holds anything else of an account that moves", async () => {
    const node = await startNode();
    await node.postEvents("another", createTraffic({ seed: 9, conversationsPerDay: 100 }).eventsBetween(nowMs - HOUR_MS, nowMs));
    expect((await move(node.url)).exitCode).toBe(0);

    stream = `moved${++streamCount}`;
    const other = await startNode();
    await other.postEvents("second", createTraffic({ seed: 9, conversationsPerDay: 100 }).eventsBetween(nowMs - HOUR_MS, nowMs));
    const count = await messageCount();
    const refused = await move(other.url);
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/holds events of the account "second" that were not moved there/),
    ]);
    expect(await messageCount()).toBe(count);
  });

  test("leaves a stream alone that is none for it", async () => {
    await manager.streams.add({ name: stream, subjects: [`${stream}.events.*`], num_replicas: 1, retention: RetentionPolicy.Workqueue });
    const named = stream;
    stream = `moved${++streamCount}`;
    const node = await startNode();
    stream = named;
    expect(await move(node.url)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is not one for it: retention") });
    expect(await messageCount()).toBe(0);
  });

  test("says which numbers differ, where a node has others", async () => {
    const node = await startNode();
    stream = `moved${++streamCount}`;
    const elsewhere = await startNode();
    const small = await createTestFolder();
    const gateway = await startTestGateway({ dataDir: small.path });
    await gateway.postEvents("first", createTraffic({ seed: 1, conversationsPerDay: 500 }).eventsBetween(nowMs - HOUR_MS, nowMs));
    await gateway.close();
    for (let i = 0; i < 50; i++) await node.postEvents("another", [eventOf(i)]);
    const wrong = await moveFrom(small.path, node.url);
    expect([wrong.exitCode, wrong.stdout, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/^http:\S+: account first, .*: totalAgentConversationSegments is /m),
      expect.stringMatching(/ numbers differ\n$/),
    ]);
    expect((await moveFrom(small.path, elsewhere.url)).exitCode).toBe(0);
    await small.remove();
  });

  test("asks each of several nodes for what it holds, and says what none of them does", async () => {
    const [some, others] = [await startNode({ ACCOUNTS: "first,second" }), await startNode({ ACCOUNTS: "third" })];
    const whole = await move(some.url, others.url);
    expect(whole).toMatchObject({ exitCode: 0, stdout: "" });
    expect(whole.stderr).toContain(`${some.url}: 2 of 3 accounts recomputed from the log, no number differs\n`);
    expect(whole.stderr).toContain(`${others.url}: 1 of 3 accounts recomputed from the log, no number differs\n`);
    const part = await move(some.url);
    expect(part).toMatchObject({ exitCode: 1, stdout: "" });
    expect(part.stderr).toMatch(/, no number differs\nnot verified, since no node that is named holds them: "third"\n$/);
  });

  test("says what it needs", async () => {
    const node = await startNode();
    const alone = await startTestGateway();
    running.push(alone);
    const at = ["move", "--data-dir", old.dataDir, "--url", node.url];
    const left = await createTestFolder();
    const other = await startTestGateway({ cluster: readConfig(environment()).cluster, dataDir: left.path });
    await other.postEvents("first", [eventOf(1)]);
    await other.close();
    const refusals = await Promise.all(
      [
        runCli(at),
        runCli(at, { NATS_URL: "http://x" }),
        move(alone.url),
        move("http://127.0.0.1:1"),
        moveFrom(alone.config.dataDir, node.url),
        moveFrom(serverFolder.path, node.url),
        moveFrom(left.path, node.url),
      ].map(refusalOf),
    );
    expect(refusals).toEqual(
      [
        "expected NATS_URL",
        "NATS_URL: expected URLs such as nats://",
        "is no node of a cluster",
        "no node answers at",
        "is in use",
        "there is no event log",
        "cannot go on",
      ].map((text) => expect.stringContaining(text)),
    );
    // This one reads the log, which only one process may.
    expect(await refusalOf(runCli(at, { NATS_URL: "nats://127.0.0.1:1" }))).toContain("the servers of the stream do not answer");
    await left.remove();
  });

  async function idsIn(name: string): Promise<{ readonly publishedIds: ReadonlySet<string>; readonly messages: number }> {
    const { state } = await manager.streams.info(name);
    const publishedIds = new Set<string>();
    for (let seq = state.first_seq; seq <= state.last_seq; seq++)
      publishedIds.add((await manager.streams.getMessage(name, { seq }))!.header.get("Nats-Msg-Id"));
    return { publishedIds, messages: state.messages };
  }
});

async function refusalOf(result: Promise<CliResult>): Promise<string> {
  const { exitCode, stdout, stderr } = await result;
  expect([exitCode, stdout]).toEqual([1, ""]);
  return stderr;
}

function eventOf(i: number): object {
  return { eventId: "1", conversationId: `c${i}`, at: Date.now(), type: "CONVERSATION_STARTED" };
}
