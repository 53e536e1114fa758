import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Engine } from "@segmeter/engine";
import { createTraffic } from "@segmeter/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const NOW_MS = 1_763_856_000_000;
const DAY_MS = 86_400_000;
const ACCOUNT = "centre";
const PATH = `/operations/api/account/${ACCOUNT}/msgagentsegments?v=1&timeframe=1440&skillIds=all&interval=5`;
const MIB = 1024 * 1024;
const TOTAL = "totalAgentConversationSegments";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ now: () => NOW_MS });
  const events = createTraffic({ seed: 2, conversationsPerDay: 5000 }).eventsBetween(NOW_MS - DAY_MS, NOW_MS);
  for (let at = 0; at < events.length; at += 10_000) await gateway.postEvents(ACCOUNT, events.slice(at, at + 10_000));
});
afterAll(() => gateway.close());

describe("a long REST answer", () => {
  test("is whole: its intervals sum up to its summary", async () => {
    const { status, text, body } = await gateway.get(PATH);
    expect([status, text.length > 4 * MIB]).toEqual([200, true]);
    const parts = body.metricsByIntervals.map(({ metricsData }: { metricsData: unknown }) => metricsData);
    expect(parts).toHaveLength(288);
    expect(sum(parts.map(totalsOf))).toEqual(totalsOf(body.timeframeSummary));
  });

  test("does not see what is posted while it is read", async () => {
    const { text: before } = await gateway.get(PATH);
    const socket = await begin(PATH);
    socket.pause();
    for (let batch = 0; batch < 5; batch++) {
      const { body } = await gateway.postEvents(ACCOUNT, newConversations(batch));
      expect(body).toMatchObject({ accepted: 600, rejected: [] });
    }
    const read = await restOf(socket);
    expect(read.slice(read.indexOf("{"), read.lastIndexOf("}") + 1).length).toBeGreaterThanOrEqual(before.length);
    expect(dechunked(read)).toBe(before);
    expect((await gateway.get(PATH)).text).not.toBe(before);
  });

  test("may be left in the middle, again and again", async () => {
    const { text: before } = await gateway.get(PATH);
    for (let i = 0; i < 10; i++) (await begin(PATH)).destroy();
    expect((await gateway.get(PATH)).text).toBe(before);
    expect((await gateway.postEvents(ACCOUNT, [...newConversations(9)])).status).toBe(200);
  });
});

test("an answer that fails after its beginning breaks off, and cannot be taken for a whole one", async () => {
  // oxlint-disable-next-line typescript/unbound-method -- called on its engine below
  const { stream } = Engine.prototype;
  vi.spyOn(Engine.prototype, "stream").mockImplementation(function* (this: Engine, accountId, query) {
    let blockCount = 0;
    for (const block of stream.call(this, accountId, query)) {
      if (query.grouping.length > 1 && blockCount++ === 1) throw new Error("a block is gone");
      yield block;
    }
  });
  const response = await fetch(gateway.url + PATH);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow("terminated");
  vi.restoreAllMocks();
  expect((await gateway.get(PATH)).status).toBe(200);
});

/** Segments under each agent, and under each skill and agent; and all. */
type Totals = Record<string, number>;

interface RestAgents {
  readonly metricsPerAgent: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface RestParts {
  readonly metricsPerSkill: Readonly<Record<string, RestAgents>>;
  readonly agentsMetrics: RestAgents;
  readonly metricsTotal: Readonly<Record<string, number>>;
}

function totalsOf({ metricsPerSkill, agentsMetrics, metricsTotal }: RestParts): Totals {
  const agentsIn = (skill: string, { metricsPerAgent }: RestAgents): [string, number][] =>
    Object.entries(metricsPerAgent).map(([agent, metrics]) => [`${skill} ${agent}`, metrics[TOTAL]!]);
  return Object.fromEntries([
    ...Object.entries(metricsPerSkill).flatMap(([skill, agents]) => agentsIn(skill, agents)),
    ...agentsIn("all", agentsMetrics),
    ["all", metricsTotal[TOTAL]!],
  ]);
}

function sum(parts: readonly Totals[]): Totals {
  const total: Totals = {};
  for (const part of parts) for (const [place, count] of Object.entries(part)) total[place] = (total[place] ?? 0) + count;
  return total;
}

/** 200 conversations all over the day, of agents new and known. */
function newConversations(batch: number): object[] {
  return Array.from({ length: 200 }, (_, i) => {
    const conversationId = `new ${batch} ${i}`;
    const at = NOW_MS - DAY_MS + 1 + (((batch * 200 + i) * 7_919_000) % (DAY_MS - 10_000));
    const agentId = i % 2 === 0 ? "4501" : `new ${i % 10}`;
    return [
      { eventId: "1", conversationId, at, type: "AGENT_ASSIGNED", agentId, skillId: "21" },
      { eventId: "2", conversationId, at: at + 1000, type: "MESSAGE_SENT", sentBy: "AGENT", agentId },
      { eventId: "3", conversationId, at: at + 2000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
    ];
  }).flat();
}

/** Asks, and waits until the answer has begun to come. */
async function begin(path: string): Promise<Socket> {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.setEncoding("utf8");
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  await once(socket, "readable");
  return socket;
}

async function restOf(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

/** The body of an answer that came in chunks: `5\r\nhello\r\n0\r\n\r\n` */
function dechunked(answer: string): string {
  let rest = answer.slice(answer.indexOf("\r\n\r\n") + 4);
  let body = "";
  for (;;) {
    const end = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (size === 0) return body;
    body += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
}
