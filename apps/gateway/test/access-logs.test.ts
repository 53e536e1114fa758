import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addKey, keyFileIn, removeKey } from "../src/access/key-file.ts";
import { keyRequest } from "./key-request.ts";
import { spawnGateway, type GatewayProcess } from "./gateway-process.ts";
import { PUSH_DOORS } from "./push-clients.ts";
import { createTestFolder } from "./test-gateway.ts";
import { AUDIENCE, createTokenIssuer, ISSUER } from "./token-issuer.ts";

const REST = "/operations/api/account/a/msgagentsegments?v=1&timeframe=60";
const REQUEST = keyRequest({ name: "the wall" });

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: GatewayProcess | null = null;
beforeEach(async () => (folder = await createTestFolder()));
afterEach(async () => {
  await gateway?.stop();
  await folder.remove();
});

test("the log names keys by their ids and says what was refused, and holds no credential, good or bad", async () => {
  const issuer = await createTokenIssuer();
  const JWT_JWKS = join(folder.path, "jwks.json");
  await writeFile(JWT_JWKS, JSON.stringify(issuer.jwks));
  const [kept, revoked] = [await addKey(keyFileIn(folder.path), REQUEST, 0), await addKey(keyFileIn(folder.path), REQUEST, 0)];
  gateway = await spawnGateway({ DATA_DIR: folder.path, LOG_LEVEL: "trace", JWT_JWKS, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE });
  let log = "";
  gateway.child.stdout!.on("data", (chunk: Buffer) => (log += chunk.toString()));
  gateway.child.stderr!.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const { url } = gateway;

  const tokens = [await issuer.sign({ sub: "good" }), await issuer.sign({ aud: "other" }), await issuer.sign({ agents: "secret-claim" })];
  const credentials = [kept.text, `${kept.text}x`, revoked.text, ...tokens, "a-secret-word"];
  const isRevoked = async (): Promise<boolean> =>
    (await fetch(url + REST, { headers: { authorization: `Bearer ${revoked.text}` } })).status === 401;
  await removeKey(keyFileIn(folder.path), revoked.id);
  await expect.poll(isRevoked).toBe(true);
  for (const credential of credentials) {
    await fetch(url + REST, { headers: { authorization: `Bearer ${credential}` } });
    await fetch(url + REST, { headers: { authorization: `Basic ${credential}` } });
    await fetch(url + REST, { headers: { cookie: `segmeter_session=${credential}` } });
    await fetch(`${url + REST}&access_token=${credential}`);
    await fetch(`${url}/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ credential }),
    });
    for (const { connect } of PUSH_DOORS) {
      const client = connect({ url }, { headers: { authorization: `Bearer ${credential}` }, retryAttempts: 0 });
      await client.subscribe("{ __typename }").next();
      client.close();
    }
  }
  await expect.poll(() => log).toContain(`"key":"${revoked.id}"`);
  // Its line and the one that says why have the same name.
  const refused = await fetch(url + REST, { headers: { authorization: `Bearer ${revoked.text}` } });
  const requestId = refused.headers.get("x-request-id")!;
  await expect.poll(() => log.split("\n").filter((line) => line.includes(`"requestId":"${requestId}"`))).toHaveLength(2);
  expect(log).toContain(`"requestId":"${requestId}","key":"${revoked.id}","msg":"a credential was refused"`);
  expect(log).toContain(`"caller":"key ${kept.id} \\"the wall\\""`);
  expect(log).toContain('unexpected \\"aud\\" claim value');
  expect(log).toContain("claim agents: expected a list");
  const parts = credentials
    .flatMap((credential) => credential.split(/[.]|_(?=[\w-]{43}x?$)/))
    .filter((part) => part.length > 12 && !part.startsWith("sgm_"));
  expect(parts.length).toBeGreaterThan(credentials.length);
  for (const part of [...parts, "secret-claim"]) expect(log).not.toContain(part);
});
