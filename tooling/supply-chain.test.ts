import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ROOT } from "./pnpm.ts";

test("what production runs on is under licences that are allowed, and listed", async () => {
  expect(await run(["tooling/licences.ts", "--check"])).toEqual({ exitCode: 0, output: "" });
});

test("a serious vulnerability that the registry knows of fails the audit", async () => {
  const answer = advisory("high");
  expect(await audit((_request, response) => response.end(answer))).toEqual({
    exitCode: 1,
    output: expect.stringContaining("audit: high: fastify: All of it (https://example.com/1)"),
  });
});

test("one that is not serious does not", async () => {
  const answer = advisory("moderate");
  expect(await audit((_request, response) => response.end(answer))).toEqual({
    exitCode: 0,
    output: expect.stringContaining('"moderate":1'),
  });
});

test("nor does a registry that tells nothing, or not in time", async () => {
  const unchecked = { exitCode: 0, output: expect.stringContaining("the registry did not answer, nothing was checked") };
  expect(await audit((_request, response) => response.writeHead(405).end())).toEqual(unchecked);
  expect(await audit(() => undefined, 3_000)).toEqual(unchecked);
});

function advisory(severity: string): string {
  const url = "https://example.com/1";
  return JSON.stringify({
    fastify: [{ id: 1, url, title: "All of it", severity, vulnerable_versions: ">=0", cwe: [], cvss: { score: 5, vectorString: null } }],
  });
}

async function audit(registry: RequestListener, timeoutMs = 30_000): Promise<{ exitCode: number | null; output: string }> {
  const server = createServer(registry).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const result = await run(["tooling/audit.ts", `--registry=http://127.0.0.1:${port}/`, `--timeout-ms=${timeoutMs}`]);
  server.closeAllConnections();
  server.close();
  return result;
}

async function run(args: readonly string[]): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  return { exitCode: child.exitCode, output };
}
