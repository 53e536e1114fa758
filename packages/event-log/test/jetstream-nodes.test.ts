import { setTimeout as delay } from "node:timers/promises";
import { DiscardPolicy, jetstreamManager, type JetStreamManager, type StreamConfig } from "@nats-io/jetstream";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Stored } from "../src/index.ts";
import { JetStreamLog, type JetStreamLogOptions } from "../src/jetstream/index.ts";
import { toMessages } from "../src/jetstream/message.ts";
import { openSqliteLog } from "../src/sqlite/index.ts";
import { message, messages, readWhole } from "./messages.ts";
import { describeWithNats } from "./nats.ts";
import { createTempFolder } from "./temp-folder.ts";

describeWithNats("nodes on one stream", (urls) => {
  let connection: NatsConnection;
  let manager: JetStreamManager;
  let streamCount = 0;
  let name: string;
  let opened: JetStreamLog[] = [];
  const onTrouble = vi.fn<(error: unknown, message: string) => void>();
  const onLost = vi.fn<(error: unknown) => void>();

  beforeEach(async () => {
    connection = await connect({ servers: urls().map((url) => new URL(url).host) });
    manager = await jetstreamManager(connection);
    name = `nodes${++streamCount}`;
    onTrouble.mockClear();
    onLost.mockClear();
  });
  afterEach(async () => {
    await Promise.all(opened.map((log) => log.close()));
    opened = [];
    await connection.close();
  });

  async function open(folder: string, options: Partial<JetStreamLogOptions> = {}): Promise<JetStreamLog> {
    const log = await JetStreamLog.open({
      folder,
      nats: { urls: urls() },
      stream: { name, replicas: 1, keptMs: 3_600_000 },
      periodMs: 600_000,
      share: { text: "all", holds: () => true },
      onTrouble,
      onLost,
      ...options,
    });
    opened.push(log);
    return log;
  }

  async function openCaughtUp(folder: string, options?: Partial<JetStreamLogOptions>): Promise<JetStreamLog> {
    const log = await open(folder, options);
    try {
      await log.catchUp();
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  async function createStream(config: Partial<StreamConfig>): Promise<void> {
    await manager.streams.add({ name, subjects: [`${name}.events.*`], num_replicas: 1, ...config });
  }

  function publish(payload: string | Uint8Array, format = "1"): Promise<unknown> {
    const sent = headers();
    sent.set("Segmeter-Format", format);
    return connection.request(`${name}.events.x`, payload, { headers: sent, timeout: 2_000 });
  }

  test("hold the same events under the same keys and positions, whoever appended them", async () => {
    const [a, b] = [await openCaughtUp(await createTempFolder()), await openCaughtUp(await createTempFolder())];
    const events = messages(0, 3_000, 100);
    const appending = Array.from({ length: 60 }, (_, i) =>
      [a, b][i % 2]!.append([{ accountId: i % 3 === 0 ? "x" : "y", events: events.slice(i * 50, i * 50 + 60) }]),
    );
    await Promise.all(appending);
    await reaches(a, b.position);
    await reaches(b, a.position);

    expect(await readWhole(b)).toEqual(await readWhole(a));
    expect(await b.size()).toEqual(await a.size());
    const late = await openCaughtUp(await createTempFolder());
    expect(late.position).toBe(a.position);
    expect(await readWhole(late)).toEqual(await readWhole(a));
  });

  test("go on where they stopped, and find no message twice", async () => {
    const folder = await createTempFolder();
    const [a, b] = [await openCaughtUp(await createTempFolder()), await openCaughtUp(folder)];
    await a.append([{ accountId: "x", events: messages(0, 100, 10) }]);
    await reaches(b, a.position);
    await b.close();
    await a.append([{ accountId: "x", events: messages(100, 200, 10) }]);

    const again = await open(folder);
    expect(again.position).toBe(1);
    const stored: Stored[] = [];
    again.follow(async (turn) => void stored.push(turn));
    await again.catchUp();
    expect(stored.flatMap(({ batches }) => batches.flatMap(({ events }) => events))).toEqual(messages(100, 200, 10));
    expect(stored.at(-1)!.position).toBe(2);
    expect(await readWhole(again)).toEqual(await readWhole(a));
  });

  test("keep what is theirs, and pass over the rest", async () => {
    const folder = await createTempFolder();
    const share = { text: "x", holds: (accountId: string) => accountId === "x" };
    const [all, some] = [await openCaughtUp(await createTempFolder()), await openCaughtUp(folder, { share })];
    for (const accountId of ["x", "y", "x", "y"]) await all.append([{ accountId, events: [message(accountId, accountId)] }]);
    await reaches(some, 4);

    expect(await readWhole(some)).toEqual([{ key: 1, accountId: "x", events: [message("x", "x")] }]);
    await some.close();
    expect((await openCaughtUp(folder, { share })).position).toBe(4);
  });

  test("begin a period between the same two messages", async () => {
    const [live, late]: [string[], string[]] = [[], []];
    const a = await open(await createTempFolder(), {
      periodMs: 40,
      onPeriod: async (startMs) => void live.push(`${startMs} after ${a.position}`),
    });
    await a.catchUp();
    for (let i = 0; i < 20; i++) {
      await a.append([{ accountId: "x", events: [message("c", String(i))] }]);
      await delay(10);
    }
    const b = await open(await createTempFolder(), {
      periodMs: 40,
      onPeriod: async (startMs) => void late.push(`${startMs} after ${b.position}`),
    });
    await b.catchUp();

    expect(live.length).toBeGreaterThan(3);
    expect(late).toEqual(live);
  });

  test("name what a stream has otherwise than expected, and leave it so", async () => {
    await createStream({ max_age: 60_000_000_000, max_msgs: 1_000, discard: DiscardPolicy.Old });
    await openCaughtUp(await createTempFolder(), { stream: { name, replicas: 3, keptMs: 3_600_000 } });

    expect(onTrouble.mock.calls.map(([, text]) => text.replace(/^.*: (\w+: expected)/, "$1"))).toEqual([
      "num_replicas: expected 3, got 1",
      "max_age: expected 3600s, got 60s",
      'discard: expected "new", got "old"',
      "duplicate_window: expected 120s, got 60s",
    ]);
    const { config } = await manager.streams.info(name);
    expect(config).toMatchObject({ num_replicas: 1, max_age: 60_000_000_000, discard: "old" });
  });

  test("do not begin on a stream that would lose their events", async () => {
    await createStream({ subjects: ["other.*"] });
    await expect(openCaughtUp(await createTempFolder())).rejects.toMatchObject({
      fault: "WRONG_SOURCE",
      message: expect.stringContaining(`subjects: expected ["${name}.events.*"], got ["other.*"]`) as string,
    });
  });

  test("do not begin where the stream no longer holds what comes next", async () => {
    await createStream({ max_msgs: 3 });
    const folder = await createTempFolder();
    const a = await openCaughtUp(folder);
    for (let i = 0; i < 3; i++) await a.append([{ accountId: "x", events: [message("c", String(i))] }]);
    await a.close();
    for (let i = 3; i < 8; i++) await publish(JSON.stringify([message("c", String(i))]));

    const gap = { fault: "GAP", message: expect.stringContaining("the stream begins at 6, and 3 was stored here last") as string };
    await expect(openCaughtUp(folder)).rejects.toMatchObject(gap);
    await expect(openCaughtUp(await createTempFolder())).rejects.toMatchObject({ fault: "GAP" });
  });

  test("do not go on from another stream, or with other accounts", async () => {
    const folder = await createTempFolder();
    const a = await openCaughtUp(folder);
    await a.append([{ accountId: "x", events: [message("c", "1")] }]);
    await a.close();
    const share = { text: "x", holds: () => true };
    await expect(openCaughtUp(folder, { share })).rejects.toMatchObject({ fault: "WRONG_SOURCE" });
    expect((await openCaughtUp(folder)).position).toBe(1);
    await opened.at(-1)!.close();

    await manager.streams.delete(name);
    await expect(openCaughtUp(folder)).rejects.toMatchObject({ fault: "WRONG_SOURCE" });
  });

  test("stop when the stream has lost what it had acknowledged", async () => {
    const a = await openCaughtUp(await createTempFolder());
    await a.append([{ accountId: "x", events: [message("c", "1")] }]);
    await manager.streams.delete(name);
    await createStream({});
    for (const id of ["1", "2", "3"]) await publish(JSON.stringify([message("other", id)]));

    await vi.waitFor(() => expect(onLost).toHaveBeenCalledWith(expect.objectContaining({ fault: "WRONG_SOURCE" })), { timeout: 20_000 });
    await expect(a.append([{ accountId: "x", events: [message("c", "2")] }])).rejects.toMatchObject({ fault: "WRONG_SOURCE" });
  });

  test("pass over what is no event, and say so", async () => {
    const a = await openCaughtUp(await createTempFolder());
    await publish("no JSON");
    await publish(JSON.stringify({ events: [] }));
    await publish(JSON.stringify([message("c", "1"), { type: "NONSENSE" }, message("c", "2")]));
    await reaches(a, 3);

    expect(await readWhole(a)).toEqual([{ key: 1, accountId: "x", events: [message("c", "1"), message("c", "2")] }]);
    expect(onTrouble).toHaveBeenCalledTimes(3);
    expect(onLost).not.toHaveBeenCalled();
  });

  test("read messages of both formats, and none in part where it is not in order", async () => {
    const a = await openCaughtUp(await createTempFolder());
    const all = messages(0, 40, 3);
    await publish(JSON.stringify(all.slice(0, 10)));
    for (const { rows } of toMessages([{ accountId: "x", events: all.slice(5, 20) }], 1_000_000)) await publish(rows.bytes, "2");
    await publish(JSON.stringify({ conversations: ["c0"], order: [0, 0], rows: [[["1000", 0, 0, 5, null, 1]]] }), "2");
    await publish(JSON.stringify({ conversations: ["c20"], order: [0, 0], rows: [[["20", 20, 0, 5, null, 1], ["21"]]] }), "2");
    for (const { rows } of toMessages([{ accountId: "x", events: all.slice(18) }], 1_000_000)) await publish(rows.bytes, "2");
    await reaches(a, 5);

    const [c0, c1, c2, c20] = await readWhole(a);
    expect([c0, c1, c2].map((history) => history!.events)).toEqual([0, 1, 2].map((c) => all.filter((_, i) => i % 3 === c)));
    expect(c20!.events).toEqual([message("c20", "20", 20)]);
    expect(onTrouble).toHaveBeenCalledTimes(2);
    expect(onLost).not.toHaveBeenCalled();
  });

  test("stop at a message of a newer version, rather than pass it over", async () => {
    const a = await openCaughtUp(await createTempFolder());
    await a.append([{ accountId: "x", events: [message("c", "1")] }]);
    await publish("[]", "3");

    await vi.waitFor(() => expect(onLost).toHaveBeenCalledWith(expect.objectContaining({ fault: "NEWER_VERSION" })), { timeout: 20_000 });
    expect(a.position).toBe(1);
  });

  test("a log is filled by its owner or from a stream, and never from both", async () => {
    const [own, node] = [await createTempFolder(), await createTempFolder()];
    const log = await openSqliteLog({ folder: own });
    await log.append([{ accountId: "x", events: [message("c", "1")] }]);
    await log.close();
    await expect(open(own)).rejects.toMatchObject({ fault: "WRONG_SOURCE" });

    const a = await openCaughtUp(node);
    await a.append([{ accountId: "x", events: [message("c", "1")] }]);
    await a.close();
    await expect(openSqliteLog({ folder: node })).rejects.toMatchObject({ fault: "WRONG_SOURCE" });
    const either = await openSqliteLog({ folder: node, filledFrom: "EITHER" });
    expect(await readWhole(either)).toHaveLength(1);
    await either.close();
  });

  test("a batch that is longer than one message is taken whole, in its order", async () => {
    const [a, b] = [await openCaughtUp(await createTempFolder()), await openCaughtUp(await createTempFolder())];
    const long = messages(0, 6_000, 3).map((event, i) => message(event.conversationId, `${i} ${"é".repeat(120)}`));
    const [appended] = await a.append([{ accountId: "x", events: long }]);

    expect(a.position).toBeGreaterThan(2);
    expect(appended!.positions).toEqual(long.map((_, i) => i + 1));
    expect(appended!.newConversationKeys).toEqual(new Set([1, 2, 3]));
    await reaches(b, a.position);
    expect(await readWhole(b)).toEqual(await readWhole(a));
  });
});

async function reaches(log: JetStreamLog, position: number): Promise<void> {
  await vi.waitFor(() => expect(log.position).toBeGreaterThanOrEqual(position), { timeout: 20_000, interval: 5 });
}
