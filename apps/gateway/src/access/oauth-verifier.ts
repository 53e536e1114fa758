import { timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { accountIdFault } from "@segmeter/engine";
import { z } from "zod";
import { createCaller, NO_RESTRICTION, type Caller } from "./caller.ts";
import { parseOAuthHeader, signatureOf, type SignedRequest } from "./oauth-signature.ts";
import { badCredential } from "./refusal.ts";
import { CLOCK_TOLERANCE_S, type UsedNonces } from "./used-nonces.ts";

const NONCE_LENGTH_MAX = 128;

const text = z.string().min(1).max(256);
const KEY = z.strictObject({
  consumerKey: text,
  consumerSecret: text,
  token: text,
  tokenSecret: text,
  accounts: z.array(z.string().refine((id) => accountIdFault(id) === null, "expected an account")).min(1),
});
const FILE = z.array(KEY).min(1).max(10_000);

type OAuthKey = z.infer<typeof KEY>;

export interface OAuthOptions {
  readonly nonces: UsedNonces;
  readonly now: () => number;
}

/**
 * Checks requests signed by OAuth 1.0a (RFC 5849), as clients of the original API send them: HMAC-SHA1, in the header. Such a
 * client reads, and nothing else.
 */
export class OAuthVerifier {
  readonly #keys: ReadonlyMap<string, { readonly key: OAuthKey; readonly caller: Caller }>;
  readonly #options: OAuthOptions;

  private constructor(keys: readonly OAuthKey[], options: OAuthOptions) {
    this.#options = options;
    this.#keys = new Map(
      keys.map((key) => {
        const rights = { accounts: key.accounts, scopes: ["read" as const], restriction: NO_RESTRICTION };
        return [nameOf(key.consumerKey, key.token), { key, caller: createCaller(`OAuth ${key.consumerKey}`, rights, () => true) }];
      }),
    );
  }

  /** @throws Error that names the file and says what is wrong with it */
  static async open(path: string, options: OAuthOptions): Promise<OAuthVerifier> {
    try {
      const parsed = FILE.safeParse(JSON.parse(await readFile(path, "utf8")));
      if (parsed.success) return new OAuthVerifier(parsed.data, options);
      throw new Error(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
    } catch (error) {
      throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * @param header `Authorization`
   * @throws Refusal
   */
  verify(header: string, request: SignedRequest): Caller {
    const parameters = parseOAuthHeader(header);
    const get = (name: string): string => parameters?.get(`oauth_${name}`) ?? "";
    const known = this.#keys.get(nameOf(get("consumer_key"), get("token")));
    const nowS = Math.floor(this.#options.now() / 1000);
    const timestampS = /^\d{1,12}$/.test(get("timestamp")) ? Number(get("timestamp")) : NaN;
    if (parameters === null || known === undefined) return refuse("no such consumer key and token");
    if (get("signature_method") !== "HMAC-SHA1" || !["", "1.0"].includes(get("version"))) return refuse("not by HMAC-SHA1, version 1.0");
    if (!(Math.abs(timestampS - nowS) <= CLOCK_TOLERANCE_S)) return refuse(`oauth_timestamp is not within ${CLOCK_TOLERANCE_S} s`);
    if (get("nonce") === "" || get("nonce").length > NONCE_LENGTH_MAX) return refuse("no oauth_nonce");
    // The host is whatever was sent as one.
    if (!URL.canParse(request.url)) return refuse("the Host is none");
    const expected = Buffer.from(signatureOf(request, parameters, known.key));
    const given = Buffer.from(get("signature"));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return refuse("the signature is another one");
    const nonce = JSON.stringify([get("consumer_key"), get("token"), timestampS, get("nonce")]);
    // Whoever overhears a request cannot send it again.
    if (!this.#options.nonces.use(nonce, timestampS)) return refuse("oauth_nonce was used before");
    return known.caller;
  }
}

function refuse(reason: string): never {
  throw badCredential({ reason });
}

function nameOf(consumerKey: string, token: string): string {
  return JSON.stringify([consumerKey, token]);
}
