import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createApiKey } from "../src/access/api-key.ts";
import { addKey, keyFileIn } from "../src/access/key-file.ts";
import { createTestFolder, startTestGateway, type TestAnswer, type TestGateway } from "./test-gateway.ts";

const FAILURES_MAX = 100;
const PATH = "/operations/api/account/mine/msgagentsegments?v=1&timeframe=60";

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: TestGateway;
let keys: readonly [known: string, fresh: string];
beforeAll(async () => {
  folder = await createTestFolder();
  keys = [await createKey(), await createKey()];
  gateway = await startTestGateway({ dataDir: folder.path, network: { trustedProxies: ["127.0.0.1"], corsOrigins: [] } });
});
afterAll(async () => {
  await gateway.close();
  await folder.remove();
});

describe("wrong credentials", () => {
  test("are counted by address: once there are too many, none from there is looked at but those that were good lately", async () => {
    const [known, fresh] = keys;
    expect((await askFrom("10.0.0.1", known)).status).toBe(200);
    await failFrom("10.0.0.1");
    const refused = await askFrom("10.0.0.1", createApiKey().text);
    expect([refused.status, refused.body]).toMatchObject([
      429,
      { message: "too many wrong credentials came from this address", causes: [] },
    ]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    // Not even a good one: whoever guesses is not told.
    expect((await askFrom("10.0.0.1", fresh)).status).toBe(429);
    expect((await askFrom("10.0.0.1", known)).status).toBe(200);
    expect((await askFrom("10.0.0.2", fresh)).status).toBe(200);
    // Nobody guesses who gives none.
    expect((await gateway.get(PATH, { "x-forwarded-for": "10.0.0.1" })).status).toBe(401);
  });

  test("are counted at every door together", async () => {
    await failFrom("10.0.1.1");
    const wrong = createApiKey().text;
    const headers = { "x-forwarded-for": "10.0.1.1", authorization: `Bearer ${wrong}`, "content-type": "application/json" };
    const ask = async (path: string, body: unknown): Promise<number> =>
      (await fetch(gateway.url + path, { method: "POST", headers, body: JSON.stringify(body) })).status;
    expect(await ask("/v1/accounts/mine/events", [])).toBe(429);
    expect(await ask("/graphql", { query: "{ __typename }" })).toBe(429);
    expect(await ask("/session", { credential: wrong })).toBe(429);
    expect((await gateway.get(PATH, { "x-forwarded-for": "10.0.1.1", cookie: `segmeter_session=${wrong}` })).status).toBe(429);

    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
      headers: { "x-forwarded-for": "10.0.1.1" },
    });
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${wrong}` } }));
    expect((await once(socket, "close"))[0]).toBe(1013);
  });

  test("of IPv6 are counted by the network that one party has", async () => {
    await failFrom("2001:db8:1:2::1");
    const wrong = createApiKey().text;
    expect((await askFrom("2001:db8:1:2:3:4:5:6", wrong)).status).toBe(429);
    expect((await askFrom("2001:db8:1:3::1", wrong)).status).toBe(401);
  });
});

describe("without credentials", () => {
  test("requests of other machines are counted by address, and those of this one are not", async () => {
    const open = await startTestGateway({
      access: { mode: "open", tokens: null, requestsPerSecond: 1 },
      network: { trustedProxies: ["127.0.0.1"], corsOrigins: [] },
    });
    const statusesFrom = async (address: string): Promise<Set<number>> => {
      const asked = Array.from({ length: 11 }, () => open.get(PATH, { "x-forwarded-for": address }));
      return new Set((await Promise.all(asked)).map(({ status }) => status));
    };
    expect(await statusesFrom("10.0.0.1")).toEqual(new Set([200, 429]));
    expect(await statusesFrom("127.0.0.1")).toEqual(new Set([200]));
    await open.close();
  });
});

function askFrom(address: string, key: string): Promise<TestAnswer> {
  return gateway.get(PATH, { "x-forwarded-for": address, authorization: `Bearer ${key}` });
}

/** As often as may be. */
async function failFrom(address: string): Promise<void> {
  const asked = Array.from({ length: FAILURES_MAX }, () => askFrom(address, createApiKey().text));
  expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([401]));
}

async function createKey(): Promise<string> {
  const request = { name: "reader", scopes: ["read" as const], accounts: ["mine"], expiresAt: null };
  const none = { agentIds: null, groupIds: null, skillIds: null };
  return (await addKey(keyFileIn(folder.path), { ...request, ...none }, Date.now())).text;
}
