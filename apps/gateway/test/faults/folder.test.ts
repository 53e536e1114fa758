import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../cli-process.ts";
import { runGateway, spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { createTestFolder } from "../test-gateway.ts";
import { Load, totalOf } from "./load.ts";

const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let running: GatewayProcess | undefined;
let path: string;
let load: Load;

beforeEach(async () => {
  folder = await createTestFolder();
  path = join(folder.path, "events.sqlite");
  load = new Load();
  running = await spawnGateway({ DATA_DIR: folder.path });
  for (let i = 0; i < 10; i++) await load.postNext(running.url);
});

afterEach(async () => {
  await running?.kill();
  await folder.remove();
});

describe("a log that is damaged", () => {
  test("is not served: what is wrong and what to do is said, and nothing is changed", { timeout: 60_000 }, async () => {
    await running!.stop();
    const bytes = await readFile(path);
    for (const length of [100, bytes.length - 4_096, bytes.length - 1]) {
      await writeFile(path, bytes);
      await truncate(path, length);
      const { exitCode, stderr } = await runGateway({ DATA_DIR: folder.path });
      expect([length, exitCode]).toEqual([length, 1]);
      expect(stderr).toMatch(/^segmeter: .*events\.sqlite is damaged: .* It is kept as it is\. Restore its folder from a backup, .*\n$/);
      expect((await readFile(path)).length).toBe(length);
    }
  });

  test(`with bits flipped serves what was written or nothing, from seed ${SEED}`, { timeout: 120_000 }, async () => {
    const total = await totalOf(running!.url);
    await running!.stop();
    const bytes = await readFile(path);
    for (const [at, bit] of fc.sample(fc.tuple(fc.nat(bytes.length - 1), fc.nat(7)), { seed: SEED, numRuns: 6 })) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << bit;
      await writeFile(path, changed);
      let isServed = true;
      try {
        running = await spawnGateway({ DATA_DIR: folder.path });
      } catch (error) {
        isServed = false;
        expect([at, bit, String(error)]).toEqual([
          at,
          bit,
          expect.stringMatching(/segmeter: .*events\.sqlite (is damaged|is not|was written)/),
        ]);
        expect(sumOf(await readFile(path))).toBe(sumOf(changed));
      }
      if (!isServed) continue;
      // A bit that nothing was written with.
      expect([at, bit, await totalOf(running!.url)]).toEqual([at, bit, total]);
      await running!.stop();
    }
    running = undefined;
  });

  test("is put right by a backup", { timeout: 60_000 }, async () => {
    const backup = join(folder.path, "backup");
    expect(await runCli(["backup", backup, "--url", running!.url])).toMatchObject({ exitCode: 0 });
    await running!.stop();
    const other = join(folder.path, "restored");
    expect(await runCli(["restore", backup, "--data-dir", other])).toMatchObject({ exitCode: 0 });
    running = await spawnGateway({ DATA_DIR: other });
    expect(await totalOf(running.url)).toBe(load.acknowledged);
  });
});

describe("a data folder", () => {
  test("is one process's: the second says so and ends, and the first goes on", { timeout: 60_000 }, async () => {
    const { exitCode, stderr } = await runGateway({ DATA_DIR: folder.path });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/^segmeter: .*events\.sqlite is in use: .*stop the other one, or use another folder\.\n$/),
    ]);
    expect(await load.postNext(running!.url)).toBe(200);
    expect(await totalOf(running!.url)).toBe(load.acknowledged);
  });

  test("that cannot be made is named", { timeout: 60_000 }, async () => {
    await writeFile(join(folder.path, "file"), "");
    const { exitCode, stderr } = await runGateway({ DATA_DIR: join(folder.path, "file", "data") });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/^segmeter: .*file\/data\/events\.sqlite could not be read or written: ENOTDIR/),
    ]);
  });

  // Root may write everywhere, so it has to become somebody else.
  test.runIf(process.getuid?.() === 0 && process.platform === "linux")(
    "that may not be written is named",
    { timeout: 60_000 },
    async () => {
      const empty = join(folder.path, "empty");
      await mkdir(empty);
      await chmod(folder.path, 0o755);
      const { exitCode, stderr } = await runGateway({ DATA_DIR: empty }, ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(/^segmeter: .*empty\/events\.sqlite could not be read or written: .*check space, permissions/),
      ]);
    },
  );
});

function sumOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
