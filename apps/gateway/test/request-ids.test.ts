import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { spawnGateway, type GatewayProcess } from "./gateway-process.ts";
import { createTestFolder, startTestGateway } from "./test-gateway.ts";

const OWN = /^[0-9a-f]{12}-[0-9a-z]+$/;
const REST = "/operations/api/account/a/msgagentsegments?v=1&timeframe=0";

interface LogLine {
  readonly requestId?: string;
  readonly path?: string;
  readonly status?: number;
}

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: GatewayProcess;
const lines: LogLine[] = [];
beforeAll(async () => {
  folder = await createTestFolder();
  gateway = await spawnGateway({ DATA_DIR: folder.path, TRUSTED_PROXIES: "127.0.0.0/8" });
  createInterface({ input: gateway.child.stdout! }).on("line", (line) => lines.push(JSON.parse(line) as LogLine));
});
afterAll(async () => {
  await gateway.stop();
  await folder.remove();
});

async function ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(gateway.url + path, { headers });
}

async function logged(requestId: string): Promise<LogLine> {
  await expect.poll(() => lines.some((line) => line.requestId === requestId)).toBe(true);
  return lines.find((line) => line.requestId === requestId)!;
}

describe("a request", () => {
  test("has a name of its own, in its header, its error and its line of the log", async () => {
    const [first, second] = [await ask(REST), await ask(REST)];
    const { requestId } = (await first.json()) as { readonly requestId: string };
    expect(requestId).toMatch(OWN);
    expect(first.headers.get("x-request-id")).toBe(requestId);
    expect(second.headers.get("x-request-id")).not.toBe(requestId);
    expect(await logged(requestId)).toMatchObject({ path: REST.split("?")[0], status: 400 });
  });

  test("of GraphQL has it in the extensions of each error", async () => {
    const query = "{ one other }";
    const response = await ask(`/graphql?${new URLSearchParams({ query }).toString()}`, { "apollo-require-preflight": "1" });
    const { errors } = (await response.json()) as { readonly errors: readonly { readonly extensions: { readonly requestId: string } }[] };
    const requestId = response.headers.get("x-request-id");
    expect(errors.map(({ extensions }) => extensions.requestId)).toEqual([requestId, requestId]);
    await logged(requestId!);
  });

  test("keeps the name that a trusted proxy gave it", async () => {
    for (const name of ["0af7651916cd43dd8448eb211c80319c", "Root=1-67891233-abcdef012345678912345678", "a".repeat(128)]) {
      const response = await ask(REST, { "x-request-id": name });
      expect(response.headers.get("x-request-id")).toBe(name);
      expect(((await response.json()) as { readonly requestId: string }).requestId).toBe(name);
      expect(await logged(name)).toMatchObject({ status: 400 });
    }
  });

  test("is named anew where that is none: nothing of it gets into the log", async () => {
    for (const name of ["", "a".repeat(129), 'x","level":60,"msg":"forged', "a b", "<script>", "%0a%0d", "\u00fc"]) {
      const response = await ask(REST, { "x-request-id": name });
      const given = response.headers.get("x-request-id")!;
      expect(given).toMatch(OWN);
      await logged(given);
    }
    expect(JSON.stringify(lines)).not.toMatch(/forged|script/);
  });

  test("for a WebSocket has one too, opened or refused", async () => {
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
      headers: { "x-request-id": "a-socket" },
    });
    await new Promise((resolve) => socket.once("open", resolve));
    socket.terminate();
    expect(await logged("a-socket")).toMatchObject({ path: "/graphql", status: 101 });

    const refused = new WebSocket(`${gateway.url.replace("http", "ws")}/elsewhere`, { headers: { "x-request-id": "another-socket" } });
    const header = await new Promise((resolve) => {
      refused.once("unexpected-response", (_request, response) => resolve(response.headers["x-request-id"]));
      refused.once("error", () => undefined);
    });
    expect(header).toBe("another-socket");
    expect(await logged("another-socket")).toMatchObject({ path: "/elsewhere", status: 404 });
  });
});

test("whoever is no trusted proxy cannot name its requests", async () => {
  const open = await startTestGateway();
  const { headers } = await open.get(REST, { "x-request-id": "chosen" });
  expect(headers.get("x-request-id")).toMatch(OWN);
  await open.close();
});
