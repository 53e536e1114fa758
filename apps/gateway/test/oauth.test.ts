import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { request as send, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseOAuthHeader, signatureOf } from "../src/access/oauth-signature.ts";
import { addKey, keyFileIn } from "../src/access/key-file.ts";
import { keyRequest } from "./key-request.ts";
import { createTestFolder, startTestGateway, type TestAnswer, type TestGateway } from "./test-gateway.ts";

const KEY = { consumerKey: "app key", consumerSecret: "s&cret=", token: "tökén", tokenSecret: "t/s", accounts: ["demo"] };
const NOW_MS = 1_763_769_600_000;
const PATH = "/operations/api/account/demo/msgagentsegments";

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: TestGateway;
beforeEach(async () => {
  folder = await createTestFolder();
  gateway = await start(() => NOW_MS);
});
afterEach(async () => {
  await gateway.close();
  await folder.remove();
});

async function start(now: () => number): Promise<TestGateway> {
  const oauthKeysFile = join(folder.path, "keys.json");
  await writeFile(oauthKeysFile, JSON.stringify([KEY]));
  return startTestGateway({
    now,
    dataDir: folder.path,
    access: { mode: "required", tokens: null, requestsPerSecond: 100 },
    liveperson: { webhookSecrets: new Map(), publicHost: null, oauthKeysFile },
  });
}

describe("the signature", () => {
  test("is that of the standard's own examples", () => {
    const request = { method: "get", url: "http://PHOTOS.example.net:80/photos?file=vacation.jpg&size=original" };
    const secrets = { consumerSecret: "kd94hf93k423kf44", tokenSecret: "pfkkdhi9sl3r4s00" };
    // RFC 5849, section 1.2, and OAuth Core 1.0, appendix A.
    expect(signatureOf(request, example("chapoH", "137131202", {}), secrets)).toBe("MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    expect(signatureOf(request, example("kllo9940pd9333jh", "1191242096", { oauth_version: "1.0" }), secrets)).toBe(
      "tR3+Ty81lMeYAr/Fid0kMTYa/WM=",
    );
  });

  test("is read from its header, which names nothing twice", () => {
    expect([...parseOAuthHeader('OAuth realm="x", a="1%202",\n b=""')!]).toEqual([
      ["a", "1 2"],
      ["b", ""],
    ]);
    for (const header of ["Bearer x", "OAuth", 'OAuth a="1",a="2"', "OAuth a=1", 'OAuth a="%"'])
      expect(parseOAuthHeader(header)).toBe(null);
  });
});

describe("a signed request", () => {
  const query = "?v=1&timeframe=60&agentIds=4501%2C4502&source=WEB+X";

  test("reads its account, lists and all, and nothing else", async () => {
    expect((await ask(PATH + query)).status).toBe(200);
    expect((await ask(`/operations/api/account/other/msgagentsegments${query}`)).status).toBe(403);
    expect((await ask("/v1/accounts/demo/agents")).status).toBe(403);
    expect((await gateway.get(PATH + query)).status).toBe(401);
  });

  test("is refused when anything about it is wrong", async () => {
    const wrong: readonly Partial<Signing>[] = [
      { parameters: { oauth_consumer_key: "another" } },
      { parameters: { oauth_token: "another" } },
      { parameters: { oauth_signature_method: "PLAINTEXT" } },
      { parameters: { oauth_version: "2.0" } },
      { parameters: { oauth_nonce: "" } },
      { parameters: { oauth_timestamp: String(NOW_MS / 1000 - 301) } },
      { parameters: { oauth_timestamp: String(NOW_MS / 1000 + 301) } },
      { parameters: { oauth_timestamp: "now" } },
      { tokenSecret: "another" },
      { signedUrl: `${gateway.url.replace("http", "https")}${PATH}${query}` },
      { signedUrl: `http://127.0.0.1${PATH}${query}` },
      { signedUrl: `${gateway.url}${PATH}${query}&v=2` },
      { signedMethod: "POST" },
    ];
    for (const signing of wrong) expect([signing, (await ask(PATH + query, signing)).status]).toEqual([signing, 401]);
    for (const timestamp of [NOW_MS / 1000 - 300, NOW_MS / 1000 + 300]) {
      expect((await ask(PATH + query, { parameters: { oauth_timestamp: String(timestamp) } })).status).toBe(200);
    }
  });

  test("is refused where its Host is none, as with any other that was not signed", async () => {
    for (const host of ["[", "a b", "a:99999"]) {
      const asking = send(gateway.url + PATH + query, { headers: { host, authorization: authorizationOf(PATH + query, {}) } });
      const [response] = (await once(asking.end(), "response")) as [IncomingMessage];
      expect([host, response.resume().statusCode]).toEqual([host, 401]);
    }
  });

  test("is good once", async () => {
    const signing = { parameters: { oauth_nonce: "once" } };
    expect([(await ask(PATH + query, signing)).status, (await ask(PATH + query, signing)).status]).toEqual([200, 401]);
    expect((await ask(PATH + query, { parameters: { oauth_nonce: "twice" } })).status).toBe(200);
  });

  test("is good once over a restart too, and past a line that was broken off", async () => {
    const signing = { parameters: { oauth_nonce: "once" } };
    expect((await ask(PATH + query, signing)).status).toBe(200);
    await gateway.close();
    const noncesFile = join(folder.path, "oauth-nonces.ndjson");
    await appendFile(noncesFile, '["tw');
    gateway = await start(() => NOW_MS + 300_000);
    expect((await ask(PATH + query, signing)).status).toBe(401);
    expect((await ask(PATH + query, { parameters: { oauth_nonce: "twice" } })).status).toBe(200);
    await gateway.close();
    // Whoever overheard it is too late with it by now.
    gateway = await start(() => NOW_MS + 301_000);
    expect(await readFile(noncesFile, "utf8")).toBe("");
  });
});

const PYTHON = "/usr/bin/python3";
const hasPython = spawnSync(PYTHON, ["-c", "import requests, requests_oauthlib"]).status === 0;

test.runIf(hasPython)("a script of the original's clients reads the metrics", async () => {
  await gateway.close();
  const feeder = await addKey(keyFileIn(folder.path), keyRequest({ scopes: ["ingest"], accounts: ["demo"] }), Date.now());
  gateway = await start(Date.now);
  const at = Date.now() - 60_000;
  const posted = await gateway.as(feeder.text).postEvents(
    "demo",
    ["4501", "4502", "4503"].flatMap((agentId) => [
      { eventId: "1", conversationId: agentId, at, type: "AGENT_ASSIGNED", agentId },
      { eventId: "2", conversationId: agentId, at: at + 2_000, type: "MESSAGE_SENT", sentBy: "AGENT", agentId },
      { eventId: "3", conversationId: agentId, at: at + 5_000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
    ]),
  );
  expect(posted.status).toBe(200);
  const script = new URL("../../../examples/liveperson-client.py", import.meta.url).pathname;
  const { consumerKey, consumerSecret, token, tokenSecret } = KEY;
  const args = [script, gateway.url, "demo", consumerKey, consumerSecret, token, tokenSecret];
  // This process answers meanwhile.
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(PYTHON, args, (error, stdout, stderr) => resolve(error === null ? stdout : stderr));
  const { agentsMetrics, metricsTotal } = JSON.parse(await promise);
  // It asks for two of the three.
  expect(Object.keys(agentsMetrics.metricsPerAgent)).toEqual(["4501", "4502"]);
  expect(metricsTotal).toMatchObject({ totalAgentConversationSegments: 2, avgAgentSegmentDuration: 5_000 });
});

/** The parameters that both examples share, and those of one. */
function example(nonce: string, timestamp: string, version: object): ReadonlyMap<string, string> {
  return new Map(
    Object.entries({
      oauth_consumer_key: "dpf43f3p2l4k3l03",
      oauth_token: "nnch734d00sl2jdk",
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: timestamp,
      oauth_nonce: nonce,
      ...version,
    }),
  );
}

interface Signing {
  readonly parameters: Readonly<Record<string, string>>;
  readonly tokenSecret: string;
  readonly signedUrl: string;
  readonly signedMethod: string;
}

let nonceCount = 0;

function ask(path: string, signing: Partial<Signing> = {}): Promise<TestAnswer> {
  return gateway.get(path, { authorization: authorizationOf(path, signing) });
}

function authorizationOf(
  path: string,
  { parameters = {}, tokenSecret = KEY.tokenSecret, signedUrl, signedMethod = "GET" }: Partial<Signing>,
): string {
  const given = new Map(
    Object.entries({
      oauth_consumer_key: KEY.consumerKey,
      oauth_token: KEY.token,
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: String(NOW_MS / 1000),
      oauth_nonce: `nonce ${nonceCount++}`,
      oauth_version: "1.0",
      ...parameters,
    }),
  );
  const request = { method: signedMethod, url: signedUrl ?? gateway.url + path };
  const all = [...given, ["oauth_signature", signatureOf(request, given, { consumerSecret: KEY.consumerSecret, tokenSecret })]];
  const header = all.map(([name, value]) => `${name}="${encodeURIComponent(value!)}"`).join(", ");
  return `OAuth realm="", ${header}`;
}
