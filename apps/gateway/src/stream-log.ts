import { JetStreamLog, type StreamOptions } from "@segmeter/event-log/jetstream";
import type { Logger } from "pino";
import type { ClusterConfig } from "./config.ts";

export interface StreamLogOptions {
  readonly config: ClusterConfig;
  readonly dataDir: string;
  readonly retentionHours: number;
  readonly logger: Logger;
  readonly onPeriod: (startMs: number) => Promise<void>;
  readonly onLost: (error: unknown) => void;
}

/** So long a node may be away, or without servers, and still find in the stream what it has missed. */
const SPARE_HOURS = 24;
/** As often as a machine that is alone prunes. */
const PERIOD_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;
/** The same trouble again and again is told this often. */
const TELL_EVERY_MS = 30_000;

/**
 * Opens the log of a node of a cluster.
 *
 * @throws StorageError
 */
export function openStreamLog({ config, dataDir, retentionHours, logger, onPeriod, onLost }: StreamLogOptions): Promise<JetStreamLog> {
  const toldMs = new Map<string, number>();
  return JetStreamLog.open({
    folder: dataDir,
    nats: config.nats,
    stream: streamOf(config, retentionHours),
    share: config.share,
    periodMs: PERIOD_MS,
    onPeriod,
    onTrouble: (error, message) => {
      const nowMs = performance.now();
      if (nowMs - (toldMs.get(message) ?? -Infinity) < TELL_EVERY_MS) return;
      toldMs.set(message, nowMs);
      logger.warn(error === null ? {} : { err: error }, message);
    },
    onLost,
  });
}

/** The stream as nodes expect it. */
export function streamOf({ streamName, replicas }: ClusterConfig, retentionHours: number): StreamOptions {
  return { name: streamName, replicas, keptMs: (retentionHours + SPARE_HOURS) * HOUR_MS };
}
