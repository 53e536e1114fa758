import { join } from "node:path";
import type { ConversationEvent, Engine } from "@segmeter/engine";
import type { EventLog } from "@segmeter/event-log";
import { openSqliteLog } from "@segmeter/event-log/sqlite";
import { pino } from "pino";
import { ImageKeeper } from "../../src/image/image-keeper.ts";
import { begin, restoreEngine } from "../../src/image/restored-engine.ts";
import { Intake } from "../../src/intake.ts";
import { replay } from "../../src/replay.ts";
import { keptSinceMs, Retention } from "../../src/retention.ts";

/** What a gateway is made of, without its doors. */
export interface StartedEngine {
  readonly log: EventLog;
  readonly engine: Engine;
  readonly isFromImage: boolean;
  /** What was told, of the image alone. */
  readonly told: readonly string[];
  readonly post: (accountId: string, events: readonly ConversationEvent[]) => Promise<unknown>;
  readonly writeImage: () => Promise<void>;
  readonly writeImageAfter: (eventsMin: number) => Promise<void>;
  /** Begins to write one, and stops at its first piece. */
  readonly giveUpImage: () => Promise<void>;
  readonly prune: () => Promise<number>;
  /** As a kill does: nothing is written. */
  readonly close: () => Promise<void>;
}

export interface StartOptions {
  readonly folder: string;
  readonly nowMs: number;
  readonly retentionHours: number;
}

/** Starts as a gateway does. */
export async function startEngine({ folder, nowMs, retentionHours }: StartOptions): Promise<StartedEngine> {
  const told: string[] = [];
  const logger = pino({}, { write: (line: string) => void told.push(String((JSON.parse(line) as { why?: string }).why)) });
  const path = imageIn(folder);
  const restored = await restoreEngine(path);
  const log = await openSqliteLog({ folder });
  const { engine, mark, changes } = await begin(restored, path, log, keptSinceMs(retentionHours, nowMs), logger);
  const intake = new Intake({ log, engine, onBroken: fail });
  const retention = new Retention({ log, engine, intake, retentionHours, now: () => nowMs });
  await replay({
    log,
    engine,
    changes,
    keptSinceMs: retention.keptSinceMs(nowMs),
    readiness: { state: "starting", doing: "", progress: 0 },
  });
  const images = new ImageKeeper({ path, log, engine, intake, logger: pino({ level: "silent" }), mark });
  const never = new AbortController().signal;
  return {
    log,
    engine,
    isFromImage: changes !== null,
    told,
    post: (accountId, events) => intake.submit(accountId, events),
    writeImage: () => images.writeAfter(0, never),
    writeImageAfter: (eventsMin) => images.writeAfter(eventsMin, never),
    giveUpImage: () => images.writeAfter(0, AbortSignal.abort()),
    prune: () => retention.prune(never),
    close: () => log.close(),
  };
}

export function imageIn(folder: string): string {
  return join(folder, "engine.image");
}

function fail(error: unknown): never {
  throw error;
}
