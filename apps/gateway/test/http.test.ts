import { once } from "node:events";
import { METHODS, request as send, type IncomingMessage } from "node:http";
import dns, { type LookupOptions } from "node:dns";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { expectProblem } from "./problem.ts";
import { startTestGateway, type TestAnswer, type TestGateway } from "./test-gateway.ts";

const INGEST = "/v1/accounts/a/events";
const REST = "/operations/api/account/a/msgagentsegments";
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  [INGEST]: ["POST"],
  [REST]: ["GET", "POST"],
  "/graphql": ["GET", "POST"],
  "/graphql/stream": ["GET", "POST"],
  "/graphiql": ["GET"],
  "/": ["GET"],
  "/accounts/a": ["GET"],
  "/healthz": ["GET"],
  "/readyz": ["GET"],
  "/openapi.json": ["GET"],
};

let gateway: TestGateway;
beforeAll(async () => (gateway = await startTestGateway()));
afterAll(() => gateway.close());

describe("a wrong method is a 405 that names the right ones", () => {
  for (const [path, allowed] of Object.entries(ALLOWED)) {
    test(path, async () => {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].filter((one) => !allowed.includes(one))) {
        const answer = await ask(path, { method, ...(method !== "GET" && { body: "{", headers: { "content-type": "text/xml" } }) });
        expect([method, answer.status, answer.headers.get("allow")]).toEqual([method, 405, allowed.join(", ")]);
        expect(answer.body.message).toBe(`expected ${allowed.join(" or ")}, got ${method}`);
        expectProblem(answer);
      }
    });
  }

  test("also where it is one that no path has", async () => {
    for (const [path, allowed] of Object.entries(ALLOWED)) {
      // CONNECT is no request.
      for (const method of METHODS.filter((one) => one !== "CONNECT" && !allowed.includes(one === "HEAD" ? "GET" : one))) {
        const asking = send(gateway.url + path, { method }).end();
        const [answer] = (await once(asking, "response")) as [IncomingMessage];
        answer.resume();
        expect([method, path, answer.statusCode, answer.headers.allow]).toEqual([method, path, 405, allowed.join(", ")]);
      }
    }
  });
});

test("the name localhost is one address, all of whose connections are bounded", async () => {
  const addresses = [
    { address: "127.0.0.1", family: 4 },
    { address: "127.0.0.2", family: 4 },
  ];
  const { lookup } = dns;
  const found: typeof lookup = ((host: string, options: LookupOptions, take: (error: null, found: unknown) => void) =>
    host === "localhost" && options.all ? take(null, addresses) : lookup(host, options, take as never)) as never;
  vi.spyOn(dns, "lookup").mockImplementation(found);
  const local = await startTestGateway({ host: "localhost" });
  onTestFinished(async () => {
    vi.restoreAllMocks();
    await local.close();
  });
  expect(local.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const elsewhere = connect(Number(new URL(local.url).port), "127.0.0.2");
  await expect(once(elsewhere, "connect")).rejects.toThrow("ECONNREFUSED");
});

test("an unknown path is a 404, whatever the method and the body", async () => {
  const paths = [
    "/v1",
    "/v1/accounts/a",
    `${INGEST}/`,
    `/${INGEST}`,
    `${REST}/x`,
    "/V1/accounts/a/events",
    "/operations/api/account/a",
    "/favicon.ico",
    "/accounts",
    "/accounts/a/agents",
    "/assets/none.js",
    "/index.html",
  ];
  for (const path of paths) {
    for (const method of ["GET", "POST"]) {
      const answer = await ask(`${path}?token=secret`, { method });
      expect([path, answer.status, answer.body]).toMatchObject([path, 404, { message: `no such path: ${path}`, causes: [] }]);
    }
  }
});

test("a URL that cannot be decoded is a 400", async () => {
  for (const path of [INGEST, REST]) {
    const answer = await ask(path.replace("/a/", "/%E0%A4%A/"), {
      method: "POST",
      body: "[]",
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).toBe(400);
    expectProblem(answer);
  }
});

describe("what is no request", () => {
  const REQUESTS: readonly (readonly [string, string, number])[] = [
    ["with headers too large is a 431", `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["with a URL too long is a 431", `GET /healthz?${"x".repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 431],
    ["without a protocol is a 400", "GARBAGE\r\n\r\n", 400],
    ["with a wrong length is a 400", `POST ${INGEST} HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n`, 400],
    ["with two lengths is a 400", `POST ${INGEST} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n`, 400],
  ];

  for (const [fact, request, status] of REQUESTS) {
    test(fact, async () => {
      const [head, body] = (await exchange(request)).split("\r\n\r\n") as [string, string];
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head).toMatch(/content-type: application\/json/i);
      const [, requestId] = /^x-request-id: (\S+)$/im.exec(head) ?? [];
      expect(JSON.parse(body)).toEqual({ message: expect.stringMatching(/\S/), causes: [], requestId: requestId! });
    });
  }

  test("and is broken off leaves the gateway as it was", async () => {
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    socket.write(`POST ${INGEST} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n[{`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    expect((await gateway.get("/readyz")).status).toBe(200);
  });
});

describe("parameters of the original method in a body", () => {
  const HOUR = { v: 1, timeframe: 60 };
  const BODIES: readonly (readonly [fact: string, body: unknown, status: number, causes: readonly unknown[]])[] = [
    ["are an object", HOUR, 200, []],
    ["may lack what is optional", { ...HOUR, agentIds: null, interval: null }, 200, []],
    ["may be unknown", { ...HOUR, x: {}, constructor: { prototype: 1 } }, 200, []],
    ["may be unknown, also by the name __proto__", '{"v":1,"timeframe":60,"__proto__":{"agentIds":7}}', 200, []],
    ["are named when they are wrong", { v: 3, metrics: "x" }, 400, [/^v: /, /^metrics: /]],
    ["are no list", [HOUR], 400, [/^body: expected a JSON object/]],
    ["are not null", "null", 400, [/^body: expected a JSON object/]],
    ["are no text", '"v=1"', 400, [/^body: expected a JSON object/]],
    ["are JSON", "v=1&timeframe=60", 400, []],
    ["are not empty", "", 400, []],
    [
      "are not nested, however deep",
      `{"v":1,"timeframe":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      400,
      [/^timeframe: expected once/],
    ],
    ["are at most 4 MiB", { ...HOUR, agentIds: "1,".repeat(2 * 1024 * 1024) }, 413, []],
  ];

  for (const [fact, body, status, causes] of BODIES) {
    test(fact, async () => {
      const answer = await gateway.post(REST, body);
      expect(answer.status).toBe(status);
      if (status === 200) return;
      expectProblem(answer);
      expect(answer.body.causes).toEqual(causes.map((cause) => expect.stringMatching(cause as RegExp)));
    });
  }

  test("may stand in the URL instead, but not in both", async () => {
    expect((await gateway.post(`${REST}?v=1&timeframe=60`, {})).status).toBe(200);
    expect((await gateway.post(`${REST}?v=1`, { timeframe: 60 })).status).toBe(200);
    const twice = await gateway.post(`${REST}?v=1&timeframe=60`, { timeframe: 60 });
    expect([twice.status, twice.body.causes]).toEqual([400, ["timeframe: expected once, got it twice or as a list"]]);
  });

  test("are of JSON's content type", async () => {
    for (const type of ["text/plain", "text/xml", "application/x-www-form-urlencoded", "application/x-ndjson"]) {
      const answer = await gateway.post(REST, JSON.stringify(HOUR), type);
      expect([type, answer.status]).toEqual([type, 415]);
      expectProblem(answer);
    }
  });

  test("name a wrong account beside all else that is wrong", async () => {
    for (const account of ["a-b", "x".repeat(21), "x".repeat(2000), "%00"]) {
      const answer = await gateway.get(`${REST.replace("/a/", `/${account}/`)}?v=1`);
      expect(answer.status).toBe(400);
      expect(answer.body.causes).toEqual([expect.stringMatching(/^accountId: /), "timeframe: required, got nothing"]);
    }
  });

  test("hold long lists of ids", async () => {
    const agentIds = Array.from({ length: 50_000 }, (_, i) => `agent-${i}`).join(",");
    expect((await gateway.post(REST, { ...HOUR, agentIds })).status).toBe(200);
  });
});

async function ask(path: string, init: RequestInit): Promise<TestAnswer> {
  const response = await fetch(gateway.url + path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** Sends bytes as they are, and returns what comes back until the other side ends. */
async function exchange(text: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(text);
  await once(socket, "close");
  return answer;
}
