import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import { StorageError } from "../src/index.ts";
import type { LogFault } from "../src/index.ts";
import { openSqliteLog } from "../src/sqlite/index.ts";
import { messages } from "./messages.ts";
import { createTempFolder } from "./temp-folder.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await createTempFolder();
  path = join(folder, "events.sqlite");
});

/** The file is refused for a reason, and not a byte of it changes. */
async function expectRefusal(fault: LogFault, message: RegExp): Promise<void> {
  const before = await readFile(path);
  const refusal = await openSqliteLog({ folder }).catch((error: unknown) => error);

  expect(refusal).toBeInstanceOf(StorageError);
  expect(refusal).toMatchObject({ fault, message: expect.stringMatching(message) });
  expect(refusal).toMatchObject({ message: expect.stringContaining(path) });
  expect((await readFile(path)).equals(before)).toBe(true);
}

function runSql(sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

/** A log opens, has nothing in it, and can be used. */
async function expectNewLog(): Promise<void> {
  const log = await openSqliteLog({ folder });
  expect(await log.size()).toEqual({ eventCount: 0, conversationCount: 0, position: 0 });
  await log.append([{ accountId: "x", events: messages(0, 10) }]);
  await log.close();
  expect(await readdir(folder)).toEqual(["events.sqlite"]);
}

describe("a new log", () => {
  it("is made in a folder that is missing, with the folders above it", async () => {
    folder = join(folder, "data", "log");
    await expectNewLog();
  });

  it("is made of an empty file", async () => {
    await writeFile(path, "");
    await expectNewLog();
  });

  it("is made of a database that has nothing in it", async () => {
    runSql("PRAGMA journal_mode = WAL");
    await expectNewLog();
  });

  it("is made where the making of one was cut short", async () => {
    // A transaction too large for SQLite's cache is on disk in part when the process dies.
    const script = `
      const db = new (require("node:sqlite").DatabaseSync)(${JSON.stringify(path)});
      db.exec("PRAGMA cache_size = 1; BEGIN; CREATE TABLE t (x)");
      for (let i = 0; i < 100; i++) db.exec("INSERT INTO t VALUES (zeroblob(4000))");
      process.kill(process.pid, "SIGKILL")`;
    spawnSync(process.execPath, ["--eval", script]);
    expect(await readdir(folder)).toEqual(["events.sqlite", "events.sqlite-journal"]);
    expect((await readFile(path)).length).toBeGreaterThan(0);

    await expectNewLog();
  });
});

describe("a file of a newer version", () => {
  it("is refused, with both versions named", async () => {
    await (await openSqliteLog({ folder })).close();
    runSql("PRAGMA user_version = 4; ALTER TABLE parts ADD COLUMN mood TEXT");

    await expectRefusal("NEWER_VERSION", /its format is version 4, and this one knows version 3/);
  });
});

describe("a file that is no log", () => {
  it("is refused when it is not a database", async () => {
    await writeFile(path, "account;conversation;at\n".repeat(1000));

    await expectRefusal("NOT_A_LOG", /file is not a database/);
  });

  it("is refused when it is a text of a few bytes", async () => {
    await writeFile(path, "hello");

    await expectRefusal("NOT_A_LOG", /file is not a database/);
  });

  it("is refused when it is another application's database", async () => {
    runSql("CREATE TABLE invoices (id INTEGER PRIMARY KEY)");

    await expectRefusal("NOT_A_LOG", /another application's database/);
  });

  it("is refused when it is another application's database, and empty", async () => {
    runSql("PRAGMA application_id = 7; PRAGMA journal_mode = WAL");

    await expectRefusal("NOT_A_LOG", /application_id 7/);
  });

  it("is refused when it is a folder", async () => {
    await mkdir(path);

    await expect(openSqliteLog({ folder })).rejects.toThrow(
      expect.objectContaining({ fault: "NOT_A_LOG", message: expect.stringMatching(/it is not a file/) }),
    );
  });
});

describe("a folder that cannot be made", () => {
  it("is a failure of storage", async () => {
    await writeFile(path, "in the way");

    await expect(openSqliteLog({ folder: join(path, "log") })).rejects.toThrow(
      expect.objectContaining({ fault: "STORAGE_FAILED", message: expect.stringMatching(/ENOTDIR/) }),
    );
  });
});
