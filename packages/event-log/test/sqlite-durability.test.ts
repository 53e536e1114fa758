import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { openSqliteLog } from "../src/sqlite/index.ts";
import { messages, readWhole } from "./messages.ts";
import { runScript } from "./processes/run.ts";
import { createTempFolder } from "./temp-folder.ts";

const WRITER = new URL("processes/writer.ts", import.meta.url);
const LIMITED_WRITER = new URL("processes/limited-writer.ts", import.meta.url);

const BATCH_EVENTS = 50;

/** The events of a log that a writer filled, in the order of arrival, and its files once it is closed. */
async function readBack(folder: string) {
  const log = await openSqliteLog({ folder });
  const histories = await readWhole(log);
  const size = await log.size();
  await log.close();
  const events = histories.flatMap((history) => history.events).toSorted((a, b) => a.at - b.at);
  return { events, size, files: await readdir(folder) };
}

describe("a process that is killed while it appends", () => {
  it("leaves every event that was acknowledged, once, and no half of a batch", async () => {
    const folder = await createTempFolder();
    for (const batchesBeforeDeath of [1, 7, 40, 90, 300]) {
      const writer = runScript(WRITER, [folder, "Infinity", String(BATCH_EVENTS)]);
      let acknowledged = 0;
      for (let batch = 0; batch < batchesBeforeDeath; batch++) acknowledged = Number(await writer.nextLine());
      await writer.kill();
      acknowledged = Math.max(acknowledged, ...(await writer.rest()).map(Number));

      const { events, size } = await readBack(folder);
      expect(events).toEqual(messages(0, events.length));
      expect(events.length).toBeGreaterThanOrEqual(acknowledged);
      expect(events.length % BATCH_EVENTS).toBe(0);
      expect(size).toEqual({ eventCount: events.length, conversationCount: 10, position: events.length });
    }
  });

  it("leaves a log that takes the batch it was working on again, without doubling it", async () => {
    const folder = await createTempFolder();
    await runScript(WRITER, [folder, "3", String(BATCH_EVENTS)]).rest();

    const log = await openSqliteLog({ folder });
    const [appended] = await log.append([{ accountId: "x", events: messages(100, 200) }]);
    await log.close();

    expect(appended!.positions.filter((position) => position > 0)).toHaveLength(50);
    expect((await readBack(folder)).events).toEqual(messages(0, 200));
  });

  it("leaves nothing beside the file once the log was opened and closed again", async () => {
    const folder = await createTempFolder();
    await runScript(WRITER, [folder, "3", String(BATCH_EVENTS)]).rest();

    expect(await readdir(folder)).toEqual(["events.sqlite", "events.sqlite-wal"]);
    expect((await readBack(folder)).files).toEqual(["events.sqlite"]);
  });
});
// A limit on the size of its files is as good as a full disk, and only Linux can change it from outside.
describe.runIf(process.platform === "linux")("a disk that is full", () => {
  it("fails an append whole, and takes the same one when there is room again", async () => {
    const folder = await createTempFolder();
    const writer = runScript(LIMITED_WRITER, [folder, "prlimit", "--fsize=unlimited:", "--pid"], ["prlimit", "--fsize=1500000:"]);

    expect((await writer.rest()).map((line) => JSON.parse(line))).toEqual([
      { failed: "STORAGE_FAILED" },
      { size: { eventCount: 100, conversationCount: 10, position: 100 } },
      { littleNewConversations: 20, littlePositions: [101, 102] },
      { againNewConversations: 970, size: { eventCount: 50_050, conversationCount: 1_000, position: 50_050 } },
    ]);
    expect((await readBack(folder)).size).toEqual({ eventCount: 50_050, conversationCount: 1_000, position: 50_050 });
  });
});
