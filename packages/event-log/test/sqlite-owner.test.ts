import { describe, expect, it, onTestFinished } from "vitest";
import type { EventLog } from "../src/index.ts";
import { openSqliteLog } from "../src/sqlite/index.ts";
import { messages } from "./messages.ts";
import { runScript } from "./processes/run.ts";
import { createTempFolder } from "./temp-folder.ts";

const WRITER = new URL("processes/writer.ts", import.meta.url);

/** What a process of its own says when it tries to append one batch. */
async function tryElsewhere(folder: string): Promise<string[]> {
  return runScript(WRITER, [folder, "1", "10"]).rest();
}

async function openUntilTheEnd(folder: string): Promise<EventLog> {
  const log = await openSqliteLog({ folder });
  onTestFinished(() => log.close());
  return log;
}

describe("a log that is open", () => {
  it("is refused to another process", async () => {
    const folder = await createTempFolder();
    await openUntilTheEnd(folder);

    expect(await tryElsewhere(folder)).toEqual(["IN_USE"]);
  });

  it("is refused to its own process, with a message that names the file and what to do", async () => {
    const folder = await createTempFolder();
    await openUntilTheEnd(folder);

    await expect(openSqliteLog({ folder })).rejects.toThrow(
      expect.objectContaining({
        fault: "IN_USE",
        message: `${folder}/events.sqlite is in use: another process has it open, or this one opened it twice. A log has one owner: stop the other one, or use another folder.`,
      }),
    );
  });

  it("stays its owner's after others were refused", async () => {
    const folder = await createTempFolder();
    const log = await openUntilTheEnd(folder);
    await log.append([{ accountId: "x", events: messages(0, 10) }]);
    await expect(openSqliteLog({ folder })).rejects.toThrow(/in use/);

    expect(await tryElsewhere(folder)).toEqual(["IN_USE"]);
    await log.append([{ accountId: "x", events: messages(10, 20) }]);
    expect(await log.size()).toEqual({ eventCount: 20, conversationCount: 10, position: 20 });
  });

  it("is given to one of several that open it at once, or to none", async () => {
    const folder = await createTempFolder();
    const outcomes = await Promise.allSettled([openUntilTheEnd(folder), openUntilTheEnd(folder), openUntilTheEnd(folder)]);

    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
  });
});

describe("a log that was open", () => {
  it("is free once it is closed", async () => {
    const folder = await createTempFolder();
    const log = await openSqliteLog({ folder });
    await log.close();

    expect(await tryElsewhere(folder)).toEqual(["10"]);
  });

  it("is free once its process is killed", async () => {
    const folder = await createTempFolder();
    const owner = runScript(WRITER, [folder, "Infinity", "10"]);
    await owner.nextLine();
    await expect(openSqliteLog({ folder })).rejects.toThrow(/in use/);
    await owner.kill();

    await openUntilTheEnd(folder);
  });
});
