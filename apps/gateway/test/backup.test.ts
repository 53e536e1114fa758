import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EventLog } from "@segmeter/event-log";
import { createTraffic } from "@segmeter/testkit";
import Fastify from "fastify";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createCaller, NO_RESTRICTION } from "../src/access/caller.ts";
import { addBackup } from "../src/http/backup.ts";
import { handleProblems } from "../src/http/problem.ts";
import { runCli } from "./cli-process.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";

const HOUR_MS = 3_600_000;
const ACCOUNT = "kept";
/** Of SQLite's. */
const PAGE_BYTES = 4_096;

let gateway: TestGateway;
let folder: Awaited<ReturnType<typeof createTestFolder>>;
let file: string;

beforeEach(async () => {
  gateway = await startTestGateway();
  folder = await createTestFolder();
  file = join(folder.path, "backup");
  const now = Date.now();
  const events = createTraffic({ seed: 5, conversationsPerDay: 4_000 }).eventsBetween(now - 2 * HOUR_MS, now);
  for (let at = 0; at < events.length; at += 5_000) await gateway.postEvents(ACCOUNT, events.slice(at, at + 5_000));
});

afterEach(async () => {
  await gateway.close();
  await folder.remove();
});

async function answerOf({ get }: TestGateway, fromMs: number): Promise<string> {
  const { status, text } = await get(
    `/operations/api/account/${ACCOUNT}/msgagentsegments?v=2&fromMillis=${fromMs}&toMillis=${fromMs + HOUR_MS}&skillIds=all`,
  );
  expect(status).toBe(200);
  return text;
}

describe("segmeter backup and restore", () => {
  test("give a new gateway what the one that runs had acknowledged", { timeout: 60_000 }, async () => {
    const fromMs = Date.now() - HOUR_MS;
    const before = await answerOf(gateway, fromMs);

    const backedUp = await runCli(["backup", file, "--url", gateway.url]);
    expect(backedUp).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: expect.stringMatching(/backup: \d+ events of \d+ conversations, checked\n$/),
    });
    expect(await readdir(folder.path)).toEqual(["backup"]);
    expect((await readdir(gateway.config.dataDir)).filter((name) => name.startsWith("backup"))).toEqual([]);

    const dataDir = join(folder.path, "restored");
    const restored = await runCli(["restore", file, "--data-dir", dataDir]);
    expect(restored).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await readdir(dataDir)).toEqual(["events.sqlite"]);
    const other = await startTestGateway({ dataDir });
    try {
      expect(await answerOf(other, fromMs)).toBe(before);
    } finally {
      await other.close();
    }
  });

  test("work on the folder of a gateway that does not run, and not on one that does", { timeout: 60_000 }, async () => {
    const { dataDir } = gateway.config;
    expect(await runCli(["backup", file, "--data-dir", dataDir])).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(/^segmeter: .*events\.sqlite is in use/),
    });
    const elsewhere = join(folder.path, "elsewhere");
    expect(await runCli(["backup", file, "--url", gateway.url])).toMatchObject({ exitCode: 0 });
    expect(await runCli(["restore", file, "--data-dir", elsewhere])).toMatchObject({ exitCode: 0 });

    const again = join(folder.path, "again");
    expect(await runCli(["backup", again, "--data-dir", elsewhere])).toMatchObject({ exitCode: 0 });
    expect((await readFile(again)).length).toBe((await readFile(file)).length);
    expect(await runCli(["backup", `${again}-2`, "--data-dir", join(folder.path, "nothing")])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("there is no event log"),
    });
  });

  test("overwrite nothing", { timeout: 60_000 }, async () => {
    await writeFile(file, "mine");
    expect(await runCli(["backup", file, "--url", gateway.url])).toMatchObject({
      exitCode: 1,
      stderr: `segmeter: ${file} is there already, and is not overwritten; move it away, or name another place\n`,
    });
    expect(await readFile(file, "utf8")).toBe("mine");
    expect(await runCli(["restore", file, "--data-dir", gateway.config.dataDir])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("events.sqlite is there already"),
    });
  });

  test("take nothing that is not whole for a backup, and leave nothing of it", { timeout: 60_000 }, async () => {
    expect(await runCli(["backup", file, "--url", gateway.url])).toMatchObject({ exitCode: 0 });
    const bytes = await readFile(file);
    const changed = Buffer.from(bytes);
    // Of each page one: what is free in a page nobody reads, nor misses.
    for (let at = bytes.length - 300; at > PAGE_BYTES; at -= PAGE_BYTES) changed[at]! ^= 1;
    const dataDir = join(folder.path, "restored");
    for (const [wrong, why] of [
      [bytes.subarray(0, bytes.length - PAGE_BYTES), "is damaged"],
      [changed, "is damaged"],
      [Buffer.from("notes"), "is not an event log"],
    ] as const) {
      await writeFile(file, wrong);
      expect(await runCli(["restore", file, "--data-dir", dataDir])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(why) });
      expect(await readdir(dataDir)).toEqual([]);
    }
  });

  test("need the scope admin for everything", { timeout: 60_000 }, async () => {
    const { dataDir } = gateway.config;
    const create = async (...rights: string[]): Promise<string> =>
      (await runCli(["keys", "create", "--data-dir", dataDir, "--name", "x", ...rights])).stdout.trim();
    const some = await create("--scope", "read", "admin", "--account", ACCOUNT);
    const reader = await create("--scope", "read", "--all-accounts");
    const admin = await create("--scope", "admin", "--all-accounts");
    await new Promise((resolve) => setTimeout(resolve, 1_100));

    for (const [token, status] of [
      [some, 403],
      [reader, 403],
      ["nobody", 401],
    ] as const) {
      const refused = await runCli(["backup", file, "--url", gateway.url, "--token", token]);
      expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`the gateway answered ${status}`) });
    }
    expect(await runCli(["backup", file, "--url", gateway.url, "--token", admin])).toMatchObject({ exitCode: 0 });
  });

  test("one that is given up is made to its end before the next begins", async () => {
    const { promise: mayCopy, resolve: letCopy } = Promise.withResolvers<void>();
    const copyTo = vi.fn<EventLog["copyTo"]>(async (path) => {
      await mayCopy;
      await writeFile(path, `copy ${copyTo.mock.calls.length}`);
    });
    const app = Fastify();
    handleProblems(app);
    const everybody = createCaller("everybody", { accounts: null, scopes: ["admin"], restriction: NO_RESTRICTION }, () => true);
    app.decorateRequest("caller", { getter: () => everybody });
    addBackup(app, { copyTo } as Partial<EventLog> as EventLog, folder.path);
    const url = `${await app.listen()}/v1/backup`;
    onTestFinished(() => app.close());

    const givingUp = new AbortController();
    const left = new Promise((resolve) => void app.server.once("request", (_, response) => response.once("close", resolve)));
    const given = fetch(url, { method: "POST", signal: givingUp.signal }).catch(() => null);
    await expect.poll(() => copyTo.mock.calls.length).toBe(1);
    givingUp.abort();
    await Promise.all([given, left]);
    const tooEarly = await fetch(url, { method: "POST" });
    expect([tooEarly.status, tooEarly.headers.get("retry-after")]).toEqual([503, "10"]);

    letCopy();
    const next = async (): Promise<readonly [number, string]> => {
      const response = await fetch(url, { method: "POST" });
      return [response.status, await response.text()];
    };
    await expect.poll(next).toEqual([200, "copy 2"]);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("a page of another origin may not ask for a backup, and where nobody listens that is said", async () => {
    const response = await fetch(`${gateway.url}/v1/backup`, { method: "POST", headers: { origin: "https://example.com" } });
    expect(response.status).toBe(403);
    const nobody = await runCli(["backup", file, "--url", "http://127.0.0.1:9"]);
    expect(nobody).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("no gateway answers at http://127.0.0.1:9/v1/backup") });
  });
});
