import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "./cli-process.ts";
import { webSocketDoor } from "./push-clients.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";
import { createTokenIssuer, type TokenIssuer } from "./token-issuer.ts";

const PATH = "/operations/api/account/mine/msgagentsegments?v=1&timeframe=60";
const SUBSCRIPTION = 'subscription { agentSegments(accountId: "mine", timeframe: 60) { metrics { totalAgentConversationSegments } } }';

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let issuer: TokenIssuer;
let gateway: TestGateway;
beforeEach(async () => {
  folder = await createTestFolder();
  issuer = await createTokenIssuer();
  await writeFile(join(folder.path, "jwks.json"), JSON.stringify(issuer.jwks));
  gateway = await start();
});
afterEach(async () => {
  await gateway.close();
  await folder.remove();
});

function start(): Promise<TestGateway> {
  const tokens = issuer.configFor(join(folder.path, "jwks.json"));
  return startTestGateway({ dataDir: folder.path, access: { mode: "auto", tokens, requestsPerSecond: 100 } });
}

const sign = (claims: Readonly<Record<string, unknown>>): Promise<string> => issuer.sign({ accounts: ["mine"], ...claims });

async function statusOf(token: string): Promise<number> {
  return (await gateway.as(token).get(PATH)).status;
}

function tokensCommand(...args: readonly string[]): ReturnType<typeof runCli> {
  return runCli(["tokens", ...args, "--data-dir", folder.path]);
}

describe("a token that is revoked", () => {
  test("by its subject is refused with all of before, ends what it is subscribed to, and a newer one is taken", async () => {
    const nowS = Math.floor(Date.now() / 1000);
    const [older, undated, other] = [
      await sign({ sub: "anna", iat: nowS - 10 }),
      await sign({ sub: "anna", iat: undefined }),
      await sign({ sub: "bert" }),
    ];
    const client = webSocketDoor.connect(gateway, { headers: { authorization: `Bearer ${older}` }, retryAttempts: 0 });
    const pushed = client.subscribe(SUBSCRIPTION);
    await pushed.next();

    expect(await tokensCommand("revoke", "--subject", "anna")).toMatchObject({ exitCode: 0, stdout: "" });
    await expect.poll(() => statusOf(older)).toBe(401);
    expect((await pushed.next()).errors![0]!.message).toContain("4401");
    client.close();
    expect([await statusOf(undated), await statusOf(other)]).toEqual([401, 200]);
    expect(await statusOf(await sign({ sub: "anna", iat: nowS + 60 }))).toBe(200);
    expect((await tokensCommand("list")).stdout).toMatch(/^subject "anna" {2}20\d\d-/);

    await gateway.close();
    gateway = await start();
    expect([await statusOf(older), await statusOf(other)]).toEqual([401, 200]);
  });

  test("by its id is refused alone", async () => {
    const [one, two] = [await sign({ jti: "one" }), await sign({ jti: "two" })];
    await tokensCommand("revoke", "--id", "one");
    await expect.poll(() => statusOf(one)).toBe(401);
    expect(await statusOf(two)).toBe(200);
  });

  test("stays so while the file is damaged or gone: no token is good then", async () => {
    const [one, two] = [await sign({ jti: "one" }), await sign({ jti: "two" })];
    await tokensCommand("revoke", "--id", "one");
    await expect.poll(() => statusOf(one)).toBe(401);
    await writeFile(join(folder.path, "revoked-tokens.json"), "{");
    await expect.poll(() => statusOf(two)).toBe(503);
    await rm(join(folder.path, "revoked-tokens.json"));
    await expect.poll(() => statusOf(one)).toBe(503);
    await writeFile(join(folder.path, "revoked-tokens.json"), "{");
    await gateway.close();
    await expect(start()).rejects.toThrow("revoked-tokens.json cannot be read");
    await rm(join(folder.path, "revoked-tokens.json"));
    gateway = await start();
  });

  test("is one or the other, or nothing is revoked", async () => {
    for (const args of [[], ["--subject", "a", "--id", "b"]]) {
      const { exitCode, stderr } = await tokensCommand("revoke", ...args);
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining("expected either --subject or --id")]);
    }
  });
});
