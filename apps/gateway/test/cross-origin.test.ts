import { once } from "node:events";
import { request as send, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { addKey, keyFileIn } from "../src/access/key-file.ts";
import { keyRequest } from "./key-request.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";

const REST = "/operations/api/account/mine/msgagentsegments?v=1&timeframe=60";
const INGEST = "/v1/accounts/mine/events";
const STREAM = `/graphql/stream?query=${encodeURIComponent("{ __typename }")}`;
const ORIGIN = "https://screens.test";
const MIB = 1024 * 1024;
const FAILURES_MAX = 100;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: TestGateway;
let authorization: string;
beforeAll(async () => {
  folder = await createTestFolder();
  const { text } = await addKey(keyFileIn(folder.path), keyRequest({ scopes: ["read", "ingest"] }), Date.now());
  authorization = `Bearer ${text}`;
  gateway = await startTestGateway({ dataDir: folder.path, network: { trustedProxies: ["127.0.0.1"], corsOrigins: [ORIGIN] } });
});
afterAll(async () => {
  await gateway.close();
  await folder.remove();
});

describe("a page of another origin", () => {
  test("that is named may ask with a credential of its own", async () => {
    const asked = await preflight(ORIGIN);
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(asked.headers.get("access-control-allow-credentials")).toBeNull();
    for (const path of [REST, STREAM]) {
      const answer = await fetch(gateway.url + path, { headers: { origin: ORIGIN, authorization } });
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, ORIGIN]);
      expect(answer.headers.get("vary")?.toLowerCase()).toMatch(/origin.*authorization/);
      await answer.body?.cancel();
    }
  });

  test("that is not named may not, nor any where none is", async () => {
    const plain = await startTestGateway();
    for (const response of [
      await preflight("https://other.test"),
      await fetch(plain.url + REST, { method: "OPTIONS", headers: { origin: ORIGIN } }),
    ])
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    await plain.close();
  });
});

describe("a refusal is for pages of named origins to read, and for no others:", () => {
  test("401", async () => {
    for (const path of [REST, INGEST, STREAM]) await expectRefusal(401, path, {});
    await expectRefusal(401, REST, { authorization: "Bearer wrong" });
  });

  test("404 and 405", async () => {
    await expectRefusal(404, "/nowhere", {});
    await expectRefusal(405, "/healthz", { "content-length": "2" }, "POST");
  });

  test("413", () => expectRefusal(413, INGEST, { authorization, "content-type": "application/json", "content-length": `${17 * MIB}` }));

  test("415, of a body that is packed and of one of another type", async () => {
    await expectRefusal(415, INGEST, { authorization, "content-type": "application/json", "content-encoding": "gzip" });
    await expectRefusal(415, INGEST, { authorization, "content-type": "text/xml", "content-length": "2" });
  });

  test("429", async () => {
    const headers = { authorization: "Bearer wrong", "x-forwarded-for": "10.0.0.1" };
    for (let i = 0; i < FAILURES_MAX; i++) await (await fetch(gateway.url + REST, { headers })).arrayBuffer();
    await expectRefusal(429, REST, headers);
  });

  test("503, while more bodies are being received than there is room for", async () => {
    const bodies = Array.from({ length: 5 }, () => beginPost(15 * MIB));
    onTestFinished(() => bodies.forEach((body) => body.destroy()));
    const large = { authorization, "content-type": "application/json", "content-length": `${100 * MIB}` };
    await vi.waitFor(async () => expect((await ask(INGEST, large, "POST")).status).toBe(503), { timeout: 10_000 });
    await expectRefusal(503, INGEST, large);
  });
});

async function expectRefusal(status: number, path: string, headers: Readonly<Record<string, string>>, method?: string): Promise<void> {
  for (const [origin, allowed] of [
    [ORIGIN, ORIGIN],
    ["https://other.test", undefined],
  ] as const) {
    const answer = await ask(path, { ...headers, origin }, method ?? (path === INGEST ? "POST" : "GET"));
    const { "access-control-allow-origin": told, "x-content-type-options": sniffing, vary } = answer.headers;
    expect([path, answer.status, told, sniffing]).toEqual([path, status, allowed, "nosniff"]);
    expect(vary?.toLowerCase()).toMatch(/^origin\b/);
  }
}

interface Refused {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Sends nothing but headers, whatever length they tell. */
async function ask(path: string, headers: Readonly<Record<string, string>>, method: string): Promise<Refused> {
  const asking = send(gateway.url + path, { method, headers, agent: false });
  asking.flushHeaders();
  const [{ statusCode, headers: answered }] = (await once(asking, "response")) as [IncomingMessage];
  asking.on("error", () => {}).destroy();
  return { status: statusCode!, headers: answered };
}

/** Sends a body but for its last byte. */
function beginPost(sizeBytes: number): ClientRequest {
  const headers = { authorization, "content-type": "application/json", "content-length": `${sizeBytes + 1}` };
  const posting = send(gateway.url + INGEST, { method: "POST", headers, agent: false }).on("error", () => {});
  posting.write(Buffer.alloc(sizeBytes, " "));
  return posting;
}

/** What a browser asks before it lets a page ask. */
function preflight(origin: string): Promise<Response> {
  return fetch(gateway.url + REST, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
  });
}
