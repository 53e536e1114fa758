import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createTraffic } from "@segmeter/testkit";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runCli } from "../cli-process.ts";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { createAsker, createTestFolder, type TestAsker } from "../test-gateway.ts";

const ACCOUNT = "account";
const HOUR_MS = 3_600_000;
const BATCH_EVENTS = 5_000;
const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const KILLS = process.env["LONG"] === "1" ? 40 : 3;

const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
const EVENTS = createTraffic({ seed: 9, conversationsPerDay: 12_000 }).eventsBetween(nowMs - 12 * HOUR_MS, nowMs);
const HALF = Math.floor(EVENTS.length / 2);
const QUESTION = `/operations/api/account/${ACCOUNT}/msgagentsegments?v=2&fromMillis=${nowMs - 20 * HOUR_MS}&toMillis=${nowMs}&agentIds=all&skillIds=all&interval=60`;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: GatewayProcess;
let asker: TestAsker;

beforeEach(async () => (folder = await createTestFolder()));
afterEach(async () => {
  await gateway.kill();
  await folder.remove();
});

/** @returns whether it began with an image, or read all of the log */
async function start(dataDir = folder.path): Promise<unknown> {
  gateway = await spawnGateway({ DATA_DIR: dataDir });
  asker = createAsker(gateway.url, {});
  const ready = await vi.waitUntil(() => gateway.logged.find(({ msg }) => msg === "ready"), { timeout: 20_000 });
  return ready["readFrom"];
}

async function post(events: readonly unknown[]): Promise<void> {
  for (let from = 0; from < events.length; from += BATCH_EVENTS)
    expect(await asker.postEvents(ACCOUNT, events.slice(from, from + BATCH_EVENTS))).toMatchObject({ status: 200 });
}

async function answer(): Promise<string> {
  const { status, text } = await asker.get(QUESTION);
  expect(status).toBe(200);
  return text;
}

test("a gateway begins with what the one before has left, stopped or killed, and no number differs", { timeout: 60_000 }, async () => {
  expect(await start()).toBe("log");
  await post(EVENTS.slice(0, HALF));
  const before = await answer();
  expect(await gateway.stop()).toBe(0);

  expect(await start()).toBe("image");
  expect(await answer()).toBe(before);
  await post(EVENTS.slice(HALF));
  const after = await answer();
  expect(after).not.toBe(before);
  await gateway.kill();

  expect(await start()).toBe("image");
  expect(await answer()).toBe(after);
  expect(await runCli(["verify", "--url", gateway.url])).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining("verified: no number differs"),
  });
});

test(`a kill while an image is written costs nothing, seed ${SEED}`, { timeout: 60_000 + KILLS * 10_000 }, async () => {
  await start();
  await post(EVENTS.slice(0, HALF));
  const momentsMs = fc.sample(fc.integer({ min: 0, max: 150 }), { seed: SEED, numRuns: KILLS });
  const step = Math.floor((EVENTS.length - HALF) / KILLS);
  for (const [round, momentMs] of momentsMs.entries()) {
    await post(EVENTS.slice(HALF + round * step, HALF + (round + 1) * step));
    const before = await answer();
    gateway.child.kill("SIGTERM");
    await delay(momentMs);
    await gateway.kill();

    await start();
    expect(await answer(), `killed ${momentMs} ms after it was told to stop`).toBe(before);
    expect(await readdir(folder.path)).not.toContain("engine.image.new");
  }
});

test("a backup that is put back is not mixed with the image of what came after it", { timeout: 60_000 }, async () => {
  const [backup, restored] = [join(folder.path, "backup"), join(folder.path, "restored")];
  await start(join(folder.path, "first"));
  await post(EVENTS.slice(0, HALF));
  expect(await runCli(["backup", backup, "--url", gateway.url])).toMatchObject({ exitCode: 0 });
  const before = await answer();
  await post(EVENTS.slice(HALF));
  expect(await gateway.stop()).toBe(0);

  expect(await runCli(["restore", backup, "--data-dir", restored])).toMatchObject({ exitCode: 0 });
  await copyFile(join(folder.path, "first", "engine.image"), join(restored, "engine.image"));
  expect(await start(restored)).toBe("log");
  expect(gateway.logged).toContainEqual(expect.objectContaining({ msg: "the engine's image is not used, and all of the log is read" }));
  expect(await answer()).toBe(before);
});
