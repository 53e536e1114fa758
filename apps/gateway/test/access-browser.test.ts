import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { request as send, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { addKey, keyFileIn, type KeyRequest } from "../src/access/key-file.ts";
import { keyRequest } from "./key-request.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const REST = "/operations/api/account/mine/msgagentsegments?v=1&timeframe=60";
const INGEST = "/v1/accounts/mine/events";
const ORIGIN = "https://screens.test";

/** Asks its gateway over HTTP and over a WebSocket, and shows what came. */
const SCRIPT = `
  const say = (text) => document.body.append(text, document.createElement("br"));
  fetch("${REST}").then(async (response) => say("REST " + response.status));
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/graphql", "graphql-transport-ws");
  socket.onopen = () => socket.send('{"type":"connection_init"}');
  socket.onmessage = ({ data }) => say("WebSocket " + JSON.parse(data).type);
  socket.onclose = ({ code }) => say("WebSocket " + code);
  const source = new EventSource("/graphql/stream?query=" + encodeURIComponent("{ __typename }"));
  source.addEventListener("next", ({ data }) => (source.close(), say("SSE " + data)));
  say("cookie [" + document.cookie + "] stored " + (localStorage.length + sessionStorage.length));
`;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: TestGateway;
let reader: string;
let feeder: string;
beforeAll(async () => {
  folder = await createTestFolder();
  reader = await createKey(["read", "ingest", "admin"]);
  feeder = await createKey(["ingest"]);
  const dashboardFolder = join(folder.path, "page");
  await mkdir(join(dashboardFolder, "assets"), { recursive: true });
  await writeFile(
    join(dashboardFolder, "index.html"),
    '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/assets/page.js"></script>',
  );
  await writeFile(join(dashboardFolder, "assets", "page.js"), SCRIPT);
  gateway = await startTestGateway({
    dataDir: folder.path,
    dashboardFolder,
    network: { trustedProxies: ["127.0.0.1"], corsOrigins: [ORIGIN] },
  });
});
afterAll(async () => {
  await gateway.close();
  await folder.remove();
});

describe("a session", () => {
  test("is a cookie that no script reads, no other site sends, and that needs no more than the credential", async () => {
    const response = await logIn(reader);
    expect(response.status).toBe(204);
    expect(response.headers.get("set-cookie")).toBe(`segmeter_session=${reader}; Max-Age=34560000; Path=/; HttpOnly; SameSite=Strict`);
    const behindTls = await logIn(reader, { "x-forwarded-proto": "https" });
    expect(behindTls.headers.get("set-cookie")).toBe(response.headers.get("set-cookie")!.replace("; SameSite", "; Secure; SameSite"));
  });

  test("reads, and does nothing else, whatever the credential may", async () => {
    const cookie = `other=1; segmeter_session=${reader}`;
    expect(await statusOf(REST, { cookie })).toBe(200);
    expect(await statusOf(INGEST, { cookie, "content-type": "application/json" }, "[]")).toBe(403);
    expect(await statusOf("/v1/backup", { cookie }, "")).toBe(403);
    expect(await statusOf(INGEST, { authorization: `Bearer ${reader}`, "content-type": "application/json" }, "[]")).toBe(200);
  });

  test("counts for the gateway's own pages alone", async () => {
    const cookie = `segmeter_session=${reader}`;
    const OWN = [{}, { "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }, { origin: gateway.url }];
    const OTHERS = [
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site" },
      { origin: "http://127.0.0.1:1" },
      { origin: ORIGIN },
      { origin: "null" },
    ];
    for (const headers of OWN) expect([headers, await statusOf(REST, { cookie, ...headers })]).toEqual([headers, 200]);
    for (const headers of OTHERS) expect([headers, await statusOf(REST, { cookie, ...headers })]).toEqual([headers, 401]);
  });

  test("is given to nobody without a credential that reads, and not to other pages", async () => {
    expect((await logIn(`${reader}x`)).status).toBe(401);
    expect((await logIn(feeder)).status).toBe(403);
    expect((await logIn("")).status).toBe(400);
    expect((await logIn("x".repeat(4000))).status).toBe(400);
    expect((await logIn(reader, { "content-type": "text/plain" })).status).toBe(415);
    expect((await logIn(reader, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await logIn(reader, { origin: ORIGIN })).status).toBe(403);
    expect((await fetch(`${gateway.url}/session`)).status).toBe(405);
  });

  test("ends when asked to", async () => {
    const response = await fetch(`${gateway.url}/session`, { method: "DELETE" });
    expect([response.status, response.headers.get("set-cookie")]).toEqual([
      204,
      "segmeter_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict",
    ]);
  });

  test("opens a WebSocket from the gateway's own pages alone", async () => {
    const headers = { cookie: `segmeter_session=${reader}` };
    expect(await initialised({ ...headers, origin: gateway.url })).toBe("acknowledged");
    expect(await initialised({ ...headers, origin: "http://127.0.0.1:1" })).toBe("refused with 403");
    expect(await initialised({ cookie: "segmeter_session=x", origin: gateway.url })).toBe("closed with 4401");
  });
});

describe("a page", () => {
  test("is shown to whoever is known, and sends all others to log in", async () => {
    for (const path of ["/", "/accounts/mine?timeframe=60", "/graphiql"]) {
      const { status, headers } = await fetchPage(path, {});
      expect([status, headers.get("location")]).toEqual([303, `/login?next=${encodeURIComponent(path)}`]);
      expect((await fetchPage(path, { cookie: `segmeter_session=${reader}` })).status).toBe(200);
    }
  });

  test("says what browsers may do with it, as every answer does", async () => {
    for (const path of ["/", "/assets/page.js", "/login", "/graphiql", REST, "/healthz", "/nowhere"]) {
      const { headers } = await fetch(gateway.url + path, { headers: { cookie: `segmeter_session=${reader}` } });
      expect([path, headers.get("content-security-policy")]).toEqual([path, expect.stringContaining("frame-ancestors 'none'")]);
      expect(headers.get("content-security-policy")).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
      expect([headers.get("x-content-type-options"), headers.get("referrer-policy")]).toEqual(["nosniff", "no-referrer"]);
    }
  });
});

test("a page whose owner points its name at this machine gets nothing of an open gateway", async () => {
  const plain = await startTestGateway();
  const { port } = new URL(plain.url);
  const statuses = async (host: string): Promise<number[]> => [
    await statusUnder(plain.url + REST, host),
    await statusUnder(`${plain.url}/graphql/stream?query={__typename}`, host),
    await statusUnder(plain.url + INGEST, host, "[]"),
  ];
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "[::1]", "LOCALHOST"])
    expect([host, ...(await statuses(host))]).toEqual([host, 200, 200, 200]);
  for (const host of [`rebound.test:${port}`, "127.0.0.1.rebound.test", "localhost.rebound.test", "0.0.0.0", "127.0.0.1@rebound.test"])
    expect([host, ...(await statuses(host))]).toEqual([host, 403, 403, 403]);
  const socket = new WebSocket(`${plain.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers: { host: "rebound.test" } });
  socket.on("open", () => socket.send('{"type":"connection_init"}'));
  const [code] = (await once(socket, "close")) as [number];
  expect(code).toBe(4403);
  await plain.close();

  const open = await startTestGateway({ access: { mode: "open", tokens: null, requestsPerSecond: 100 } });
  expect(await statusUnder(open.url + REST, "gateway.test")).toBe(200);
  await open.close();
});

const HOW = existsSync(CHROMIUM) ? "in Chromium" : `where ${CHROMIUM} is installed`;
describe.runIf(existsSync(CHROMIUM))(`a screen ${HOW}`, () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
  }, 60_000);
  afterAll(() => browser.close());

  test("logs in once, and then asks at every door without ever seeing its credential", { timeout: 60_000 }, async () => {
    await page.goto(`${gateway.url}/accounts/mine?timeframe=60`);
    expect(new URL(page.url()).pathname).toBe("/login");
    await page.getByLabel("API key or token").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("the credential is wrong, expired or revoked").waitFor();
    // The browser tells of every answer that is not good.
    expect(complaints.splice(0)).toEqual([expect.stringContaining("401")]);
    await page.getByLabel("API key or token").fill(reader);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.waitForURL(`${gateway.url}/accounts/mine?timeframe=60`);
    for (const text of ["REST 200", "WebSocket connection_ack", 'SSE {"data":{"__typename":"Query"}}', "cookie [] stored 0"])
      await page.getByText(text).waitFor();
    await page.goto(gateway.url);
    await page.getByText("REST 200").waitFor();
    expect(complaints).toEqual([]);
  });

  test("goes to no other site after it has logged in", { timeout: 60_000 }, async () => {
    for (const next of ["https://other.test/", "//other.test/", "javascript:alert(1)", "/\\other.test"]) {
      await page.goto(`${gateway.url}/login?next=${encodeURIComponent(next)}`);
      await page.getByLabel("API key or token").fill(reader);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.waitForURL(`${gateway.url}/`);
    }
  });
});

async function createKey(scopes: KeyRequest["scopes"]): Promise<string> {
  return (await addKey(keyFileIn(folder.path), keyRequest({ scopes }), Date.now())).text;
}

function logIn(credential: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${gateway.url}/session`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ credential }),
  });
}

async function statusOf(path: string, headers: Readonly<Record<string, string>>, body?: string): Promise<number> {
  const response = await fetch(gateway.url + path, body === undefined ? { headers } : { method: "POST", headers, body });
  await response.arrayBuffer();
  return response.status;
}

/** Asks under another name than the URL's. */
async function statusUnder(url: string, host: string, body?: string): Promise<number> {
  const asking = send(url, { method: body === undefined ? "GET" : "POST", headers: { host, "content-type": "application/json" } });
  asking.end(body);
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode!;
}

function fetchPage(path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(gateway.url + path, { redirect: "manual", headers: { accept: "text/html,*/*", ...headers } });
}

async function initialised(headers: Readonly<Record<string, string>>): Promise<string> {
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers });
  socket.on("open", () => socket.send('{"type":"connection_init"}'));
  socket.on("error", () => {});
  const outcome = await Promise.race([
    once(socket, "message").then(() => "acknowledged"),
    once(socket, "close").then(([code]: unknown[]) => `closed with ${String(code)}`),
    once(socket, "unexpected-response").then(
      ([, response]: unknown[]) => `refused with ${(response as { statusCode: number }).statusCode}`,
    ),
  ]);
  socket.terminate();
  return outcome;
}
