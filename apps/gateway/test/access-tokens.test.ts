import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from "jose";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Access } from "../src/access/access.ts";
import type { Caller } from "../src/access/caller.ts";
import type { TokenConfig } from "../src/access/token-verifier.ts";
import { statusOf } from "./access-status.ts";
import { createTestFolder } from "./test-gateway.ts";
import { AUDIENCE, createTokenIssuer, ISSUER, serveJwks, type TokenIssuer } from "./token-issuer.ts";

const ALGORITHMS = ["RS256", "ES256", "EdDSA"];
const HOUR_S = 3600;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let issuer: TokenIssuer;
let jwksFile: string;
beforeAll(async () => {
  folder = await createTestFolder();
  issuer = await createTokenIssuer([...ALGORITHMS, "ES384", "PS256"]);
  jwksFile = join(folder.path, "jwks.json");
  await writeFile(jwksFile, JSON.stringify(issuer.jwks));
});
afterAll(() => folder.remove());

const opened: Access[] = [];
afterEach(() => {
  for (const access of opened.splice(0)) access.close();
});

describe("a token", () => {
  for (const algorithm of ALGORITHMS) {
    test(`signed by ${algorithm} is taken, with keys from a file`, async () => {
      const access = await openAccess(issuer.configFor(jwksFile));
      expect((await access.identify(await issuer.sign({ sub: "wall" }, { algorithm }))).name).toBe('token of "wall"');
    });
  }

  test("gives what its claims say", async () => {
    const access = await openAccess(issuer.configFor(jwksFile));
    const rightsOf = async (claims: Readonly<Record<string, unknown>>): Promise<Caller["rights"]> =>
      (await access.identify(await issuer.sign(claims))).rights;
    expect(await rightsOf({ scope: "openid ingest read", accounts: ["a", "b"], agents: ["1"], groups: ["2", "3"], skills: ["4"] })).toEqual(
      {
        accounts: ["a", "b"],
        scopes: ["ingest", "read"],
        restriction: { agentIds: ["1"], groupIds: ["2", "3"], skillIds: ["4"] },
      },
    );
    const UNRESTRICTED = { agentIds: null, groupIds: null, skillIds: null };
    expect(await rightsOf({ accounts: ["*"] })).toEqual({ accounts: null, scopes: ["read"], restriction: UNRESTRICTED });
    expect(await rightsOf({ accounts: undefined, scope: undefined })).toEqual({ accounts: [], scopes: [], restriction: UNRESTRICTED });
    expect((await rightsOf({ agents: [] })).restriction).toEqual({ ...UNRESTRICTED, agentIds: [] });
  });

  test("has its claims under a prefix, if there is one", async () => {
    const access = await openAccess({ ...issuer.configFor(jwksFile), claimPrefix: "https://segmeter.test/" });
    const token = await issuer.sign({
      accounts: ["other"],
      "https://segmeter.test/accounts": ["a"],
      "https://segmeter.test/groups": ["1"],
    });
    const { accounts, restriction } = (await access.identify(token)).rights;
    expect([accounts, restriction.groupIds]).toEqual([["a"], ["1"]]);
  });

  test("is good until it expires, and five seconds more", async () => {
    const atMs = Date.now();
    let nowMs = atMs;
    const access = await openAccess(issuer.configFor(jwksFile), () => nowMs);
    const exp = Math.floor(atMs / 1000) + 60;
    const token = await issuer.sign({ exp });
    const caller = await access.identify(token);
    nowMs = (exp + 5) * 1000 - 1;
    expect([caller.isValid(), (await access.identify(token)).name]).toEqual([true, caller.name]);
    nowMs = (exp + 5) * 1000;
    expect(caller.isValid()).toBe(false);
    await expectRefusal(access, token, 401);
  });

  const WRONG: readonly (readonly [fact: string, make: () => Promise<string> | string])[] = [
    ["of another audience", () => issuer.sign({ aud: "other" })],
    ["without an audience", () => issuer.sign({ aud: undefined })],
    ["of another issuer", () => issuer.sign({ iss: "https://other.test" })],
    ["without an issuer", () => issuer.sign({ iss: undefined })],
    ["that has expired", () => issuer.sign({ exp: secondsFromNow(-10) })],
    ["that never expires", () => issuer.sign({ exp: undefined })],
    ["that is of nobody", () => issuer.sign({ sub: undefined })],
    ["that is not good yet", () => issuer.sign({ nbf: secondsFromNow(HOUR_S) })],
    ["of a key that is unknown", async () => (await createTokenIssuer(["ES256"])).sign()],
    ["of a key that names itself", signedWithOwnKey],
    ["that is not signed", () => new UnsecuredJWT(goodClaims()).encode()],
    ["that is signed with a secret everybody knows: the public key", signedWithPublicKey],
    ["signed by an algorithm that is not taken, though its key is there", () => issuer.sign({}, { algorithm: "ES384" })],
    ["signed by PS256", () => issuer.sign({}, { algorithm: "PS256" })],
    ["whose signature is of another", async () => swapped(await issuer.sign(), await issuer.sign({ sub: "other" }), 2)],
    ["whose claims are of another", async () => swapped(await issuer.sign(), await issuer.sign({ sub: "other" }), 1)],
    ["without its signature", async () => (await issuer.sign()).split(".").slice(0, 2).join(".") + "."],
    ["that is too long", () => issuer.sign({ padding: "x".repeat(10_000) })],
    ["that is none", () => "x.y.z"],
    ["that is a word", () => "secret"],
    ["that is empty", () => ""],
    ["with agents that are no list", () => issuer.sign({ agents: "12" })],
    ["with groups that are null", () => issuer.sign({ groups: null })],
    ["with a skill that is no id", () => issuer.sign({ skills: [12] })],
    ["with an account that is none", () => issuer.sign({ accounts: ["a b"] })],
    ["with a scope that is no text", () => issuer.sign({ scope: ["read"] })],
  ];
  for (const [fact, make] of WRONG) {
    test(`${fact} is refused`, async () => {
      const access = await openAccess(issuer.configFor(jwksFile));
      await expectRefusal(access, await make(), 401);
    });
  }

  test("is refused where none is configured", async () => {
    const access = await openAccess(null);
    await expectRefusal(access, await issuer.sign(), 401);
  });
});

describe("the issuer's keys", () => {
  test("come from a URL, once", async () => {
    const served = await serveJwks({ status: 200, jwks: issuer.jwks });
    const access = await openAccess(issuer.configFor(served.url));
    for (const algorithm of ALGORITHMS) await access.identify(await issuer.sign({}, { algorithm }));
    // A key that nobody knows does not make the gateway ask again at once.
    for (let i = 0; i < 5; i++) await expectRefusal(access, await issuer.sign({}, { header: { kid: `unknown${i}` } }), 401);
    expect(served.askedCount()).toBe(1);
    served.close();
  });

  test("that are out of reach are no reason to let somebody in, nor to ask for them with every request", async () => {
    const served = await serveJwks({ status: 500, jwks: {} });
    const access = await openAccess(issuer.configFor(served.url));
    const token = await issuer.sign();
    for (let i = 0; i < 5; i++) await expectRefusal(access, token, 503);
    expect(served.askedCount()).toBe(1);
    served.close();
  });

  test("are good until they are too old, though a token of an unknown one had them asked for in vain", async () => {
    const answer = { status: 200, jwks: issuer.jwks as unknown };
    const served = await serveJwks(answer);
    const access = await openAccess(issuer.configFor(served.url));
    const [good, unknown] = [await issuer.sign(), await issuer.sign({}, { header: { kid: "unknown" } })];
    await access.identify(good);
    answer.status = 500;
    // So long after an answer the keys may be asked for again.
    const beganMs = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => beganMs + 31_000);
    for (let i = 0; i < 3; i++) {
      await expectRefusal(access, unknown, 503);
      expect((await access.identify(good)).name).toBe('token of "somebody"');
    }
    expect(served.askedCount()).toBe(2);
    clock.mockImplementation(() => beganMs + 11 * 60_000);
    await expectRefusal(access, good, 503);
    clock.mockRestore();
    served.close();
  });

  test("that are none are none", async () => {
    const served = await serveJwks({ status: 200, jwks: { keys: "none" } });
    const access = await openAccess(issuer.configFor(served.url));
    await expectRefusal(access, await issuer.sign(), 503);
    served.close();
  });

  test("in a file are read again when it changes", async () => {
    const path = join(folder.path, "changing.json");
    const next = await createTokenIssuer();
    await writeFile(path, JSON.stringify(issuer.jwks));
    const access = await openAccess(issuer.configFor(path));
    const [before, after] = [await issuer.sign({}, { algorithm: "ES256" }), await next.sign()];
    await access.identify(before);
    await expectRefusal(access, after, 401);
    await writeFile(path, JSON.stringify(next.jwks));
    await expect.poll(() => access.identify(after).then(({ name }) => name, String)).toBe('token of "somebody"');
    await expectRefusal(access, before, 401);
    await writeFile(path, "{");
    await expect.poll(() => statusOf(access, after)).toBe(503);
  });

  test("in a file that is not there keep the gateway from starting", async () => {
    await expect(openAccess(issuer.configFor(join(folder.path, "nowhere.json")))).rejects.toThrow(
      /^JWT_JWKS: .*nowhere\.json is not there$/,
    );
  });
});

async function openAccess(tokens: TokenConfig | null, now = Date.now): Promise<Access> {
  const access = await Access.open({
    config: { mode: "required", tokens, requestsPerSecond: 100 },
    dataDir: folder.path,
    host: "127.0.0.1",
    logger: pino({ level: "silent" }),
    now,
  });
  opened.push(access);
  return access;
}

async function expectRefusal(access: Access, credential: string, statusCode: number): Promise<void> {
  expect(await statusOf(access, credential)).toBe(statusCode);
}

function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

function goodClaims(): JWTPayload {
  return { iss: ISSUER, aud: AUDIENCE, sub: "somebody", exp: secondsFromNow(HOUR_S), scope: "read", accounts: ["*"] };
}

/** The header brings a key along, under the name of one that is known. */
async function signedWithOwnKey(): Promise<string> {
  const other = await createTokenIssuer(["ES256"]);
  return other.sign({}, { header: { jwk: other.jwks.keys[0], jku: "http://127.0.0.1:1/" } });
}

async function signedWithPublicKey(): Promise<string> {
  const publicKey = await importJWK(issuer.jwks.keys[0]!, "RS256", { extractable: true });
  const secret = new TextEncoder().encode(await exportSPKI(publicKey as CryptoKey));
  return new SignJWT(goodClaims()).setProtectedHeader({ alg: "HS256", kid: "RS256" }).sign(secret);
}

function swapped(token: string, other: string, part: number): string {
  return token.split(".").with(part, other.split(".")[part]!).join(".");
}
