import { request, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { spawnGateway } from "../gateway-process.ts";
import { createTestFolder } from "../test-gateway.ts";

const SECRETS = ["secret-token", "secret-cookie", "secret-query", "secret-body", "secret-message"];

test(
  "a line of the log is one request's, whatever stands in its URL, and holds no token and nothing of what was said",
  { timeout: 60_000 },
  async () => {
    const folder = await createTestFolder();
    onTestFinished(folder.remove);
    const gateway = await spawnGateway({ DATA_DIR: folder.path, LOG_LEVEL: "trace" });
    // Before its folder goes: what was said last is done first.
    onTestFinished(gateway.kill);
    let logged = "";
    gateway.child.stdout!.on("data", (chunk: Buffer) => (logged += chunk.toString()));
    const forged = encodeURIComponent('x"}\n{"level":60,"msg":"forged"}\n');
    const paths = [
      `/v1/accounts/${forged}/events`,
      `/operations/api/account/${forged}/msgagentsegments?v=1&agentIds=${forged}&token=secret-query`,
      `/${forged}`,
      `/graphql?query=%7Bx%7D&secret-query=1`,
      "/%",
      "/a%0d%0aset-cookie:%20x",
    ];
    for (const path of paths) for (const method of ["GET", "POST"]) await ask(gateway.url, method, path);
    const ended = once(gateway.child.stdout!, "end");
    expect(await gateway.stop()).toBe(0);
    await ended;

    const lines = logged
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly msg: string; readonly path?: string });
    expect(lines.filter(({ msg }) => msg === "forged")).toEqual([]);
    const asked = paths.flatMap((path) => [path.split("?")[0], path.split("?")[0]]);
    expect(lines.filter(({ msg, path }) => msg === "request" && path !== "/readyz").map(({ path }) => path)).toEqual(asked);
    for (const secret of SECRETS) expect(logged).not.toContain(secret);
  },
);

async function ask(url: string, method: string, path: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const body = '[{"eventId":"secret-body","text":"secret-message"}]';
  const sent = request({
    hostname,
    port,
    method,
    path,
    headers: {
      authorization: "Bearer secret-token",
      cookie: "segmeter_session=secret-cookie",
      "content-type": "application/json",
      "content-length": method === "POST" ? body.length : 0,
    },
  });
  sent.end(method === "POST" ? body : undefined);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
}
