import { Agent, request } from "node:http";
import { setTimeout } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { ConversationEvent } from "@segmeter/engine";
import type { Asked, JobName, Jobs, PostJob, PublishJob } from "./client-job.ts";
import { eventsInOrder } from "./dataset.ts";
import { measure, time } from "./measure.ts";
import { requirePeer } from "./peers.ts";
import { watchPushes } from "./push-client.ts";

// The process that `ClientProcess` starts: takes a job, does it, tells the result, and ends when its parent lets go.

type Autocannon = (options: object) => Promise<{ requests: { average: number }; non2xx: number; errors: number }>;

const connections = new Agent({ keepAlive: true });
let isOver = false;

const DO: { readonly [Name in JobName]: (job: Jobs[Name]["job"]) => Promise<Jobs[Name]["result"]> } = {
  time: async ({ requests, ...options }) => {
    const works = Object.fromEntries(requests.map((asked, i) => [`r${i}`, () => ask(asked)]));
    return Object.values(await measure(works, options));
  },
  drain: async (asked) => {
    const beganMs = performance.now();
    const bytes = await ask(asked);
    return { ms: performance.now() - beganMs, bytes };
  },
  poll: async ({ everyMs, ...asked }) => {
    const times: number[] = [];
    for (isOver = false; !isOver; await setTimeout(everyMs)) times.push(await time(() => ask(asked)));
    return times;
  },
  load: async ({ connections: count, url, isAnew = false, ...until }) => {
    const autocannon = requirePeer("autocannon") as Autocannon;
    const { pathname, search } = new URL(url);
    const another = { setupRequest: (sent: object) => ({ ...sent, path: toEarlier(pathname + search) }) };
    const { requests, non2xx, errors } = await autocannon({ url, connections: count, ...until, ...(isAnew && { requests: [another] }) });
    if (non2xx + errors > 0) throw new Error(`${non2xx} answers were not 2xx, ${errors} requests failed`);
    return requests.average;
  },
  post: postEvents,
  publish: publishEvents,
  push: watchPushes,
};

process.on("message", (message: "stop" | { readonly name: JobName; readonly job: never }) => {
  if (message === "stop") {
    isOver = true;
    return;
  }
  DO[message.name](message.job).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});

/** @returns the length of the answer */
function ask({ url, body, isAnew = false }: Asked): Promise<number> {
  return send(isAnew ? toEarlier(url) : url, body);
}

let earlierMs = 0;

/** Moves the window that a URL asks about to before all those that were asked about until now. */
function toEarlier(url: string): string {
  earlierMs++;
  return url.replaceAll(/(?<=Millis=)\d+/g, (ms) => String(Number(ms) - earlierMs));
}

/** @returns the length of the answer */
function send(url: string, body?: string | Buffer, type = "application/json"): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) };
    const sent = request(url, { agent: connections, method: body === undefined ? "GET" : "POST", headers }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => (bytes += chunk.length));
      response.on("error", reject);
      response.on("end", () =>
        response.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function postEvents({ url, sliceBatches, inFlight, batchEvents, ...job }: PostJob): Promise<number[]> {
  const bodies = writeBodies(job, batchEvents);
  const rates: number[] = [];
  for (let from = 0; from < bodies.length; from += sliceBatches) {
    const waiting = bodies.slice(from, from + sliceBatches);
    const eventCount = waiting.reduce((sum, { events }) => sum + events, 0);
    const post = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await send(url, next.bytes, "application/x-ndjson");
    };
    const ms = await time(() => Promise.all(Array.from({ length: inFlight }, post)));
    rates.push((eventCount / ms) * 1000);
  }
  return rates;
}

async function publishEvents({ servers, subject, inFlight, batchEvents, ...job }: PublishJob): Promise<number> {
  const bodies = writeBodies({ ...job, lateShare: 0 }, batchEvents, toJsonList);
  const eventCount = bodies.reduce((sum, { events }) => sum + events, 0);
  const connection = await connect({ servers: [...servers] });
  const client = jetstream(connection);
  const publish = async (): Promise<void> => {
    for (let next = bodies.shift(); next; next = bodies.shift()) await client.publish(subject, next.bytes);
  };
  const ms = await time(() => Promise.all(Array.from({ length: inFlight }, publish)));
  await connection.close();
  return (eventCount / ms) * 1000;
}

const toLines = (events: readonly string[]): string => events.join("\n");
const toJsonList = (events: readonly string[]): string => `[${events.join()}]`;

/** All conversations side by side, in the order of time. */
function writeBodies(
  job: Pick<PostJob, "segmentCount" | "prefix" | "lateShare">,
  batchEvents: number,
  join = toLines,
): { bytes: Buffer; events: number }[] {
  const ordered = makeLate(eventsInOrder(job.segmentCount), job.lateShare);
  const withPrefix = (key: string, value: unknown): unknown => (key === "conversationId" ? `${job.prefix}${String(value)}` : value);
  const bodies: { bytes: Buffer; events: number }[] = [];
  for (let from = 0; from < ordered.length; from += batchEvents) {
    const batch = ordered.slice(from, from + batchEvents);
    bodies.push({ bytes: Buffer.from(join(batch.map((event) => JSON.stringify(event, withPrefix)))), events: batch.length });
  }
  return bodies;
}

const LATE_BY_EVENTS = 7_001;

/** Moves every so-manieth event back by thousands of places. */
function makeLate(events: readonly ConversationEvent[], share: number): readonly ConversationEvent[] {
  if (share === 0) return events;
  const every = Math.round(1 / share);
  const places = events.map((event, i) => ({ event, place: i % every === 0 ? i + LATE_BY_EVENTS : i }));
  return places.toSorted((a, b) => a.place - b.place).map(({ event }) => event);
}
