import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { createTestFolder } from "../test-gateway.ts";
import { Load, totalOf } from "./load.ts";

let running: GatewayProcess | undefined;
afterEach(() => running?.kill());

// A limit on the size of its files is as good as a full disk, and only Linux can change it from outside.
describe.runIf(process.platform === "linux")("a disk that is full", () => {
  test("refuses events with 503, answers and stays healthy, and takes them when there is room again", { timeout: 60_000 }, async () => {
    const folder = await createTestFolder();
    onTestFinished(folder.remove);
    running = await spawnGateway({ DATA_DIR: folder.path }, ["prlimit", "--fsize=1500000:"]);
    const { url, child } = running;
    const load = new Load();
    while ((await load.postNext(url)) === 200);

    expect(await load.postNext(url)).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await totalOf(url)).toBe(load.acknowledged);

    execFileSync("prlimit", ["--fsize=unlimited:", "--pid", String(child.pid)]);
    await load.sendAgain(url);
    expect(await totalOf(url)).toBe(load.sent);
    expect(await running.stop()).toBe(0);
    running = await spawnGateway({ DATA_DIR: folder.path });
    expect(await totalOf(running.url)).toBe(load.sent);
  });
});
