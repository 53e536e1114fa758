import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import { StorageError } from "../src/index.ts";
import type { ConversationHistory } from "../src/index.ts";
import { openSqliteLog, SqliteCopy } from "../src/sqlite/index.ts";
import { messages, readWhole } from "./messages.ts";
import { createTempFolder } from "./temp-folder.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await createTempFolder();
  path = join(folder, "copy");
});

function readCopy(): ConversationHistory[] {
  const copy = SqliteCopy.open(path);
  try {
    return [...copy.readAll()].flat();
  } finally {
    copy.close();
  }
}

function readCompanions(): Record<string, Buffer> {
  const copy = SqliteCopy.open(path);
  try {
    return Object.fromEntries([...copy.companions()].map(([name, pieces]) => [name, Buffer.concat([...pieces])]));
  } finally {
    copy.close();
  }
}

async function writeCopy(eventCount: number): Promise<Buffer> {
  const log = await openSqliteLog({ folder });
  await log.append([{ accountId: "x", events: messages(0, eventCount) }]);
  await log.copyTo(path);
  await log.close();
  return readFile(path);
}

describe("a copy of a log", () => {
  it("holds what the log holds, in one file", async () => {
    const log = await openSqliteLog({ folder });
    await log.append([{ accountId: "x", events: messages(0, 2_000) }]);
    await log.remove([3]);
    await log.copyTo(path);
    const [held, size] = [await readWhole(log), await log.size()];
    await log.close();

    expect(readCopy()).toEqual(held);
    const copy = SqliteCopy.open(path);
    expect(copy.size()).toEqual(size);
    copy.close();
    expect((await readdir(folder)).toSorted()).toEqual(["copy", "events.sqlite"]);
  });

  it("made while events are appended holds every batch whole or not at all, and all from before", { timeout: 60_000 }, async () => {
    const log = await openSqliteLog({ folder });
    await log.append([{ accountId: "x", events: messages(0, 50_000) }]);
    let isOver = false;
    const copying = log.copyTo(path).finally(() => (isOver = true));
    copying.catch(() => {});
    let sent = 50_000;
    for (; !isOver; sent += 100) await log.append([{ accountId: "x", events: messages(sent, sent + 100) }]);
    await copying;
    await log.close();

    const ats = readCopy()
      .flatMap(({ events }) => events.map(({ at }) => at))
      .toSorted((a, b) => a - b);
    expect(ats.length).toBeGreaterThanOrEqual(50_000);
    expect(ats.length).toBeLessThanOrEqual(sent);
    expect(ats.length % 100).toBe(0);
    expect(ats).toEqual(messages(0, ats.length).map(({ at }) => at));
  });

  it("begins whatever is being appended", { timeout: 60_000 }, async () => {
    const log = await openSqliteLog({ folder });
    let sent = 0;
    for (let i = 0; i < 20; i++) {
      let isOver = false;
      const copying = log.copyTo(`${path}-${i}`).finally(() => (isOver = true));
      copying.catch(() => {});
      for (; !isOver; sent += 100) await log.append([{ accountId: "x", events: messages(sent, sent + 100) }]);
      await copying;
    }
    await log.close();
  });

  it("is made one after another when two are asked for", async () => {
    const log = await openSqliteLog({ folder });
    await log.append([{ accountId: "x", events: messages(0, 100) }]);
    await Promise.all([log.copyTo(path), log.copyTo(`${path}-2`)]);
    await log.close();

    expect((await readFile(path)).length).toBe((await readFile(`${path}-2`)).length);
    expect(readCopy().flatMap(({ events }) => events)).toHaveLength(100);
  });

  it("takes files along, whole, and can do without them again", async () => {
    const log = await openSqliteLog({ folder });
    await log.append([{ accountId: "x", events: messages(0, 100) }]);
    const large = Buffer.from("snapshot\n".repeat(100_000));
    await writeFile(join(folder, "large"), large);
    await writeFile(join(folder, "empty"), "");
    await log.copyTo(path, [join(folder, "large"), join(folder, "empty"), join(folder, "missing")]);
    const held = await readWhole(log);
    await log.close();

    expect(readCompanions()).toEqual({ large });
    expect(readCopy()).toEqual(held);
    SqliteCopy.dropCompanions(path);
    expect(readCompanions()).toEqual({});
    expect(readCopy()).toEqual(held);
  });

  it("of a log that was a copy itself takes along what lies beside it now", async () => {
    await writeFile(join(folder, "beside"), "old");
    const first = await openSqliteLog({ folder });
    await first.copyTo(path, [join(folder, "beside")]);
    await first.close();
    await rename(path, join(folder, "events.sqlite"));
    await writeFile(join(folder, "other"), "new");
    const log = await openSqliteLog({ folder });
    await log.copyTo(path, [join(folder, "other")]);
    await log.close();
    expect(readCompanions()).toEqual({ other: Buffer.from("new") });
  });

  it.each([
    "UPDATE companions SET bytes = x'00' WHERE number = 1",
    "DELETE FROM companions WHERE number = (SELECT max(number) FROM companions)",
  ])("says that a file is not whole: %s", async (damage) => {
    const log = await openSqliteLog({ folder });
    await writeFile(join(folder, "beside"), "x".repeat(600_000));
    await log.copyTo(path, [join(folder, "beside")]);
    await log.close();
    const db = new DatabaseSync(path);
    db.exec(damage);
    db.close();
    expect(readCompanions).toThrow(expect.objectContaining({ fault: "DAMAGED", message: expect.stringContaining("of beside") }));
  });

  it("knows the marks of before it was made, and none of after, whatever has come to it instead", async () => {
    const log = await openSqliteLog({ folder });
    await log.append([{ accountId: "x", events: messages(0, 10) }]);
    const before = await log.mark();
    await log.copyTo(path);
    await log.append([{ accountId: "x", events: messages(10, 20) }]);
    const after = await log.mark();
    await log.close();

    await rename(path, join(folder, "events.sqlite"));
    const restored = await openSqliteLog({ folder });
    expect(await restored.changesSince(after)).toBeNull();
    await restored.append([{ accountId: "x", events: messages(10, 20) }]);
    expect((await restored.mark()).number).toBe(after.number);
    expect(await restored.changesSince(after)).toBeNull();
    expect(await restored.changesSince(before)).toMatchObject({ changedKeys: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
    await restored.close();
  });

  it("fails by itself where it cannot be written; the log goes on", async () => {
    const log = await openSqliteLog({ folder });
    await expect(log.copyTo(join(folder, "missing", "copy"))).rejects.toThrow(expect.objectContaining({ fault: "STORAGE_FAILED" }));
    await log.append([{ accountId: "x", events: messages(0, 10) }]);
    expect(await log.size()).toMatchObject({ eventCount: 10 });
    await log.close();
  });

  it("is refused when it was cut short, when a byte of it changed, and when it is no log", async () => {
    const bytes = await writeCopy(2_000);
    const changed = Buffer.from(bytes);
    changed[bytes.length - 300]! ^= 0x40;
    for (const wrong of [bytes.subarray(0, bytes.length - 4_096), changed, Buffer.from("not a database"), Buffer.alloc(0)]) {
      await writeFile(path, wrong);
      expect(readCopy).toThrow(StorageError);
      expect((await readFile(path)).equals(wrong)).toBe(true);
    }
  });

  it("is refused with the name of the file when there is none", () => {
    expect(() => SqliteCopy.open(path)).toThrow(
      expect.objectContaining({ fault: "STORAGE_FAILED", message: expect.stringContaining(path) }),
    );
  });
});
