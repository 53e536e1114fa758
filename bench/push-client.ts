import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { WebSocket } from "ws";
import type { PushJob, PushResult } from "./client-job.ts";
import { quantileOf } from "./measure.ts";

/** One of the subscriptions that differ. */
interface Topic {
  readonly skillId: string;
  /** When each of its segments was about to be posted. */
  readonly postedAtMs: number[];
  readonly readers: Reader[];
}

interface Reader {
  /** What the first answer counts. */
  readonly before: number;
  /** Of the segments posted since. */
  seenCount: number;
  readonly socket: WebSocket;
}

const EVENTS_A_SEGMENT = 2;
const POST_EVERY_MS = 20;
const SETTLE_MS_MAX = 5_000;

/** Posts segments at a steady rate, in turn for each topic, and times each from then until each reader of its topic has seen it. */
export async function watchPushes(job: PushJob): Promise<PushResult> {
  const topics = job.skillIds.map((skillId): Topic => ({ skillId, postedAtMs: [], readers: [] }));
  const latenciesMs: number[] = [];
  for (let i = 0; i < job.subscribers; i++) await subscribe(job, topics[i % topics.length]!, latenciesMs);
  const beganMs = performance.now();
  let segmentCount = 0;
  for (let passedMs = 0; passedMs < job.durationMs; passedMs = performance.now() - beganMs) {
    const dueCount = Math.floor(((passedMs / 1000) * job.eventsASecond) / EVENTS_A_SEGMENT) + 1;
    await post(job, topics, segmentCount, dueCount);
    segmentCount = dueCount;
    await setTimeout(POST_EVERY_MS);
  }
  const ms = performance.now() - beganMs;
  const isWhole = await untilAllSeen(topics);
  for (const { readers } of topics) for (const { socket } of readers) socket.terminate();
  return {
    isWhole,
    newsCount: latenciesMs.length,
    eventsASecond: ((segmentCount * EVENTS_A_SEGMENT) / ms) * 1000,
    p50: quantileOf(latenciesMs, 0.5),
    p99: quantileOf(latenciesMs, 0.99),
  };
}

/** Settles with the first answer. */
async function subscribe({ url, query }: PushJob, { skillId, postedAtMs, readers }: Topic, latenciesMs: number[]): Promise<void> {
  const socket = new WebSocket(url, "graphql-transport-ws");
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query, variables: { skillId } } }));
  const [first] = (await once(socket, "message")) as [Buffer];
  const reader = { before: totalIn(first), seenCount: 0, socket };
  readers.push(reader);
  socket.on("message", (data: Buffer) => {
    const seenCount = totalIn(data) - reader.before;
    for (; reader.seenCount < seenCount; reader.seenCount++) latenciesMs.push(performance.now() - postedAtMs[reader.seenCount]!);
  });
}

/** `{"id":"1","type":"next","payload":{"data":{"agentSegments":{"metrics":{"totalAgentConversationSegments":12,…` */
function totalIn(message: Buffer): number {
  const [, total] = /"totalAgentConversationSegments":(\d+)/.exec(message.toString("latin1")) ?? [];
  if (total === undefined) throw new Error(`expected an answer, got ${message.toString()}`);
  return Number(total);
}

/** Posts segments `[from, to)`; one request at a time, so that they are counted in the order in which they are posted. */
async function post({ eventsUrl, prefix, endMs, agentId }: PushJob, topics: readonly Topic[], from: number, to: number): Promise<void> {
  const events: object[] = [];
  const nowMs = performance.now();
  for (let i = from; i < to; i++) {
    const { skillId, postedAtMs } = topics[i % topics.length]!;
    const conversationId = `${prefix}${i}`;
    events.push(
      { eventId: "1", conversationId, at: endMs - 2, type: "AGENT_ASSIGNED", agentId, skillId },
      { eventId: "2", conversationId, at: endMs - 1, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
    );
    postedAtMs.push(nowMs);
  }
  const headers = { "content-type": "application/json" };
  const response = await fetch(eventsUrl, { method: "POST", headers, body: JSON.stringify(events) });
  const { accepted } = (await response.json()) as { accepted?: number };
  if (accepted !== events.length) throw new Error(`${eventsUrl} took ${accepted} of ${events.length} events`);
}

/** @returns whether every reader has seen every segment of its topic in the end */
async function untilAllSeen(topics: readonly Topic[]): Promise<boolean> {
  const areAllSeen = (): boolean =>
    topics.every(({ readers, postedAtMs }) => readers.every(({ seenCount }) => seenCount === postedAtMs.length));
  for (let waitedMs = 0; waitedMs < SETTLE_MS_MAX && !areAllSeen(); waitedMs += POST_EVERY_MS) await setTimeout(POST_EVERY_MS);
  return areAllSeen();
}
