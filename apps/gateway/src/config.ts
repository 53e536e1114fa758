import { isIP } from "node:net";
import { accountIdFault } from "@segmeter/engine";
import type { NatsOptions, Share } from "@segmeter/event-log/jetstream";
import { z } from "zod";
import { ACCESS_MODES, isSafeJwks, type AccessConfig } from "./access/access.ts";
import { EVERY_ACCOUNT, shareByHash, shareOfAccounts } from "./share.ts";
import type { TracingConfig } from "./telemetry/tracing.ts";

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const RETENTION_HOURS_MIN = 24;
/** Ten years. */
const RETENTION_HOURS_MAX = 24 * 366 * 10;
const RATE_LIMIT_MAX = 1_000_000;
const SHARES_MAX = 1_000;
const ENGINE_THREADS_MAX = 63;

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** Infinity: everything is kept. */
  readonly retentionHours: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** That help the main one with large answers; null: as many as suit the machine. */
  readonly engineThreads: number | null;
  readonly access: AccessConfig;
  /** null: plain HTTP. */
  readonly tls: TlsConfig | null;
  readonly network: NetworkConfig;
  /** Whether GraphQL tells its schema. */
  readonly introspection: boolean;
  /** Files and folders of the only operations that GraphQL answers; empty: it answers all. */
  readonly trustedDocuments: readonly string[];
  readonly liveperson: LivePersonConfig;
  /** null: no traces are sent. */
  readonly tracing: TracingConfig | null;
  /** null: this machine alone. */
  readonly cluster: ClusterConfig | null;
}

/** The nodes of a cluster share a stream. */
export interface ClusterConfig {
  readonly nats: NatsOptions;
  readonly streamName: string;
  readonly replicas: number;
  /** Of the accounts, what this node holds. */
  readonly share: Share;
}

/** PEM files. */
export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What stands between callers and the gateway. */
export interface NetworkConfig {
  /** Addresses and networks whose `X-Forwarded-*` are believed. */
  readonly trustedProxies: readonly string[];
  /** Origins whose pages may ask. */
  readonly corsOrigins: readonly string[];
}

/** For accounts that are fed by LivePerson, and clients that were its own. */
export interface LivePersonConfig {
  /** By account: what its webhooks are signed with. None: there are no webhooks. */
  readonly webhookSecrets: ReadonlyMap<string, string>;
  /** Where clients are sent that look it up; null: where they asked. */
  readonly publicHost: string | null;
  /** Of the keys that clients of the original sign their requests with; null: none do. */
  readonly oauthKeysFile: string | null;
}

const whole = (from: number, to: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> =>
  z.string().transform((text, context) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= from && value <= to) return value;
    context.addIssue(`expected a whole number, ${from} to ${to}, got ${JSON.stringify(text)}`);
    return z.NEVER;
  });

const retentionHours = z.union([z.literal("all").transform(() => Infinity), whole(RETENTION_HOURS_MIN, RETENTION_HOURS_MAX)], {
  error: ({ input }) =>
    `expected a whole number of hours, ${RETENTION_HOURS_MIN} to ${RETENTION_HOURS_MAX}, or "all", got ${JSON.stringify(input)}`,
});

const oneOf = <Word extends string>(words: readonly Word[]): z.ZodType<Word, string> =>
  z.enum(words, { error: ({ input }) => `expected one of ${words.join(", ")}, got ${JSON.stringify(input)}` });

const listOf = (what: string, isOne: (text: string) => boolean): z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>> =>
  z.string().transform((text, context) => {
    const entries = text.split(",");
    const wrong = entries.find((entry) => !isOne(entry));
    if (wrong === undefined) return entries;
    context.addIssue(`expected ${what}, comma separated, got ${JSON.stringify(wrong)}`);
    return z.NEVER;
  });

const ratio = z.string().transform((text, context) => {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 1) return value;
  context.addIssue(`expected a number, 0 to 1, got ${JSON.stringify(text)}`);
  return z.NEVER;
});

/** A secret may hold an equals sign; what is wrong is told without it. */
const accountSecrets = z.string().transform((text, context) => {
  const entries = text.split(",").map((entry) => /^([^=]*)=(.+)$/.exec(entry));
  const wrong = entries.findIndex((entry) => entry === null || accountIdFault(entry[1]) !== null);
  if (wrong === -1) return new Map(entries.map((entry) => [entry![1]!, entry![2]!]));
  context.addIssue(`expected entries such as account=secret, comma separated; entry ${wrong + 1} is none`);
  return z.NEVER;
});

const natsUrls = z.string().transform((text, context) => {
  const urls = text.split(",");
  const wrong = urls.findIndex((url) => !/^(nats|tls):$/.test(URL.parse(url)?.protocol ?? ""));
  if (wrong === -1) return urls;
  // A URL may hold a password.
  context.addIssue(`expected URLs such as nats://host:4222, comma separated; entry ${wrong + 1} is none`);
  return z.NEVER;
});

/** `2/3`, or ids. */
const share = z.string().transform((text, context): Share => {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count && count <= SHARES_MAX) return shareByHash(index, count);
  const accountIds = text.split(",");
  if (accountIds.every((id) => accountIdFault(id) === null)) return shareOfAccounts(accountIds);
  context.addIssue(`expected accounts, comma separated, or a share such as 1/3, got ${JSON.stringify(text)}`);
  return z.NEVER;
});

const ENVIRONMENT = z.object({
  PORT: whole(0, 65_535).prefault("4000"),
  HOST: z.string().prefault("127.0.0.1"),
  DATA_DIR: z.string().prefault("data"),
  RETENTION_HOURS: retentionHours.prefault("72"),
  LOG_LEVEL: oneOf(LOG_LEVELS).prefault("info"),
  ENGINE_THREADS: whole(0, ENGINE_THREADS_MAX).optional(),
  INTROSPECTION: oneOf(["on", "off"]).prefault("on"),
  TRUSTED_DOCUMENTS: listOf("paths", (path) => path !== "").optional(),
  ACCESS: oneOf(ACCESS_MODES).prefault("auto"),
  JWT_JWKS: z.string().refine(isSafeJwks, "expected an https URL, or the path of a file; http only on this machine").optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  JWT_CLAIM_PREFIX: z.string().prefault(""),
  RATE_LIMIT: whole(1, RATE_LIMIT_MAX).prefault("100"),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  TRUSTED_PROXIES: listOf("addresses or networks such as 10.0.0.0/8", isNetwork).optional(),
  CORS_ORIGINS: listOf("origins such as https://example.com", isOrigin).optional(),
  LIVEPERSON_WEBHOOK_SECRETS: accountSecrets.optional(),
  OAUTH_KEYS_FILE: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().refine(isHttp, "expected an http or https URL").optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.string().refine(isHttp, "expected an http or https URL").optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(["http/json"]).optional(),
  OTEL_TRACES_SAMPLER_ARG: ratio.prefault("1"),
  PUBLIC_HOST: z.string().refine(isHost, "expected a host such as metrics.example.com").optional(),
  NATS_URL: natsUrls.optional(),
  NATS_STREAM: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/, "expected 1 to 32 letters, digits, _ or -")
    .prefault("segmeter"),
  NATS_REPLICAS: whole(1, 5).prefault("3"),
  NATS_CREDS: z.string().optional(),
  NATS_CA: z.string().optional(),
  NATS_CERT: z.string().optional(),
  NATS_KEY: z.string().optional(),
  ACCOUNTS: share.optional(),
});

type Variable = keyof z.infer<typeof ENVIRONMENT>;

/** What is of use together only. */
const TOGETHER: readonly (readonly Variable[])[] = [
  ["JWT_JWKS", "JWT_ISSUER", "JWT_AUDIENCE"],
  ["TLS_CERT", "TLS_KEY"],
  ["NATS_CERT", "NATS_KEY"],
];

function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}

function isHttp(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text);
}

function isHost(text: string): boolean {
  return URL.parse(`https://${text}`)?.host === text;
}

/** A wrong environment variable; the message names each one, what was expected and what came. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the configuration from the environment; an empty variable counts as one that is not set.
 *
 * @throws ConfigError
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = ENVIRONMENT.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
  const { data } = parsed;
  for (const names of TOGETHER) {
    const missing = names.filter((name) => data[name] === undefined);
    if (missing.length > 0 && missing.length < names.length) {
      throw new ConfigError(
        `${missing.join(", ")}: expected with ${names.filter((name) => !missing.includes(name)).join(" and ")}, got nothing`,
      );
    }
  }
  const { JWT_JWKS: jwks, JWT_ISSUER: issuer = "", JWT_AUDIENCE: audience = "", TLS_CERT: certFile, TLS_KEY: keyFile = "" } = data;
  const tracesUrl = data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? data.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/*$/, "/v1/traces");
  const oauthKeysFile = data.OAUTH_KEYS_FILE ?? null;
  const { NATS_URL: urls, ACCOUNTS: held } = data;
  if (urls === undefined && held !== undefined) throw new ConfigError("NATS_URL: expected with ACCOUNTS, got nothing");
  return {
    port: data.PORT,
    host: data.HOST,
    dataDir: data.DATA_DIR,
    retentionHours: data.RETENTION_HOURS,
    logLevel: data.LOG_LEVEL,
    engineThreads: data.ENGINE_THREADS ?? null,
    access: {
      // Keys that nobody had to show would protect nothing.
      mode: data.ACCESS === "auto" && oauthKeysFile !== null ? "required" : data.ACCESS,
      tokens: jwks === undefined ? null : { jwks, issuer, audience, claimPrefix: data.JWT_CLAIM_PREFIX },
      requestsPerSecond: data.RATE_LIMIT,
    },
    tls: certFile === undefined ? null : { certFile, keyFile },
    network: { trustedProxies: data.TRUSTED_PROXIES ?? [], corsOrigins: data.CORS_ORIGINS ?? [] },
    introspection: data.INTROSPECTION === "on",
    trustedDocuments: data.TRUSTED_DOCUMENTS ?? [],
    liveperson: { webhookSecrets: data.LIVEPERSON_WEBHOOK_SECRETS ?? new Map(), publicHost: data.PUBLIC_HOST ?? null, oauthKeysFile },
    cluster:
      urls === undefined
        ? null
        : {
            nats: { urls, credsFile: data.NATS_CREDS, caFile: data.NATS_CA, certFile: data.NATS_CERT, keyFile: data.NATS_KEY },
            streamName: data.NATS_STREAM,
            replicas: data.NATS_REPLICAS,
            share: held ?? EVERY_ACCOUNT,
          },
    tracing: tracesUrl === undefined ? null : { url: tracesUrl, sampledShare: data.OTEL_TRACES_SAMPLER_ARG },
  };
}
