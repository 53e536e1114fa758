import { Agent, request } from "node:http";
import { setTimeout } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { ConversationEvent } from "@segmeter/engine";
import type { Asked, Batches, Flow, Flowed, JobName, Jobs } from "./client-job.ts";
import { eventsInOrder } from "./dataset.ts";
import { measure, medianOf, time } from "./measure.ts";
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
  prepare: async (batches) => {
    prepared = write(batches);
    return null;
  },
  post: ({ url, ...job }) => flow(job, batchesAs(toLines), (bytes) => send(url, bytes, "application/x-ndjson")),
  publish: async ({ servers, subject, ...job }) => {
    const connection = await connect({ servers: [...servers] });
    const client = jetstream(connection);
    const flowed = await flow(job, endless(batchesAs(toJsonList)), (bytes) => client.publish(subject, bytes));
    await connection.close();
    return flowed;
  },
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

/** Each the texts of its events. */
let prepared: readonly (readonly string[])[] = [];

const toLines = (events: readonly string[]): string => events.join("\n");
const toJsonList = (events: readonly string[]): string => `[${events.join()}]`;

interface Batch {
  readonly bytes: Buffer;
  readonly eventCount: number;
}

function batchesAs(join: (events: readonly string[]) => string): Batch[] {
  return prepared.map((events) => ({ bytes: Buffer.from(join(events)), eventCount: events.length }));
}

/** A stream takes what it holds already as it takes anything else. */
function* endless<Value>(values: readonly Value[]): Generator<Value, void> {
  for (;;) yield* values;
}

async function flow(
  { inFlight, warmUpMs, stretchMs = Infinity }: Flow,
  batches: Iterable<Batch>,
  sendBatch: (bytes: Buffer) => Promise<unknown>,
): Promise<Flowed> {
  const waiting = batches[Symbol.iterator]();
  const startMs = performance.now() + warmUpMs;
  let [endMs, eventCount] = [startMs + stretchMs, 0];
  const times: number[] = [];
  const sendOn = async (): Promise<void> => {
    for (let beganMs = performance.now(); beganMs < endMs; beganMs = performance.now()) {
      const next = waiting.next();
      if (next.done) {
        endMs = beganMs;
        return;
      }
      await sendBatch(next.value.bytes);
      const ackedMs = performance.now();
      // Something has to be timed, however slow the machine is.
      if (times.length === 0) endMs = Math.max(endMs, ackedMs);
      if (ackedMs < startMs || ackedMs > endMs) continue;
      times.push(ackedMs - beganMs);
      eventCount += next.value.eventCount;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sendOn));
  return { eventsPerSecond: (eventCount / (endMs - startMs)) * 1000, batchMs: medianOf(times) };
}

/** All conversations side by side, in the order of time. */
function write({ segmentCount, prefix, batchEvents, lateShare }: Batches): string[][] {
  const ordered = makeLate(eventsInOrder(segmentCount), lateShare);
  const batches: string[][] = [];
  for (let from = 0; from < ordered.length; from += batchEvents) {
    const batch = ordered.slice(from, from + batchEvents);
    batches.push(batch.map((event) => JSON.stringify({ ...event, conversationId: `${prefix}${event.conversationId}` })));
  }
  return batches;
}

const LATE_BY_EVENTS = 7_001;

/** Moves every so-manieth event back by thousands of places. */
function makeLate(events: readonly ConversationEvent[], share: number): readonly ConversationEvent[] {
  if (share === 0) return events;
  const every = Math.round(1 / share);
  const places = events.map((event, i) => ({ event, place: i % every === 0 ? i + LATE_BY_EVENTS : i }));
  return places.toSorted((a, b) => a.place - b.place).map(({ event }) => event);
}
