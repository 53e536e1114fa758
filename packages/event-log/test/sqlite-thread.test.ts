import { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { EventLog, StorageError } from "../src/index.ts";
import { openOn } from "../src/sqlite/threaded-log.ts";
import { message, messages } from "./messages.ts";
import { createTempFolder } from "./temp-folder.ts";

const THREAD = new URL("../src/sqlite/log-thread.ts", import.meta.url);

let folder: string;
let thread: Worker;
const onLost = vi.fn<(error: StorageError) => void>();

beforeEach(async () => {
  folder = await createTempFolder();
  thread = new Worker(THREAD);
  onLost.mockClear();
});

function open(): Promise<EventLog> {
  return openOn(thread, { folder, onLost });
}

function isRunning(): boolean {
  return thread.threadId !== -1;
}

const LOST = expect.objectContaining({ name: "StorageError", fault: "LOST" });

describe("the thread of a log", () => {
  it("ends when the log is closed, and nobody calls that a loss", async () => {
    const log = await open();
    await log.append([{ accountId: "x", events: messages(0, 10) }]);
    await log.close();

    expect(isRunning()).toBe(false);
    expect(onLost).not.toHaveBeenCalled();
  });

  it("ends when the log cannot be opened", async () => {
    const owner = await open();
    thread = new Worker(THREAD);

    await expect(open()).rejects.toThrow(expect.objectContaining({ fault: "IN_USE" }));
    expect(isRunning()).toBe(false);
    expect(onLost).not.toHaveBeenCalled();
    await owner.close();
  });

  it("answers what was asked before it is closed", async () => {
    const log = await open();
    const appended = log.append([{ accountId: "x", events: [message("c1", "a")] }]);
    const size = log.size();
    await log.close();

    expect((await appended)[0]!.positions).toEqual([1]);
    expect(await size).toEqual({ eventCount: 1, conversationCount: 1, position: 1 });
  });

  it("that ends by itself fails every call under way and after it, and is told once", async () => {
    const log = await open();
    await log.append([{ accountId: "x", events: messages(0, 12_000, 2_000) }]);
    const reading = log.readAll()[Symbol.asyncIterator]();
    await reading.next();
    const calls = [log.append([{ accountId: "x", events: messages(0, 50_000) }]), log.size(), log.histories([1]), log.remove([1])];
    const outcomes = Promise.allSettled(calls);
    await thread.terminate();

    expect((await outcomes).map((outcome) => outcome.status === "rejected" && outcome.reason)).toEqual(calls.map(() => LOST));
    for (const call of [() => log.append([]), () => log.size(), () => reading.next(), () => log.readAll()[Symbol.asyncIterator]().next()])
      await expect(call()).rejects.toThrow(LOST);
    expect(onLost.mock.calls).toEqual([[LOST]]);
    expect(onLost.mock.calls[0]![0].message).toContain(`${folder}/events.sqlite is out of reach: its thread ended with code`);
    await log.close();
  });

  it("that runs out of memory fails the call that was too much, and says why", async () => {
    await thread.terminate();
    thread = new Worker(THREAD, { resourceLimits: { maxOldGenerationSizeMb: 20 } });
    const log = await open();

    const tooMuch = messages(0, 300_000, 1);
    await expect(log.append([{ accountId: "x", events: tooMuch }])).rejects.toThrow(/its thread failed \(.*memory/);
    expect(onLost.mock.calls).toEqual([[LOST]]);
    await log.close();
  });

  it("leaves what it acknowledged to whoever opens the log again", async () => {
    const lost = await open();
    await lost.append([{ accountId: "x", events: messages(0, 100) }]);
    await thread.terminate();
    thread = new Worker(THREAD);

    const log = await open();
    expect(await log.size()).toEqual({ eventCount: 100, conversationCount: 10, position: 100 });
    await log.close();
  });
});
