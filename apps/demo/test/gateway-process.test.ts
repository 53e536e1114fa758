import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../src/ask.ts";
import { startGatewayProcess } from "../src/gateway-process.ts";

/** Listens where it is told, as a gateway does. */
const MAIN = `require("node:http").createServer((_, response) => response.end("ready")).listen(process.env.PORT, process.env.HOST);`;

let folder: string;
let main: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segmeter-"));
  await writeFile((main = join(folder, "main.cjs")), MAIN);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

for (const [name, HOST, url] of [
  ["any free port", "127.0.0.1", /^http:\/\/127\.0\.0\.1:[1-9]\d*$/],
  ["an address of IPv6", "::1", /^http:\/\/\[::1\]:[1-9]\d*$/],
] as const) {
  test(`a gateway on ${name} is found`, async () => {
    const gateway = await startGatewayProcess(main, { ...process.env, HOST, PORT: "0" });
    expect(gateway.url).toMatch(url);
    expect(await ask(gateway.url)).toEqual({ status: 200, text: "ready" });
    gateway.stop("SIGKILL");
    await gateway.exited;
  });
}
