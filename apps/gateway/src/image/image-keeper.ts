import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Engine, Image } from "@segmeter/engine";
import type { EventLog, LogMark } from "@segmeter/event-log";
import type { Logger } from "pino";
import type { Intake } from "../intake.ts";
import { writeImage } from "./image-file.ts";

export interface ImageKeeperOptions {
  readonly path: string;
  readonly log: EventLog;
  readonly engine: Engine;
  readonly intake: Intake;
  readonly logger: Logger;
  /** Where the image was made that lies there; null: none does. */
  readonly mark: LogMark | null;
}

/** While it runs, an image follows so many events, or so large a part of all that are held. */
const RUNNING_EVENTS_MIN = 250_000;
const RUNNING_SHARE_MIN = 0.1;
/** As its own bytes, so much is to be free before it is written. */
const ROOM_TIMES = 4;

/** Writes an image of the engine every now and then, so that the next start need not read all of the log. */
export class ImageKeeper {
  readonly #options: ImageKeeperOptions;
  /** Of the log, when the image that lies there was made. */
  #position: number;

  constructor(options: ImageKeeperOptions) {
    this.#options = options;
    this.#position = options.mark?.position ?? 0;
  }

  /** Writes one if a start would have much to read. */
  async writeIfDue(stopping: AbortSignal): Promise<void> {
    const { eventCount } = await this.#options.log.size();
    await this.writeAfter(Math.max(RUNNING_EVENTS_MIN, eventCount * RUNNING_SHARE_MIN), stopping);
  }

  /**
   * Writes one if so many events have come since the one before.
   *
   * @param stopping gives it up; the one before stays
   */
  async writeAfter(eventsMin: number, stopping: AbortSignal): Promise<void> {
    const { path, log, logger } = this.#options;
    const { position } = await log.size();
    if (position - this.#position < eventsMin) return;
    const beganMs = performance.now();
    const { mark, image } = await this.#take();
    try {
      await this.#assertRoom(image);
      const bytes = await writeImage(path, mark, image.pieces(), stopping);
      if (bytes === null) return;
      this.#position = mark.position;
      await log.forgetMarksBefore(mark);
      logger.info({ bytes, position: mark.position, durationMs: Math.round(performance.now() - beganMs) }, "the engine's image is written");
    } finally {
      image.close();
    }
  }

  /** The log must not be refused its room because of an image. */
  async #assertRoom({ byteCount }: Image): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.#options.path));
    if (bavail * bsize >= ROOM_TIMES * byteCount) return;
    throw new Error(`expected room on the disk for ${ROOM_TIMES} times ${byteCount} bytes, found ${bavail * bsize}`);
  }

  /** At a moment at which the engine holds what the log holds. */
  #take(): Promise<{ mark: LogMark; image: Image }> {
    const { log, engine, intake } = this.#options;
    return intake.betweenTurns(async () => ({ mark: await log.mark(), image: engine.image() }));
  }
}
