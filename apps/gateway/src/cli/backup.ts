import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { alreadyThere, checkCopy, copyLog, giveName, type LogPlace } from "./log-copy.ts";
import { Progress } from "./progress.ts";

/**
 * Writes a copy of the log, checks it from end to end, and only then gives it its name.
 *
 * @throws BackupError, StorageError
 */
export async function backUp(path: string, place: LogPlace): Promise<void> {
  if (existsSync(path)) throw alreadyThere(path);
  const temporary = `${path}.${process.pid}.part`;
  const progress = new Progress();
  try {
    await copyLog(place, temporary, progress);
    const { eventCount, conversationCount } = checkCopy(temporary, progress);
    await giveName(temporary, path);
    progress.end();
    process.stderr.write(`${path}: ${eventCount} events of ${conversationCount} conversations, checked\n`);
  } finally {
    await rm(temporary, { force: true });
  }
}
