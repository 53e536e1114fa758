import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { pathIn } from "@segmeter/event-log/sqlite";
import { alreadyThere, BackupError, checkCopy, giveName } from "./log-copy.ts";
import { Progress } from "./progress.ts";

/**
 * Puts a backup into a data folder that has no log; what is copied is checked from end to end before it is one.
 *
 * @throws BackupError, StorageError
 */
export async function restore(backup: string, dataDir: string): Promise<void> {
  const path = pathIn(dataDir);
  // A log that goes on beside a file that is gone would be taken for this one's.
  for (const held of [path, `${path}-wal`]) if (existsSync(held)) throw alreadyThere(held);
  const temporary = `${path}.${process.pid}.part`;
  const progress = new Progress();
  try {
    await copy(backup, dataDir, temporary);
    const { eventCount, conversationCount } = checkCopy(temporary, progress);
    await giveName(temporary, path);
    progress.end();
    process.stderr.write(`${path}: ${eventCount} events of ${conversationCount} conversations, checked\n`);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function copy(backup: string, dataDir: string, path: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await copyFile(backup, path, constants.COPYFILE_EXCL);
  } catch (error) {
    throw new BackupError((error as Error).message, { cause: error });
  }
}
