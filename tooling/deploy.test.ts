import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./pnpm.ts";

const DEPLOY = join(ROOT, "deploy");
const UNITS = ["segmeter.service", "segmeter-health.service", "segmeter-health.timer"];
const ANALYZE = "/usr/bin/systemd-analyze";

describe("the units", () => {
  test.runIf(existsSync(ANALYZE))("are in order, as far as systemd itself can tell without running them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "segmeter-units-"));
    for (const unit of UNITS) {
      const text = await readFile(join(DEPLOY, unit), "utf8");
      // What is started is not installed here.
      await writeFile(join(folder, unit), text.replaceAll("/opt/segmeter/bin/node", "/bin/true"));
    }
    expect(await run(ANALYZE, ["verify", ...UNITS.map((unit) => join(folder, unit))])).toEqual({ exitCode: 0, output: "" });
    await rm(folder, { recursive: true });
  });

  test("let the gateway write to its own folder alone, as a user of its own", () => {
    const unit = readFileSync(join(DEPLOY, "segmeter.service"), "utf8");
    for (const line of [
      "User=segmeter",
      "StateDirectory=segmeter",
      "ProtectSystem=strict",
      "NoNewPrivileges=yes",
      "CapabilityBoundingSet=",
    ])
      expect(unit.split("\n")).toContain(line);
    expect(unit).not.toContain("ReadWritePaths");
  });
});

test("the image runs as nobody's root, on the Node that the tests run on", () => {
  const [build, runtime] = readFileSync(join(DEPLOY, "Dockerfile"), "utf8")
    .split(/^FROM /m)
    .slice(1) as [string, string];
  const { version } = process;
  for (const stage of [build, runtime]) expect(stage).toMatch(new RegExp(`^node:${version.slice(1).split(".")[0]}-`));
  expect(runtime).toMatch(/^USER node$/m);
  expect(runtime).toMatch(/^HEALTHCHECK .*CMD \["node", /m);
});

describe("the health check", () => {
  test("tells by its status whether the gateway answers well", async () => {
    expect(await check([200], ["/healthz", "1"])).toEqual({ exitCode: 0, output: "" });
    expect(await check([503], ["/readyz", "0"])).toEqual({ exitCode: 1, output: "/readyz: status 503\n" });
  });

  test("waits until it does", async () => {
    expect((await check([503, 503, 200], ["/readyz", "30"])).exitCode).toBe(0);
  });

  test("says so if there is none", async () => {
    const { exitCode, output } = await run(process.execPath, ["health.mjs", "/healthz", "0"], { PORT: "1" });
    expect([exitCode, output]).toEqual([1, "/healthz: connect ECONNREFUSED 127.0.0.1:1\n"]);
  });
});

/** @param statuses that a gateway answers with, one after the other */
async function check(statuses: readonly number[], args: readonly string[]): Promise<{ exitCode: number | null; output: string }> {
  let count = 0;
  const server = createServer((request, response) => {
    expect(request.url).toBe(args[0]);
    response.writeHead(statuses[Math.min(count++, statuses.length - 1)]!).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const result = await run(process.execPath, ["health.mjs", ...args], { PORT: String((server.address() as AddressInfo).port) });
  server.close();
  return result;
}

async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(command, args, { cwd: DEPLOY, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  return { exitCode: child.exitCode, output };
}
