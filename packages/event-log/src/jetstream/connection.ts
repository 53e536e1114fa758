import { readFile } from "node:fs/promises";
import { connect, credsAuthenticator, type ConnectionOptions, type NatsConnection } from "@nats-io/transport-node";

/** How the servers are reached. */
export interface NatsOptions {
  /** `nats://host:4222`, or `tls://`; each may hold `user:password@` or `token@`, and the first that does counts for all. */
  readonly urls: readonly string[];
  /** A file of credentials, as `nsc` writes them. */
  readonly credsFile?: string | undefined;
  /** PEM files: whom the servers are vouched for by, and what this client shows. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

const HANDSHAKE_MS_MAX = 3_000;
/** A server that is cut off without a word is left after two pings. */
const PING_EVERY_MS = 2_000;
const PINGS_UNANSWERED_MAX = 2;
const RECONNECT_EVERY_MS = 250;
const PAYLOAD_BYTES_MAX = 512 * 1024;
/** For headers and subject. */
const OVERHEAD_BYTES = 4 * 1024;

/** Connects once; from then on the connection mends itself, for as long as it takes. */
export async function connectTo(options: NatsOptions): Promise<NatsConnection> {
  return connect({
    ...(await toConnectionOptions(options)),
    name: "segmeter",
    timeout: HANDSHAKE_MS_MAX,
    pingInterval: PING_EVERY_MS,
    maxPingOut: PINGS_UNANSWERED_MAX,
    reconnectTimeWait: RECONNECT_EVERY_MS,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    // It would make an error for every request, in case it is needed.
    noAsyncTraces: true,
  });
}

/** How long a message may be at most. */
export function payloadBytesMaxOf({ info }: NatsConnection): number {
  return Math.min(PAYLOAD_BYTES_MAX, (info?.max_payload ?? PAYLOAD_BYTES_MAX) - OVERHEAD_BYTES);
}

async function toConnectionOptions({ urls, credsFile, caFile, certFile, keyFile }: NatsOptions): Promise<ConnectionOptions> {
  const parsed = urls.map((url) => new URL(url));
  const login = parsed.find(({ username }) => username !== "");
  const [user, pass] = [login?.username, login?.password].map((text) => text && decodeURIComponent(text));
  const isSecure = parsed.some(({ protocol }) => protocol === "tls:") || caFile !== undefined || certFile !== undefined;
  return {
    servers: parsed.map(({ host }) => host),
    ...(user && (pass ? { user, pass } : { token: user })),
    ...(credsFile !== undefined && { authenticator: credsAuthenticator(await readFile(credsFile)) }),
    ...(isSecure && { tls: { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) } }),
  };
}
