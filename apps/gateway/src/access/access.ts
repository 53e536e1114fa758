import { BlockList, isIPv6 } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { networkOf } from "./address.ts";
import { idOfApiKey, isDigestOf, looksLikeApiKey } from "./api-key.ts";
import { Attempts } from "./attempts.ts";
import { createCaller, NO_RESTRICTION, SCOPES, type Caller } from "./caller.ts";
import { keyFileIn, parseKeyFile, type StoredKey } from "./key-file.ts";
import { RateLimit } from "./rate-limit.ts";
import { badCredential, cannotTell, noCredential } from "./refusal.ts";
import { parseRevokedTokens, revokedTokensFileIn, RevokedTokens } from "./revoked-tokens.ts";
import { isUrl, TokenVerifier, type TokenConfig, type TokenVerifierOptions } from "./token-verifier.ts";
import { WatchedFile, type FileState } from "./watched-file.ts";

export const ACCESS_MODES = ["auto", "open", "required"] as const;

export interface AccessConfig {
  /** `auto`: required as soon as there is a credential, and on any address that is not loopback. */
  readonly mode: (typeof ACCESS_MODES)[number];
  readonly tokens: TokenConfig | null;
  /** That one credential may make, on average. */
  readonly requestsPerSecond: number;
}

/** Access cannot be decided as configured; the message says what to do. */
export class AccessError extends Error {
  override readonly name = "AccessError";
}

export interface AccessOptions {
  readonly config: AccessConfig;
  readonly dataDir: string;
  /** That the gateway is to listen on. */
  readonly host: string;
  readonly logger: FastifyBaseLogger;
  readonly now: () => number;
}

/** Within this time the file of keys is read anew after a change, and callers are let go of whose credential holds no longer. */
const LOOK_EVERY_MS = 500;

const NONE_REVOKED = new RevokedTokens([]);

interface Watch {
  readonly caller: Caller;
  readonly onEnd: () => void;
}

interface KnownKey {
  readonly digest: Buffer;
  readonly caller: Caller;
}

/** Tells who asks. */
export class Access {
  readonly #options: AccessOptions;
  readonly #watches = new Set<Watch>();
  readonly #sweeping: NodeJS.Timeout;
  readonly #anyone: Caller;
  readonly #rateLimit: RateLimit;
  readonly #attempts = new Attempts();
  #keyFile: WatchedFile<readonly StoredKey[]> | null = null;
  #tokens: TokenVerifier | null = null;
  #revoked: WatchedFile<RevokedTokens> | null = null;
  #hasRevoked = false;
  #keys: ReadonlyMap<string, KnownKey> = new Map();
  #isRequired: boolean;

  private constructor(options: AccessOptions) {
    this.#options = options;
    this.#isRequired = options.config.mode === "required" || (options.config.mode === "auto" && options.config.tokens !== null);
    this.#anyone = createCaller("anyone", { accounts: null, scopes: SCOPES, restriction: NO_RESTRICTION }, () => !this.#isRequired);
    this.#rateLimit = new RateLimit(options.config.requestsPerSecond);
    this.#sweeping = setInterval(() => this.#sweep(), LOOK_EVERY_MS).unref();
  }

  /** @throws AccessError */
  static async open(options: AccessOptions): Promise<Access> {
    const access = new Access(options);
    try {
      await access.#begin();
      return access;
    } catch (error) {
      access.close();
      throw error;
    }
  }

  close(): void {
    clearInterval(this.#sweeping);
    this.#keyFile?.close();
    this.#tokens?.close();
    this.#revoked?.close();
  }

  /** False: whoever asks may do everything. */
  get isRequired(): boolean {
    return this.#isRequired;
  }

  /**
   * An open gateway on loopback answers to this machine's own names: a page whose owner points another name here is
   * stopped by nothing else.
   *
   * @param host the header of that name
   */
  answersTo(host: string | undefined): boolean {
    if (this.#isRequired || this.#options.config.mode === "open" || host === undefined) return true;
    return isOnLoopback(`http://${host}`);
  }

  /**
   * Has somebody identified who may be guessing.
   *
   * @param address where the request comes from
   * @param credential null: it is another one each time
   * @throws Refusal, also if too many from there were wrong
   */
  async attempt(address: string, credential: string | null, identify: () => Caller | Promise<Caller>): Promise<Caller> {
    return this.#isRequired ? this.#attempts.make(address, credential, identify) : identify();
  }

  /**
   * @param credential an API key or a JWT; null: none was given
   * @throws Refusal
   */
  async identify(credential: string | null): Promise<Caller> {
    if (!this.#isRequired) return this.#anyone;
    if (credential === null) throw noCredential();
    if (looksLikeApiKey(credential)) return this.#callerOfKey(credential);
    if (this.#tokens === null) throw badCredential({ reason: "it is no API key, and tokens are not configured" });
    if (this.#revokedTokens === null) throw cannotTell("revoked tokens cannot be read now");
    return this.#tokens.verify(credential);
  }

  /**
   * Counts one more that a caller asks; where none is known from another, those of other machines by their address.
   *
   * @throws Refusal if it is one too many
   */
  async admit({ name }: Caller, address: string): Promise<void> {
    if (this.#isRequired) await this.#rateLimit.admit(name);
    else if (!isLoopback(address)) await this.#rateLimit.admit(networkOf(address));
  }

  /**
   * Watches over a caller to whom more than one answer is given.
   *
   * @param onEnd told once, soon after the credential holds no longer
   * @returns ends the watch
   */
  watch(caller: Caller, onEnd: () => void): () => void {
    const watch = { caller, onEnd };
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  async #begin(): Promise<void> {
    const { config, dataDir, host, logger, now } = this.#options;
    if (config.mode === "open") {
      logger.warn("ACCESS=open: whoever reaches the gateway may read and write every account");
      return;
    }
    this.#keyFile = await WatchedFile.open<readonly StoredKey[]>({
      path: keyFileIn(dataDir),
      parse: parseKeyFile,
      everyMs: LOOK_EVERY_MS,
      onChange: (state) => {
        this.#takeKeys(state);
        this.#sweep();
      },
    });
    const { state } = this.#keyFile;
    if (state.kind === "unreadable") throw new AccessError(`${state.message}; mend it, or remove it and create new keys`);
    if (config.tokens !== null) {
      this.#revoked = await this.#openRevoked();
      this.#tokens = await openTokens(config.tokens, {
        now,
        isRevoked: (payload) => this.#revokedTokens?.has(payload) ?? true,
      });
    }
    this.#takeKeys(state);
    if (this.#isRequired) return;
    if (!isLoopback(host)) {
      throw new AccessError(
        `HOST: ${JSON.stringify(host)} is no loopback address, and there are no credentials; create a key with "segmeter keys create", set JWT_JWKS, or say ACCESS=open`,
      );
    }
    logger.warn("no credentials: whoever reaches this address may read and write every account, until a key is created");
  }

  async #openRevoked(): Promise<WatchedFile<RevokedTokens>> {
    const { dataDir, logger } = this.#options;
    const file = await WatchedFile.open<RevokedTokens>({
      path: revokedTokensFileIn(dataDir),
      parse: parseRevokedTokens,
      everyMs: LOOK_EVERY_MS,
      onChange: (state) => {
        if (state.kind === "unreadable") logger.error(`${state.message}; until it is mended no token is good`);
        if (state.kind === "read") this.#hasRevoked = true;
        this.#sweep();
      },
    });
    if (file.state.kind === "read") this.#hasRevoked = true;
    if (file.state.kind !== "unreadable") return file;
    file.close();
    throw new AccessError(`${file.state.message}; mend it`);
  }

  /** null: it cannot be told; a file that is gone held some once. */
  get #revokedTokens(): RevokedTokens | null {
    const state = this.#revoked?.state ?? { kind: "absent" };
    if (state.kind === "read") return state.value;
    return state.kind === "absent" && !this.#hasRevoked ? NONE_REVOKED : null;
  }

  /** Once there has been a file of keys, access stays required, also when it is gone. */
  #takeKeys(state: FileState<readonly StoredKey[]>): void {
    const { logger } = this.#options;
    if (state.kind === "unreadable") logger.error(`${state.message}; until it is mended no API key is good`);
    if (state.kind !== "absent") this.#isRequired = true;
    const keys = state.kind === "read" ? state.value : [];
    this.#keys = new Map(keys.map((key) => [key.id, { digest: Buffer.from(key.sha256, "hex"), caller: this.#toCaller(key) }]));
  }

  #toCaller({ id, name, accounts, scopes, agentIds, groupIds, skillIds, expiresAt, sha256 }: StoredKey): Caller {
    const validUntilMs = expiresAt === null ? Infinity : Date.parse(expiresAt);
    const digest = Buffer.from(sha256, "hex");
    const caller: Caller = createCaller(
      `key ${id} ${JSON.stringify(name)}`,
      { accounts, scopes, restriction: { agentIds, groupIds, skillIds } },
      () => {
        const known = this.#keys.get(id);
        const isAsItWas = known?.caller.rightsKey === caller.rightsKey && known.digest.equals(digest);
        return isAsItWas && this.#options.now() < validUntilMs;
      },
    );
    return caller;
  }

  #callerOfKey(text: string): Caller {
    if (this.#keyFile?.state.kind === "unreadable") throw cannotTell("API keys cannot be read now");
    const known = this.#keys.get(idOfApiKey(text) ?? "");
    if (isDigestOf(text, known?.digest) && known!.caller.isValid()) return known!.caller;
    throw badCredential({ key: idOfApiKey(text) });
  }

  #sweep(): void {
    for (const watch of this.#watches) {
      if (watch.caller.isValid()) continue;
      this.#watches.delete(watch);
      watch.onEnd();
    }
  }
}

async function openTokens(config: TokenConfig, options: Omit<TokenVerifierOptions, "config">): Promise<TokenVerifier> {
  try {
    return await TokenVerifier.open({ config, ...options });
  } catch (error) {
    throw new AccessError(`JWT_JWKS: ${(error as Error).message}`, { cause: error });
  }
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

export const isLoopback = withLast((host) => host === "localhost" || LOOPBACK.check(host, isIPv6(host) ? "ipv6" : "ipv4"));

/** Over a network that others share, keys would be fetched from whoever answers first. */
export function isSafeJwks(jwks: string): boolean {
  return !isUrl(jwks) || jwks.startsWith("https:") || isOnLoopback(jwks);
}

const isOnLoopback = withLast((url) => {
  const hostname = URL.parse(url)?.hostname ?? "";
  return isLoopback(hostname.replace(/^\[|\]$/g, ""));
});

/** Keeps what it was asked last: requests come from one address, and to one name, again and again. */
function withLast(isSo: (text: string) => boolean): (text: string) => boolean {
  let [lastText, wasSo] = ["", isSo("")];
  return (text) => {
    if (text !== lastText) [lastText, wasSo] = [text, isSo(text)];
    return wasSo;
  };
}
