import { open, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { EventLog } from "@segmeter/event-log";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isOfOwnPage, requireEverything, requireScope } from "../access/guard.ts";
import { Refusal } from "../access/refusal.ts";
import { companionsIn } from "../liveperson/companions.ts";
import { HttpProblem, refuseOtherMethods } from "./problem.ts";

export const BACKUP_PATH = "/v1/backup";
const RETRY_AFTER_S = 10;

/**
 * `POST /v1/backup`: a copy of the whole log as it is now, and of what lies beside it, made while events are taken; one at a time. The gateway itself
 * has to make it: nobody else may open the log's file, whose lock would be lost with any second descriptor.
 *
 * @param dataDir the log's, where the copy lies until it is made
 */
export function addBackup(app: FastifyInstance, log: EventLog, dataDir: string): void {
  const path = join(dataDir, "backup.part");
  let isUnderWay = false;
  app.post(BACKUP_PATH, { onRequest: [requireScope("admin"), requireEverything, refuseOtherPages] }, async (_request, reply) => {
    if (isUnderWay) {
      reply.header("retry-after", RETRY_AFTER_S);
      throw new HttpProblem(503, "another backup is being made");
    }
    isUnderWay = true;
    // Nothing is sent until the copy is made, however long that takes.
    reply.raw.setTimeout(0);
    const left = new Promise((resolve) => void reply.raw.once("close", resolve));
    const copying = copyOf(log, path, dataDir);
    // Also one that nobody waits for any more is made to its end, and lies where the next one would.
    void Promise.allSettled([left, copying]).then(() => (isUnderWay = false));
    const copy = await copying;
    reply.type("application/octet-stream").header("content-length", (await copy.stat()).size);
    return reply.send(copy.createReadStream());
  });
  refuseOtherMethods(app, BACKUP_PATH, ["POST"]);
}

/** @returns the copy, which has no name any more: it is gone when it has been read, whatever happens */
async function copyOf(log: EventLog, path: string, dataDir: string): Promise<FileHandle> {
  await rm(path, { force: true });
  try {
    await log.copyTo(path, companionsIn(dataDir));
    return await open(path);
  } finally {
    await rm(path, { force: true });
  }
}

async function refuseOtherPages({ headers }: FastifyRequest): Promise<void> {
  if (!isOfOwnPage(headers)) throw new Refusal(403, "pages of another origin may not ask for a backup");
}
