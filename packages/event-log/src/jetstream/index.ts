export type { NatsOptions } from "./connection.ts";
export { JetStreamLog, type JetStreamLogOptions, type Share, type StreamState } from "./jetstream-log.ts";
export { createHeaders, toMessages } from "./message.ts";
export { moveIntoStream, type StreamMove, type StreamMoveOptions } from "./stream-move.ts";
export type { StreamOptions } from "./stream.ts";
