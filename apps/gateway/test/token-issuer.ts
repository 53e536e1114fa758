import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JSONWebKeySet } from "jose";
import type { TokenConfig } from "../src/access/token-verifier.ts";

export const ISSUER = "https://issuer.test";
export const AUDIENCE = "segmeter";

/** Signs tokens as an identity provider does. */
export interface TokenIssuer {
  readonly jwks: JSONWebKeySet;
  /** Signs with the first key unless told otherwise; `undefined` leaves a claim out. */
  readonly sign: (claims?: Readonly<Record<string, unknown>>, options?: SignOptions) => Promise<string>;
  readonly configFor: (jwks: string) => TokenConfig;
}

interface SignOptions {
  readonly algorithm?: string;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** @param algorithms a key for each */
export async function createTokenIssuer(algorithms: readonly string[] = ["ES256"]): Promise<TokenIssuer> {
  const keys = new Map<string, CryptoKey>();
  const jwks: JSONWebKeySet = { keys: [] };
  for (const algorithm of algorithms) {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    keys.set(algorithm, privateKey);
    jwks.keys.push({ ...(await exportJWK(publicKey)), kid: algorithm, alg: algorithm, use: "sig" });
  }
  return {
    jwks,
    sign: (claims = {}, { algorithm = algorithms[0]!, header = {} } = {}) => {
      const nowS = Math.floor(Date.now() / 1000);
      const payload = { iss: ISSUER, aud: AUDIENCE, sub: "somebody", exp: nowS + 600, scope: "read", accounts: ["*"], ...claims };
      return new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid: algorithm, ...header }).sign(keys.get(algorithm)!);
    },
    configFor: (source) => ({ jwks: source, issuer: ISSUER, audience: AUDIENCE, claimPrefix: "" }),
  };
}

/** Serves keys at a URL of its own; what is served may change. */
export async function serveJwks(answer: { status: number; jwks: unknown }): Promise<{
  readonly url: string;
  /** How often it was asked. */
  readonly askedCount: () => number;
  readonly close: () => void;
}> {
  let askedCount = 0;
  const server = createServer((_request, response) => {
    askedCount += 1;
    response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.jwks));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/jwks`, askedCount: () => askedCount, close: () => server.close() };
}
