export type { NatsOptions } from "./connection.ts";
export { JetStreamLog, type JetStreamLogOptions, type StreamState } from "./jetstream-log.ts";
export { EVERY_ACCOUNT, shareByHash, shareOfAccounts, type Share } from "./share.ts";
export type { StreamOptions } from "./stream.ts";
