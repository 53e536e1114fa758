import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { IMAGE_LAYOUT, METRIC_NAMES, NO_FILTER, type ConversationEvent, type Query } from "@segmeter/engine";
import { cellsOf, referenceAnswer, referenceSegments } from "@segmeter/reference";
import { createTraffic, eventLogArbitrary, LOG_RANGE, queryArbitrary } from "@segmeter/testkit";
import * as fc from "fast-check";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { restoreEngine } from "../../src/image/restored-engine.ts";
import { createTestFolder } from "../test-gateway.ts";
import { imageIn, startEngine, type StartedEngine, type StartOptions } from "./started-engine.ts";

const ACCOUNT = "account";
const HOUR_MS = 3_600_000;
const T_MS = Date.UTC(2026, 10, 22, 8);
const TRAFFIC = createTraffic({ seed: 8, conversationsPerDay: 3_000 }).eventsBetween(T_MS - 2 * HOUR_MS, T_MS);
const FIRST = TRAFFIC.slice(0, 2_000);
const SECOND = TRAFFIC.slice(2_000, 2_600);
const DAY: Query = {
  window: { startMs: T_MS - 24 * HOUR_MS, endMs: T_MS },
  filter: NO_FILTER,
  grouping: ["agent"],
  metrics: METRIC_NAMES,
};

let folder: string;
beforeEach(async () => (folder = await createFolder()));

async function createFolder(): Promise<string> {
  const { path, remove } = await createTestFolder();
  onTestFinished(remove);
  return path;
}

async function start(options: Partial<StartOptions> = {}): Promise<StartedEngine> {
  const started = await startEngine({ folder, nowMs: T_MS, retentionHours: 72, ...options });
  onTestFinished(started.close);
  return started;
}

/** A log of the first events, and its image. */
async function writeFirst(): Promise<Buffer> {
  const started = await start();
  await started.post(ACCOUNT, FIRST);
  await started.writeImage();
  await started.close();
  return readFile(imageIn(folder));
}

function expectAnswers(started: StartedEngine, events: readonly ConversationEvent[], query = DAY): void {
  expect(cellsOf(started.engine.ask(ACCOUNT, query), query)).toEqual(referenceAnswer(referenceSegments(events), query));
}

/** Starts by reading all of the log, after this was told; and the image is gone. */
async function expectAnew(why: RegExp, events: readonly ConversationEvent[], options: Partial<StartOptions> = {}): Promise<void> {
  const started = await start(options);
  expect(started.isFromImage).toBe(false);
  expect(started.told).toEqual([expect.stringMatching(why)]);
  expectAnswers(started, events);
  expect(await readdir(folder)).not.toContain("engine.image");
  await started.close();
}

/** It holds what a start holds that reads all of the same log. */
async function expectSameAsRead({ log, engine }: StartedEngine, options: Omit<StartOptions, "folder">, query: Query): Promise<void> {
  const anew = await createFolder();
  await log.copyTo(join(anew, "events.sqlite"));
  const read = await startEngine({ ...options, folder: anew });
  try {
    expect(read.isFromImage).toBe(false);
    if (query.window.startMs >= engine.forgottenBeforeMs)
      expect(cellsOf(engine.ask(ACCOUNT, query), query)).toEqual(cellsOf(read.engine.ask(ACCOUNT, query), query));
    const all = { startMs: engine.forgottenBeforeMs, endMs: Infinity };
    const [ours, theirs] = [engine, read.engine].map((each) => [...each.list(ACCOUNT, all, NO_FILTER)].map(textOf).toSorted());
    expect(ours).toEqual(theirs);
    expect(engine.openConversationCount).toBe(read.engine.openConversationCount);
    expect(engine.filterValues(ACCOUNT)).toEqual(read.engine.filterValues(ACCOUNT));
  } finally {
    await read.close();
  }
}

describe("a start from an image", () => {
  test("answers as one that reads all of the log, and knows what has come since the image was written", async () => {
    await writeFirst();
    const since = await start();
    expect([since.isFromImage, since.told]).toEqual([true, []]);
    expectAnswers(since, FIRST);
    await since.post(ACCOUNT, SECOND);
    expectAnswers(since, [...FIRST, ...SECOND]);
    await since.close();

    const killed = await start();
    expect(killed.isFromImage).toBe(true);
    expectAnswers(killed, [...FIRST, ...SECOND]);
    expect(await killed.post(ACCOUNT, FIRST)).toMatchObject({ accepted: 0 });
  });

  test("is exact whatever events, duplicates, prunings, images and kills went before", { timeout: 120_000 }, async () => {
    const anyStep = fc.oneof(
      { weight: 4, arbitrary: fc.record({ post: fc.integer({ min: 1, max: 20 }), again: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.constant("IMAGE" as const) },
      { weight: 1, arbitrary: fc.constant("PRUNE" as const) },
      { weight: 2, arbitrary: fc.constant("KILL" as const) },
    );
    const logAndQuery = eventLogArbitrary().chain((log) => fc.record({ log: fc.constant(log), query: queryArbitrary({ log }) }));
    const anyRetention = fc.constantFrom(24, 30, 72, Infinity);
    await fc.assert(
      fc.asyncProperty(
        logAndQuery,
        fc.array(anyStep, { minLength: 3, maxLength: 9 }),
        anyRetention,
        async ({ log, query }, steps, retentionHours) => {
          folder = await createFolder();
          const options = { folder, nowMs: LOG_RANGE.endMs, retentionHours };
          let started = await startEngine(options);
          let posted = 0;
          for (const step of steps) {
            if (step === "IMAGE") await started.writeImage();
            else if (step === "PRUNE") await started.prune();
            else if (step === "KILL") {
              await started.close();
              started = await startEngine(options);
            } else {
              await started.post(ACCOUNT, log.slice(Math.max(0, posted - step.again), posted + step.post));
              posted += step.post;
            }
          }
          await started.close();
          const restarted = await startEngine(options);
          await expectSameAsRead(restarted, options, query);
          await restarted.close();
        },
      ),
      { numRuns: 15 },
    );
  });

  test("does not need the conversations that were removed since, nor keep what they gave", async () => {
    const early = await start({ nowMs: T_MS });
    await early.post(ACCOUNT, FIRST);
    await early.writeImage();
    await early.close();
    const nextDay = { nowMs: T_MS + 23 * HOUR_MS, retentionHours: 24 };
    const pruned = await start(nextDay);
    expect(pruned.isFromImage).toBe(true);
    expect(await pruned.prune()).toBeGreaterThan(0);
    await pruned.close();

    // The clock was wrong: what was removed would be asked for again.
    const back = await start({ retentionHours: 24 });
    expect(back.isFromImage).toBe(true);
    await expectSameAsRead(back, { nowMs: T_MS, retentionHours: 24 }, DAY);
  });
});

describe("an image that cannot be used is told of, and all of the log is read:", () => {
  test("one of which any bit has changed", { timeout: 30_000 }, async () => {
    const bytes = await writeFirst();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.nat(40), fc.nat(bytes.length - 1)), fc.nat(7), async (offset, bit) => {
        const changed = Buffer.from(bytes);
        changed[offset]! ^= 1 << bit;
        await writeFile(imageIn(folder), changed);
        expect(await restoreEngine(imageIn(folder))).toMatchObject({ engine: null, why: expect.any(String) });
      }),
      { numRuns: 300 },
    );
    await expectAnew(/not what was written|does not begin|ends at byte/, FIRST);
  });

  test("one that was cut short, wherever", async () => {
    const bytes = await writeFirst();
    for (const length of [0, 1, 8, 15, 16, 100, Math.floor(bytes.length / 2), bytes.length - 8, bytes.length - 1]) {
      await writeFile(imageIn(folder), bytes.subarray(0, length));
      await expectAnew(/^it ends at byte \d+, before all of it$/, FIRST);
    }
  });

  test("one of another layout", async () => {
    const bytes = await writeFirst();
    const headBytes = bytes.readUInt32LE(8);
    const head = { ...(JSON.parse(bytes.toString("utf8", 16, 16 + headBytes)) as object), layout: "0 little-endian" };
    const text = Buffer.from(JSON.stringify(head));
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32LE(text.length);
    prefix.writeUInt32LE(crc32(text, crc32(prefix.subarray(0, 4))), 4);
    await writeFile(imageIn(folder), Buffer.concat([bytes.subarray(0, 8), prefix, text, bytes.subarray(16 + headBytes)]));
    await expectAnew(new RegExp(`^its layout is 0 little-endian, and this version knows ${IMAGE_LAYOUT}$`), FIRST);
  });

  test("something else", async () => {
    await writeFirst();
    await writeFile(imageIn(folder), "something else altogether, and longer than its beginning");
    await expectAnew(/^it does not begin as an image does$/, FIRST);
  });

  test("one of another log", async () => {
    const image = await writeFirst();
    folder = await createFolder();
    const other = await start();
    await other.post(ACCOUNT, SECOND);
    await other.post(ACCOUNT, FIRST.slice(0, 100));
    await other.close();
    await writeFile(imageIn(folder), image);
    await expectAnew(/^the log does not know the moment/, [...SECOND, ...FIRST.slice(0, 100)]);
  });

  test("one that is newer than the backup that was restored, also once as much has come as was lost", async () => {
    const backup = join(await createFolder(), "events.sqlite");
    const early = await start();
    await early.post(ACCOUNT, FIRST.slice(0, 500));
    await early.log.copyTo(backup);
    await early.post(ACCOUNT, FIRST.slice(500));
    await early.writeImage();
    await early.close();
    const image = await readFile(imageIn(folder));

    await rename(backup, join(folder, "events.sqlite"));
    await expectAnew(/newer than the backup/, FIRST.slice(0, 500));
    const restored = await start();
    await restored.post(ACCOUNT, SECOND);
    await restored.close();
    await writeFile(imageIn(folder), image);
    await expectAnew(/newer than the backup/, [...FIRST.slice(0, 500), ...SECOND]);
  });

  test("one that has given up what is kept now", async () => {
    const short = await start({ nowMs: T_MS + 25 * HOUR_MS, retentionHours: 24 });
    await short.post(ACCOUNT, FIRST);
    await short.writeImage();
    await short.close();
    await expectAnew(/^it has given up what is kept now/, FIRST, { nowMs: T_MS + 25 * HOUR_MS, retentionHours: 72 });
  });
});

describe("an image is written", () => {
  test("beside the one before, which stays if it is given up or fails", async () => {
    const before = await writeFirst();
    const started = await start();
    await started.post(ACCOUNT, SECOND);
    await started.giveUpImage();
    expect((await readFile(imageIn(folder))).equals(before)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.startsWith("engine"))).toEqual(["engine.image"]);
    await started.close();
    const again = await start();
    expect(again.isFromImage).toBe(true);
    expectAnswers(again, [...FIRST, ...SECOND]);
  });

  test("for nobody but its owner to read", async () => {
    await writeFirst();
    expect((await stat(imageIn(folder))).mode & 0o077).toBe(0);
  });

  test("once so many events have come since the one before, of whichever start", async () => {
    const first = await start();
    await first.post(ACCOUNT, FIRST.slice(0, 99));
    await first.writeImageAfter(100);
    expect(await readdir(folder)).not.toContain("engine.image");
    await first.post(ACCOUNT, FIRST.slice(99, 100));
    await first.writeImageAfter(100);
    expect(await readdir(folder)).toContain("engine.image");
    await first.close();

    const { mtimeMs } = await stat(imageIn(folder), { bigint: false });
    const second = await start();
    await second.post(ACCOUNT, FIRST.slice(100, 199));
    await second.writeImageAfter(100);
    expect((await stat(imageIn(folder))).mtimeMs).toBe(mtimeMs);
    await second.post(ACCOUNT, FIRST.slice(199, 200));
    await second.writeImageAfter(100);
    expect((await stat(imageIn(folder))).mtimeMs).toBeGreaterThan(mtimeMs);
  });
});

function textOf(listed: object): string {
  return JSON.stringify(listed, Object.keys(listed).toSorted());
}
