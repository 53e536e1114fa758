import { open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConversationEvent } from "@segmeter/engine";
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { StorageError } from "../src/index.ts";
import type { EventLog, LogFault } from "../src/index.ts";
import { openSqliteLog } from "../src/sqlite/index.ts";
import { message, messages, readWhole } from "./messages.ts";
import { runScript } from "./processes/run.ts";
import { createTempFolder } from "./temp-folder.ts";

const WRITER = new URL("processes/writer.ts", import.meta.url);

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await createTempFolder();
  path = join(folder, "events.sqlite");
});

const EVENT_COUNT = 2_000;

/** Writes a log, and closes it. */
async function writeLog(): Promise<Buffer> {
  const log = await openSqliteLog({ folder });
  await log.append([{ accountId: "x", events: messages(0, EVENT_COUNT) }]);
  await log.remove([3]);
  await log.close();
  return readFile(path);
}

/** Whatever the log can tell, by every way of asking. */
async function readEverything(log: EventLog): Promise<unknown[]> {
  const keys = Array.from({ length: 10 }, (_, index) => index + 1);
  return [
    await log.size(),
    await log.mark(),
    await readWhole(log),
    await log.quietSince(EVENT_COUNT, null, 100),
    await log.histories(keys),
  ];
}

interface Refusal {
  readonly refusedTo: "open" | "answer";
  readonly fault: LogFault;
}

/** What comes of opening the log and asking it something; it is closed afterwards. */
async function ask<Answer>(question: (log: EventLog) => Promise<Answer[]>): Promise<Answer[] | Refusal> {
  let log: EventLog | null = null;
  try {
    log = await openSqliteLog({ folder });
    return await question(log);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    expect(error.message).toContain(path);
    return { refusedTo: log === null ? "open" : "answer", fault: error.fault };
  } finally {
    await log?.close();
  }
}

/** Changes bytes under an open log: a file that is written anew would be another one. */
async function overwrite(bytes: Buffer, offset: number): Promise<void> {
  const file = await open(path, "r+");
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}

describe("a damaged log", () => {
  it("is not opened when it was cut short, and left as it is", async () => {
    const bytes = await writeLog();
    for (const length of [10, 99, 600, 4_096, 5_000, bytes.length / 2, bytes.length - 4_096, bytes.length - 1_000]) {
      const rest = bytes.subarray(0, length);
      await writeFile(path, rest);

      expect([length, await ask(readEverything)]).toEqual([length, { refusedTo: "open", fault: "DAMAGED" }]);
      expect((await readFile(path)).equals(rest)).toBe(true);
    }
  });

  it("answers with what was written or not at all, whichever bit of it changed", { timeout: 60_000 }, async () => {
    const bytes = await writeLog();
    const answer = await ask(readEverything);
    const anyOffset = fc.oneof(fc.nat(99), fc.nat(bytes.length - 1));
    const property = fc.asyncProperty(anyOffset, fc.nat(7), async (offset, bit) => {
      const changed = Buffer.from(bytes);
      changed[offset]! ^= 1 << bit;
      await writeFile(path, changed);

      const outcome = await ask(readEverything);

      if (Array.isArray(outcome)) expect(outcome).toEqual(answer);
      else if (outcome.refusedTo === "open") expect((await readFile(path)).equals(changed)).toBe(true);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it("says so wherever a changed event is read, and still answers for the others", async () => {
    const answered: ConversationEvent = { ...message("c2", "a"), type: "MESSAGE_SENT", sentBy: "AGENT", agentId: "agent-7" };
    const log = await openSqliteLog({ folder });
    await log.append([{ accountId: "x", events: [message("c1", "a"), answered] }]);
    await log.close();
    const bytes = await readFile(path);
    bytes.write("agent-8", bytes.indexOf("agent-7"));
    await writeFile(path, bytes);

    const refusal = { refusedTo: "answer", fault: "DAMAGED" };
    expect(await ask((damaged) => damaged.histories([1, 2]))).toEqual(refusal);
    expect(await ask((damaged) => damaged.quietSince(EVENT_COUNT, null, 100))).toEqual(refusal);
    expect(await ask((damaged) => readWhole(damaged))).toEqual(refusal);
    expect(await ask((damaged) => damaged.histories([1]))).toEqual([{ key: 1, accountId: "x", events: [message("c1", "a")] }]);
  });

  it("says so when it is damaged while it is open, and stores nothing of the call", async () => {
    const bytes = await writeLog();
    const log = await openSqliteLog({ folder });
    const call = [{ accountId: "x", events: messages(EVENT_COUNT - 10, EVENT_COUNT + 10) }];
    await overwrite(Buffer.alloc(bytes.length - 4_096, 0xff), 4_096);

    await expect(log.append(call)).rejects.toThrow(expect.objectContaining({ fault: "DAMAGED" }));
    await log.close();

    await overwrite(bytes, 0);
    const restored = await openSqliteLog({ folder });
    const [appended] = await restored.append(call);
    await restored.close();
    expect(appended!.positions.filter((position) => position > 0)).toEqual(
      Array.from({ length: 11 }, (_, index) => EVENT_COUNT + 1 + index),
    );
  });

  it("is not taken for a new one when its file is gone and the write-ahead log is there", async () => {
    await writeLog();
    await writeFile(`${path}-wal`, "commits");
    for (const lose of [() => truncate(path), () => rm(path)]) {
      await lose();

      expect(await ask(readEverything)).toEqual({ refusedTo: "open", fault: "DAMAGED" });
      expect(await readFile(`${path}-wal`, "utf8")).toBe("commits");
    }
  });
});

const BATCH_COUNT = 12;
const BATCH_EVENTS = 20;

/** Writes what a killed process leaves. */
async function crash(): Promise<{ readonly main: Buffer; readonly wal: Buffer }> {
  await runScript(WRITER, [folder, String(BATCH_COUNT), String(BATCH_EVENTS)]).rest();
  return { main: await readFile(path), wal: await readFile(`${path}-wal`) };
}

async function writeFiles(main: Buffer, wal: Buffer): Promise<void> {
  await writeFile(path, main);
  await writeFile(`${path}-wal`, wal);
}

/** In the order of arrival. */
async function readEvents(log: EventLog): Promise<ConversationEvent[]> {
  return (await readWhole(log)).flatMap(({ events }) => events).toSorted((a, b) => a.at - b.at);
}

describe("a write-ahead log", () => {
  it("may end anywhere, as a crash may leave it: the log ends with a whole batch", async () => {
    const { main, wal } = await crash();
    for (let length = wal.length; length > 0; length -= 20_011) {
      await writeFiles(main, wal.subarray(0, length));

      const events = (await ask(readEvents)) as ConversationEvent[];

      expect(events).toEqual(messages(0, events.length));
      expect(events.length % BATCH_EVENTS).toBe(0);
    }
  });

  it("is refused when it changed anywhere before its last commits, and left as it is", { timeout: 60_000 }, async () => {
    const { main, wal } = await crash();
    const property = fc.asyncProperty(fc.nat(wal.length - 1), fc.nat(7), async (offset, bit) => {
      const changed = Buffer.from(wal);
      changed[offset]! ^= 1 << bit;
      await writeFiles(main, changed);

      const outcome = await ask(readEvents);

      if (Array.isArray(outcome)) {
        expect(outcome).toEqual(messages(0, outcome.length));
        expect(outcome.length).toBeGreaterThanOrEqual((BATCH_COUNT - 2) * BATCH_EVENTS);
      } else {
        expect(outcome).toEqual({ refusedTo: "open", fault: "DAMAGED" });
        expect((await readFile(path)).equals(main)).toBe(true);
        expect((await readFile(`${path}-wal`)).equals(changed)).toBe(true);
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
