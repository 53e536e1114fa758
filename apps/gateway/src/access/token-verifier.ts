import { accountIdFault, listedIdFault } from "@segmeter/engine";
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload, type JWTVerifyGetKey } from "jose";
import { createCaller, SCOPES, type Caller } from "./caller.ts";
import { badCredential, cannotTell } from "./refusal.ts";
import { WatchedFile, type FileState } from "./watched-file.ts";

export interface TokenConfig {
  /** Where the issuer's public keys are: a URL, or the path of a file. */
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
  /** Stands before the names of the claims that are Segmeter's own. */
  readonly claimPrefix: string;
}

/** With a public key only: whoever can check a token cannot make one. */
const ALGORITHMS = ["RS256", "ES256", "EdDSA"];
const CLOCK_TOLERANCE_S = 5;
const TOKEN_LENGTH_MAX = 8 * 1024;
const FETCH_MS_MAX = 5_000;
const FETCH_AGAIN_MS = 30_000;
/** After a failure; until then the issuer is not asked, and keys that are not too old are all there is. */
const RETRY_MS = 2_000;
const KEYS_AGE_MS_MAX = 10 * 60_000;
const LOOK_EVERY_MS = 500;

export interface TokenVerifierOptions {
  readonly config: TokenConfig;
  readonly now: () => number;
  /** Of a token that has not expired. */
  readonly isRevoked: (payload: JWTPayload) => boolean;
}

/** Checks bearer JWTs of one issuer. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #keys: KeySource;

  private constructor(options: TokenVerifierOptions, keys: KeySource) {
    this.#options = options;
    this.#keys = keys;
  }

  /** @throws Error if the keys are in a file that cannot be read */
  static async open(options: TokenVerifierOptions): Promise<TokenVerifier> {
    const { jwks } = options.config;
    return new TokenVerifier(options, isUrl(jwks) ? fromUrl(new URL(jwks)) : await fromFile(jwks));
  }

  close(): void {
    this.#keys.close();
  }

  /** @throws Refusal */
  async verify(token: string): Promise<Caller> {
    const { config, now, isRevoked } = this.#options;
    if (token.length > TOKEN_LENGTH_MAX) throw badCredential({ reason: "it is too long" });
    try {
      const { payload } = await jwtVerify(token, this.#keys.keyOf, {
        issuer: config.issuer,
        audience: config.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ["exp", "sub"],
        currentDate: new Date(now()),
      });
      if (isRevoked(payload)) throw new WrongClaim("it was revoked");
      return toCaller(payload, config.claimPrefix, () => now() < validUntilMsOf(payload) && !isRevoked(payload));
    } catch (error) {
      if (error instanceof KeysMissing) throw cannotTell("the keys of the tokens' issuer cannot be read now", { reason: error.message });
      if (!(error instanceof errors.JOSEError || error instanceof WrongClaim)) throw error;
      throw badCredential({ reason: error.message });
    }
  }
}

export function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

interface KeySource {
  readonly keyOf: JWTVerifyGetKey;
  readonly close: () => void;
}

/** No token can be checked: the keys are out of reach. */
class KeysMissing extends Error {}

function fromUrl(url: URL): KeySource {
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: FETCH_MS_MAX,
    cooldownDuration: FETCH_AGAIN_MS,
    cacheMaxAge: KEYS_AGE_MS_MAX,
  });
  let failed = { atMs: -Infinity, message: "" };
  return {
    close: () => undefined,
    keyOf: async (header, token) => {
      const isAsked = performance.now() - failed.atMs >= RETRY_MS;
      if (!isAsked && !keys.fresh) throw new KeysMissing(failed.message);
      try {
        return await (isAsked ? keys : createLocalJWKSet(keys.jwks()!))(header, token);
      } catch (error) {
        // Of a key that came after those that are known, perhaps.
        if (!isAsked && error instanceof errors.JWKSNoMatchingKey) throw new KeysMissing(failed.message);
        if (IS_TOKENS_FAULT.some((kind) => error instanceof kind)) throw error;
        failed = { atMs: performance.now(), message: `${url.href}: ${(error as Error).message}` };
        throw new KeysMissing(failed.message, { cause: error });
      }
    },
  };
}

/** What is wrong with a token, as against what is wrong with the keys. */
const IS_TOKENS_FAULT = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

async function fromFile(path: string): Promise<KeySource> {
  const file = await WatchedFile.open<JWTVerifyGetKey>({
    path,
    parse: (text) => createLocalJWKSet(JSON.parse(text) as JSONWebKeySet),
    onChange: () => undefined,
    everyMs: LOOK_EVERY_MS,
  });
  const keysOf = (state: FileState<JWTVerifyGetKey>): JWTVerifyGetKey => {
    if (state.kind === "read") return state.value;
    throw new KeysMissing(state.kind === "absent" ? `${path} is not there` : state.message);
  };
  keysOf(file.state);
  return { close: () => file.close(), keyOf: (header, token) => keysOf(file.state)(header, token) };
}

/** A claim that is not what it should be: nothing is guessed from it. */
class WrongClaim extends Error {}

/**
 *     { "sub": "wallboard", "scope": "read", "accounts": ["demo"], "groups": ["3"], "exp": 1763801515, … }
 */
function toCaller(payload: JWTPayload, prefix: string, isValid: () => boolean): Caller {
  const scopes = stringOf(payload, "scope").split(" ");
  const accounts = listOf(payload, `${prefix}accounts`, (id) => (id === ALL ? null : accountIdFault(id))) ?? [];
  return createCaller(
    `token of ${JSON.stringify(payload.sub)}`,
    {
      accounts: accounts.includes(ALL) ? null : accounts,
      scopes: SCOPES.filter((scope) => scopes.includes(scope)),
      restriction: {
        agentIds: listOf(payload, `${prefix}agents`, listedIdFault),
        groupIds: listOf(payload, `${prefix}groups`, listedIdFault),
        skillIds: listOf(payload, `${prefix}skills`, listedIdFault),
      },
    },
    isValid,
  );
}

function validUntilMsOf({ exp }: JWTPayload): number {
  return (exp! + CLOCK_TOLERANCE_S) * 1000;
}

/** Among the accounts of a token: every one. */
const ALL = "*";

function stringOf(payload: JWTPayload, name: string): string {
  const value = payload[name] ?? "";
  if (typeof value !== "string") throw new WrongClaim(`claim ${name}: expected a string`);
  return value;
}

function listOf(payload: JWTPayload, name: string, faultOf: (value: unknown) => string | null): readonly string[] | null {
  const value = payload[name];
  if (value === undefined) return null;
  if (!Array.isArray(value)) throw new WrongClaim(`claim ${name}: expected a list`);
  const fault = value.map(faultOf).find((found) => found !== null);
  if (fault !== undefined) throw new WrongClaim(`claim ${name}: ${fault}`);
  return value as string[];
}
