import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MINUTE_MS } from "@segmeter/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { addKey, keyFileIn, removeKey, type KeyRequest } from "../src/access/key-file.ts";
import { keyRequest } from "./key-request.ts";
import { openClient } from "./open-client.ts";
import { nameless } from "./problem.ts";
import { PUSH_DOORS, type PushClient, type PushDoor } from "./push-clients.ts";
import { createTestFolder, startTestGateway, type TestAnswer, type TestGateway } from "./test-gateway.ts";
import { createTokenIssuer, type TokenIssuer } from "./token-issuer.ts";

const NOW_MS = Date.now();
/** Requests a second; ten seconds of them may come at once. */
const RATE = 30;
const TOTAL = "totalAgentConversationSegments";
const SUBSCRIPTION = `subscription ($id: ID!) { agentSegments(accountId: $id, timeframe: 60, everyMs: 250) { metrics { ${TOTAL} } } }`;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let issuer: TokenIssuer;
let gateway: TestGateway;
let shiftMs = 0;
/** Of the account `mine` unless they say otherwise. */
let keys: Readonly<Record<"reader" | "feeder" | "both" | "everywhere", string>>;
beforeAll(async () => {
  folder = await createTestFolder();
  issuer = await createTokenIssuer();
  const jwks = join(folder.path, "jwks.json");
  await writeFile(jwks, JSON.stringify(issuer.jwks));
  keys = {
    reader: await createKey({ scopes: ["read"] }),
    feeder: await createKey({ scopes: ["ingest"] }),
    both: await createKey({ scopes: ["ingest", "read"] }),
    everywhere: await createKey({ scopes: ["ingest", "read"], accounts: null }),
  };
  gateway = await startTestGateway({
    dataDir: folder.path,
    access: { mode: "auto", tokens: issuer.configFor(jwks), requestsPerSecond: RATE },
    now: () => NOW_MS + shiftMs,
  });
  await gateway.as(keys.everywhere).postEvents("mine", segment("c1", "1"));
  await gateway.as(keys.everywhere).postEvents("theirs", segment("c1", "1"));
});
afterAll(async () => {
  await gateway.close();
  await folder.remove();
});

/** A way to ask about an account; each answers 200 to whoever may. */
interface Door {
  readonly name: string;
  readonly scope: "read" | "ingest";
  readonly path: (accountId: string) => string;
  readonly body?: (accountId: string) => unknown;
  /** Errors are GraphQL's. */
  readonly isGraphql?: boolean;
}

const QUERY = `query ($id: ID!) { account(id: $id) { agentSegments(timeframe: 60) { metrics { ${TOTAL} } } } }`;
const REST = (id: string): string => `/operations/api/account/${id}/msgagentsegments`;

const DOORS: readonly Door[] = [
  { name: "REST GET", scope: "read", path: (id) => `${REST(id)}?v=1&timeframe=60` },
  { name: "REST POST", scope: "read", path: REST, body: () => ({ v: 1, timeframe: 60 }) },
  { name: "ingest", scope: "ingest", path: (id) => `/v1/accounts/${id}/events`, body: () => [] },
  { name: "GraphQL POST", scope: "read", path: () => "/graphql", body: (id) => ({ query: QUERY, variables: { id } }), isGraphql: true },
  { name: "GraphQL GET", scope: "read", path: (id) => `/graphql?${parameters({ query: QUERY, variables: { id } })}`, isGraphql: true },
  {
    name: "the values to filter by",
    scope: "read",
    path: () => "/graphql",
    body: (id) => ({ query: `{ account(id: "${id}") { filterValues { agentIds } } }` }),
    isGraphql: true,
  },
];

for (const door of DOORS) {
  describe(`${door.name} answers`, () => {
    test("200 to whoever may, by key and by token", async () => {
      for (const credential of [keys.both, keys.everywhere, await issuer.sign({ scope: `x ${door.scope}`, accounts: ["mine"] })])
        expect((await ask(door, credential, "mine")).status).toBe(200);
    });

    test("401 to whoever brings nothing, or nothing that is good", async () => {
      const none = await askWith(door, {}, "mine");
      expectRefused(door, none, 401, "expected a credential: Authorization: Bearer …, got none");
      expect(none.headers.get("www-authenticate")).toBe('Bearer realm="segmeter"');
      const wrong = [
        `Bearer ${keys.both}x`,
        `Bearer ${keys.both.slice(0, -1)}`,
        `Basic ${Buffer.from(`x:${keys.both}`).toString("base64")}`,
        keys.both,
        "Bearer",
        `Bearer ${keys.both} ${keys.both}`,
        `Bearer ${await issuer.sign({ aud: "other" })}`,
        `Bearer ${await issuer.sign({ exp: Math.floor(NOW_MS / 1000) - 60 })}`,
        `Bearer ${await (await createTokenIssuer()).sign()}`,
      ];
      for (const authorization of wrong) {
        const answer = await askWith(door, { authorization }, "mine");
        expectRefused(door, answer, 401, "the credential is wrong, expired or revoked");
        expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="segmeter", error="invalid_token"');
      }
    });

    test("403 to whoever has another scope", async () => {
      const other = door.scope === "read" ? keys.feeder : keys.reader;
      expectRefused(door, await ask(door, other, "mine"), 403, `the credential has no scope "${door.scope}"`);
    });

    test("of an account that is not the caller's the same, whether it is there or not", async () => {
      const own = await ask(door, keys.everywhere, "theirs");
      expect(own.status).toBe(200);
      for (const credential of [keys.both, await issuer.sign({ scope: door.scope, accounts: [] })]) {
        const [there, notThere] = [await ask(door, credential, "theirs"), await ask(door, credential, "nobodys")];
        expectRefused(door, there, 403, "the credential is not for this account");
        expect(whole(there)).toEqual(whole(notThere));
      }
    });

    test("for nobody else to keep", async () => {
      const { headers } = await ask(door, keys.both, "mine");
      expect(headers.get("vary")).toContain("authorization, cookie");
      expect(headers.get("cache-control")).toBe("private, no-cache");
    });
  });
}

test("health, the description of REST and the login need no credential", async () => {
  for (const path of ["/healthz", "/readyz", "/openapi.json"]) expect([path, (await gateway.get(path)).status]).toEqual([path, 200]);
  expect((await fetch(`${gateway.url}/login`)).status).toBe(200);
});

test("a body is not read from whoever may not send it", async () => {
  const answer = await gateway.as(keys.reader).post("/v1/accounts/mine/events", "no JSON at all");
  expect(answer.status).toBe(403);
});

test("one operation asks about all its accounts or none", async () => {
  const query = `{ a: account(id: "mine") { id } b: account(id: "theirs") { id } }`;
  const { status, body } = await gateway.as(keys.both).graphql(query);
  expect([status, body]).toMatchObject([403, { data: null, errors: [{ path: ["b"], extensions: { code: "FORBIDDEN" } }] }]);
});

test("an answer that is kept is given to those who may see the same, and to no others", async () => {
  const path = `${REST("mine")}?v=2&fromMillis=${NOW_MS - 60 * MINUTE_MS}&toMillis=${NOW_MS}`;
  const counts: number[] = [];
  for (const token of [await issuer.sign(), await issuer.sign({ groups: ["9"] }), await issuer.sign({ sub: "other" })]) {
    for (let i = 0; i < 3; i++) counts.push((await gateway.as(token).get(path)).body.metricsTotal[TOTAL]);
  }
  expect(counts).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 1]);
});

describe("an ETag", () => {
  const window = `v=2&fromMillis=${NOW_MS - 60 * MINUTE_MS - 1}&toMillis=${NOW_MS - 1}`;

  test("is good for those who may see the same, and for no others", async () => {
    const path = `${REST("mine")}?${window}`;
    const tokens = [await issuer.sign(), await issuer.sign({ sub: "other" }), await issuer.sign({ groups: ["9"] })] as const;
    const [one, same, restricted] = await Promise.all(tokens.map((token) => gateway.as(token).get(path)));
    expect(one!.body.metricsTotal[TOTAL]).toBe(1);
    expect(restricted!.body.metricsTotal[TOTAL]).toBe(0);
    const etag = one!.headers.get("etag")!;
    expect(same!.headers.get("etag")).toBe(etag);
    expect(restricted!.headers.get("etag")).not.toBe(etag);
    const again = async (token: string): Promise<number> => (await fetchWith(token, path, { "if-none-match": etag })).status;
    expect([await again(tokens[0]), await again(tokens[1]), await again(tokens[2])]).toEqual([304, 304, 200]);
  });
});

for (const { name, connect } of PUSH_DOORS) {
  describe(`over ${name}`, () => {
    test("whoever may is pushed to", async () => {
      for (const credential of [keys.reader, await issuer.sign({ accounts: ["mine"] })])
        expect(await openWith(connect, credential).subscribe(SUBSCRIPTION, { id: "mine" }).next()).toEqual(counted(1));
    });

    test("whoever may not is told so", async () => {
      for (const id of ["theirs", "nobodys"]) {
        const { errors } = await openWith(connect, keys.reader).subscribe(SUBSCRIPTION, { id }).next();
        expect(errors).toMatchObject([{ message: "the credential is not for this account", extensions: { code: "FORBIDDEN" } }]);
      }
    });

    test("equal subscriptions of callers with different rights are answered differently", async () => {
      const id = `rights_${name.replace("-", "_")}`;
      await gateway.as(keys.everywhere).postEvents(id, [...segment("a", "1"), ...segment("b", "2"), ...segment("c", "2")]);
      const [all, one, two] = await Promise.all([{}, { groups: ["1"] }, { groups: ["2"] }].map((claims) => issuer.sign(claims)));
      const pushed = [all!, one!, two!].map((token) => openWith(connect, token).subscribe(SUBSCRIPTION, { id }));
      expect(await Promise.all(pushed.map(({ next }) => next()))).toEqual([counted(3), counted(1), counted(2)]);
      await gateway.as(keys.everywhere).postEvents(id, segment("d", "1"));
      expect([await pushed[0]!.next(), await pushed[1]!.next()]).toEqual([counted(4), counted(2)]);
      await gateway.as(keys.everywhere).postEvents(id, segment("e", "2"));
      expect([await pushed[0]!.next(), await pushed[2]!.next()]).toEqual([counted(5), counted(3)]);
      expect(pushed[1]!.waiting).toEqual([]);
    });

    test("a key that is revoked is pushed to no more, and others are", async () => {
      const id = `revoked_${name.replace("-", "_")}`;
      const key = await createKey({ scopes: ["read"], accounts: null });
      await expect.poll(async () => (await gateway.as(key).get(`${REST(id)}?v=1&timeframe=60`)).status).toBe(200);
      const [revoked, other] = [openWith(connect, key), openWith(connect, keys.everywhere)].map((client) =>
        client.subscribe(SUBSCRIPTION, { id }),
      );
      expect([await revoked!.next(), await other!.next()]).toEqual([counted(0), counted(0)]);
      await removeKey(keyFileIn(folder.path), idOf(key));
      const { errors } = await revoked!.next();
      expect(errors?.[0]?.message).toMatch(
        name === "graphql-ws" ? /^4401 the credential is wrong, expired or revoked$/ : /network|terminated|fetch/i,
      );
      await gateway.as(keys.everywhere).postEvents(id, segment("a", "1"));
      expect(await other!.next()).toEqual(counted(1));
      expect([revoked!.isOver(), revoked!.waiting]).toEqual([true, []]);
      expect((await gateway.as(key).get(`${REST(id)}?v=1&timeframe=60`)).status).toBe(401);
    });

    test("a token that expires is pushed to no more", async () => {
      const pushed = openWith(connect, await issuer.sign({ exp: Math.floor((NOW_MS + shiftMs) / 1000) + 60 })).subscribe(SUBSCRIPTION, {
        id: "quiet",
      });
      expect(await pushed.next()).toEqual(counted(0));
      shiftMs += 66_000;
      expect((await pushed.next()).errors).toBeDefined();
      shiftMs -= 66_000;
    });
  });
}

describe("whoever asks too often", () => {
  test("is told so, and when to come again; others are not", async () => {
    const [often, other] = [await issuer.sign({ sub: "often", scope: "read ingest" }), await issuer.sign({ sub: "other" })];
    const asked = await Promise.all(Array.from({ length: RATE * 10 + 5 }, () => gateway.as(often).get(`${REST("mine")}?v=1&timeframe=60`)));
    expect(Map.groupBy(asked, ({ status }) => status).get(200)).toHaveLength(RATE * 10);
    for (const door of DOORS) {
      const { status, headers, body } = await ask(door, often, "mine");
      expect([door.name, status, body]).toMatchObject([door.name, 429, { message: TOO_OFTEN, causes: [] }]);
      expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(10);
      if (door.scope === "read") expect((await ask(door, other, "mine")).status).toBe(200);
    }
    for (const { name, connect } of PUSH_DOORS) {
      const { errors } = await openWith(connect, often).subscribe(SUBSCRIPTION, { id: "mine" }).next();
      expect([name, errors]).toMatchObject([name, [{ message: expect.stringMatching(/at most 30 requests a second|Too Many Requests/) }]]);
      expect(await openWith(connect, other).subscribe(SUBSCRIPTION, { id: "mine" }).next()).toEqual(counted(1));
    }
  });
});

const TOO_OFTEN = `expected at most ${RATE} requests a second with one credential, or from one address where none is asked for`;

describe("a WebSocket", () => {
  test("takes the credential in the header as well", async () => {
    expect(await connectionOf({ headers: { authorization: `Bearer ${keys.reader}` } })).toBe("acknowledged");
    expect(await connectionOf({ headers: { authorization: `Bearer ${keys.reader}x` } })).toBe(
      "4401 the credential is wrong, expired or revoked",
    );
  });

  test("closes for whoever may not", async () => {
    expect(await connectionOf({})).toBe("4401 expected a credential: Authorization: Bearer …, got none");
    expect(await connectionOf({ payload: { authorization: `Bearer ${keys.feeder}` } })).toBe('4403 the credential has no scope "read"');
    for (const authorization of ["", {}, 1, [], ["Bearer"], keys.reader])
      expect(await connectionOf({ payload: { authorization } })).toBe("4401 the credential is wrong, expired or revoked");
  });
});

function openWith(connect: PushDoor["connect"], credential: string): PushClient {
  return openClient(connect, gateway, { headers: { authorization: `Bearer ${credential}` }, retryAttempts: 0 });
}

let keyCount = 0;
async function createKey(request: Partial<KeyRequest>): Promise<string> {
  const named = keyRequest({ name: `key ${keyCount++}`, accounts: ["mine"], ...request });
  return (await addKey(keyFileIn(folder.path), named, NOW_MS)).text;
}

function idOf(key: string): string {
  return key.split("_")[1]!;
}

function ask(door: Door, credential: string, accountId: string): Promise<TestAnswer> {
  return askWith(door, { authorization: `Bearer ${credential}` }, accountId);
}

async function askWith({ path, body }: Door, headers: Readonly<Record<string, string>>, accountId: string): Promise<TestAnswer> {
  const init: RequestInit = body
    ? { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body(accountId)) }
    : { headers: { ...headers, "apollo-require-preflight": "1" } };
  const response = await fetch(gateway.url + path(accountId), init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

function fetchWith(credential: string, path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(gateway.url + path, { headers: { "cache-control": "max-age=0", ...headers, authorization: `Bearer ${credential}` } });
}

function expectRefused({ isGraphql }: Door, { status, body }: TestAnswer, expected: number, message: string): void {
  const code = expected === 401 ? "UNAUTHENTICATED" : "FORBIDDEN";
  const shape = isGraphql ? { errors: [{ message, extensions: { code, causes: [] } }] } : { message, causes: [] };
  expect([status, body]).toMatchObject([expected, shape]);
}

/** All that a caller gets to see, but for the time, what it took, and the request's own name. */
function whole({ status, headers, text }: TestAnswer): unknown {
  return [status, nameless(text), [...headers].filter(([name]) => !["date", "server-timing", "x-request-id"].includes(name))];
}

function parameters({ query, variables }: { readonly query: string; readonly variables: object }): string {
  return new URLSearchParams({ query, variables: JSON.stringify(variables) }).toString();
}

function counted(count: number): object {
  return { data: { agentSegments: { metrics: { [TOTAL]: count } } } };
}

function segment(conversationId: string, groupId: string): object[] {
  const at = NOW_MS - MINUTE_MS;
  return [
    { eventId: "1", conversationId, at, type: "AGENT_ASSIGNED", agentId: "4501", skillId: "21", groupId },
    { eventId: "2", conversationId, at: at + 1000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

/** @returns what becomes of a connection: `acknowledged`, or the code and reason of its close */
async function connectionOf({
  headers = {},
  payload,
}: {
  readonly headers?: Record<string, string>;
  readonly payload?: object;
}): Promise<string> {
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init", payload }));
  const outcome = await Promise.race([
    once(socket, "message").then(() => "acknowledged"),
    once(socket, "close").then(([code, reason]: unknown[]) => `${String(code)} ${String(reason)}`),
  ]);
  socket.terminate();
  return outcome;
}
