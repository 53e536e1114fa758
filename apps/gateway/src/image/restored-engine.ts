import { rm } from "node:fs/promises";
import { Engine } from "@segmeter/engine";
import type { EventLog, LogChanges, LogMark } from "@segmeter/event-log";
import type { Logger } from "pino";
import { removeUnfinished } from "../durable-file.ts";
import { isErrno } from "../errno.ts";
import { readImage } from "./image-file.ts";

/** An engine as an image left it, or why there is none; null: there is no image. */
export type Restored = { readonly engine: Engine; readonly mark: LogMark } | { readonly engine: null; readonly why: string | null };

/** Where a start begins: at what the image holds, or with nothing. */
export interface Beginning {
  readonly engine: Engine;
  /** Where the image was made; null: there is none, or none that can be used. */
  readonly mark: LogMark | null;
  /** What the log has changed since; null: all of it has to be read. */
  readonly changes: LogChanges | null;
}

/** Reads an image, while nothing is known of the log yet. */
export async function restoreEngine(path: string): Promise<Restored> {
  const engine = new Engine();
  try {
    const mark = await readImage(path, (piece) => engine.restore(piece));
    return { engine, mark };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return { engine: null, why: null };
    return { engine: null, why: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Takes the engine that was restored, if it is this log's. An image that cannot be used is told of, and removed: whatever is in
 * it is in the log.
 *
 * @param keptSinceMs from when on windows may begin
 * @throws StorageError
 */
export async function begin(restored: Restored, path: string, log: EventLog, keptSinceMs: number, logger: Logger): Promise<Beginning> {
  await removeUnfinished(path);
  if (restored.engine === null) return beginAnew(restored.why, path, logger);
  const { engine, mark } = restored;
  if (engine.forgottenBeforeMs > keptSinceMs)
    return beginAnew("it has given up what is kept now: the retention has become longer, or the clock was set back", path, logger);
  const changes = await log.changesSince(mark);
  if (changes === null)
    return beginAnew(
      "the log does not know the moment it was made at: it is of another log, or newer than the backup that was restored",
      path,
      logger,
    );
  return { engine, mark, changes };
}

async function beginAnew(why: string | null, path: string, logger: Logger): Promise<Beginning> {
  if (why !== null) {
    logger.warn({ path, why }, "the engine's image is not used, and all of the log is read");
    await rm(path, { force: true });
  }
  return { engine: new Engine(), mark: null, changes: null };
}
