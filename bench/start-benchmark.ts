import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ConversationEvent } from "@segmeter/engine";
import { atMost, SHOWN, toRow, type Benchmark, type Row } from "./benchmark.ts";
import { ACCOUNT_ID, conversationsOf } from "./dataset.ts";
import { startGatewayProcess, type GatewayProcess } from "./gateway-process.ts";
import { medianOf } from "./measure.ts";
import { QUESTIONS } from "./questions.ts";
import { toRest } from "./requests.ts";
import type { Stage } from "./stage.ts";

const STARTS = 5;
/** Of each hundred segments. */
const NEW_SEGMENTS = 1;
const BATCH_EVENTS = 5_000;

export const START_BENCHMARK: Benchmark = {
  name: "S",
  question: "a gateway's process, from its start until it is ready",
  run: compareStart,
};

interface Start {
  readonly gateway: GatewayProcess;
  readonly startMs: number;
  /** What it says of the day. */
  readonly answer: string;
}

async function compareStart(stage: Stage): Promise<readonly Row[]> {
  const { eventCount, readMs, selectMs, copyFolder } = await stage.served();
  const image = join(copyFolder, "engine.image");
  const start = async (what: string): Promise<Start> => {
    stage.tell(`S: starting a gateway ${what}`);
    const beganMs = performance.now();
    const gateway = await startGatewayProcess({ DATA_DIR: copyFolder, RETENTION_HOURS: "all", RATE_LIMIT: "1000000" });
    const startMs = performance.now() - beganMs;
    return { gateway, startMs, answer: await (await fetch(toRest(gateway.url, QUESTIONS.E2).url)).text() };
  };

  const anew = await start("that has no image");
  await anew.gateway.close();
  const { size } = await stat(image);
  const imageStarts: Start[] = [];
  for (let i = 0; i < STARTS; i++) {
    imageStarts.push(await start("with the image that one has left"));
    await imageStarts.at(-1)!.gateway.close();
  }

  const { gateway } = await start("to be killed");
  const since = newEvents(stage.segmentCount);
  await post(gateway.url, since);
  await gateway.kill();
  const killed = await start("after one that was killed");
  await killed.gateway.kill();

  await damage(image);
  const damaged = await start("with an image that is damaged");
  await damaged.gateway.close();

  const imageMs = medianOf(imageStarts.map(({ startMs }) => startMs));
  const peer = "the log's readAll, nothing folded";
  const row = (found: { oursMs: number; note: string; peer?: string; peerMs?: number }, target = SHOWN, isSame = true): Row => {
    const { oursMs, peerMs = readMs } = found;
    return toRow({ name: "S", peer, ...found, peerMs, ratio: oursMs / peerMs, checksum: `${eventCount} events` }, target, isSame);
  };
  const isSame = imageStarts.every(({ answer }) => answer === anew.answer);
  return [
    row({ oursMs: imageMs, note: `after a stop: an image of ${(size / 1e6).toFixed(0)} MB` }, atMost(1.5), isSame),
    row({ oursMs: imageMs, peer: "SQLite's rows, neither checked nor made events", peerMs: selectMs, note: "the same" }),
    row({ oursMs: killed.startMs, note: `after a kill, ${since.length} events behind the image` }, SHOWN, killed.answer === damaged.answer),
    row({ oursMs: damaged.startMs, note: "with a damaged image: all of the log is read" }),
    row({ oursMs: anew.startMs, note: "without an image" }),
  ];
}

/** Some conversations that go on late, and as many that are new. */
function newEvents(segmentCount: number): ConversationEvent[] {
  const events: ConversationEvent[] = [];
  for (const chunk of conversationsOf(Math.ceil((segmentCount * NEW_SEGMENTS) / 100))) {
    for (const { events: known } of chunk) {
      const [first] = known as [ConversationEvent, ...ConversationEvent[]];
      const said = { type: "MESSAGE_SENT", sentBy: "CONSUMER", agentId: null } as const;
      events.push({ eventId: "late", conversationId: first.conversationId, at: first.at + 1, sequence: 0, ...said });
      for (const event of known) events.push({ ...event, conversationId: `new ${event.conversationId}` });
    }
  }
  return events;
}

async function post(url: string, events: readonly ConversationEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += BATCH_EVENTS) {
    const body = JSON.stringify(events.slice(from, from + BATCH_EVENTS));
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/v1/accounts/${ACCOUNT_ID}/events`, { method: "POST", headers, body });
    if (!response.ok) throw new Error(`events were answered ${response.status}: ${await response.text()}`);
  }
}

/** Changes its last byte, so that it is noticed as late as can be. */
async function damage(path: string): Promise<void> {
  const file = await open(path, "r+");
  const { size } = await file.stat();
  await file.write(Buffer.from("!"), 0, 1, size - 1);
  await file.close();
}
