import { setTimeout as delay } from "node:timers/promises";
import * as fc from "fast-check";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { runCli } from "../cli-process.ts";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { createTestFolder } from "../test-gateway.ts";
import { Load, totalOf } from "./load.ts";

const isLong = process.env["LONG"] === "1";
const ROUNDS = isLong ? 50 : 4;
const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const POSTERS = 4;

let running: GatewayProcess | undefined;
afterEach(() => running?.kill());

test(
  `every acknowledged event counts exactly once after ${ROUNDS} times kill -9 at random moments under load, from seed ${SEED}`,
  { timeout: isLong ? 20 * 60_000 : 60_000 },
  async () => {
    const folder = await createTestFolder();
    onTestFinished(folder.remove);
    const load = new Load();
    const momentsMs = fc.sample(fc.integer({ min: 5, max: 900 }), { seed: SEED, numRuns: ROUNDS });
    for (const [round, momentMs] of momentsMs.entries()) {
      running = await spawnGateway({ DATA_DIR: folder.path });
      const { url, kill } = running;
      const held = await totalOf(url);
      expect([round, held]).toEqual([round, expect.toSatisfy((count: number) => count >= load.acknowledged && count <= load.sent)]);
      // A batch that was never acknowledged is there whole or not at all.
      expect(held % 40).toBe(0);
      const stopping = new AbortController();
      const posting = Promise.all(Array.from({ length: POSTERS }, () => load.run(url, stopping.signal)));
      // However slow the machine is, something was acknowledged before a kill.
      if (round === 0) await vi.waitUntil(() => load.acknowledged > 0, { timeout: 20_000 });
      await delay(momentMs);
      await kill();
      stopping.abort();
      await posting;
      if (isLong) process.stderr.write(`killed ${round + 1} of ${ROUNDS}: ${load.acknowledged} acknowledged, ${load.sent} sent\n`);
    }

    running = await spawnGateway({ DATA_DIR: folder.path });
    await load.sendAgain(running.url);
    expect(await totalOf(running.url)).toBe(load.sent);
    expect(load.acknowledged).toBeGreaterThan(0);
    expect(await running.stop()).toBe(0);
    running = undefined;
    expect(await runCli(["verify", "--data-dir", folder.path])).toMatchObject({ exitCode: 0, stdout: "" });
  },
);
