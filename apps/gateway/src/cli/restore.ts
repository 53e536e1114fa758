import { constants, existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { pathIn } from "@segmeter/event-log/sqlite";
import { alreadyThere, BackupError, makeCopy } from "./log-copy.ts";

/**
 * Puts a backup, with what goes along in it, into a data folder that has no log.
 *
 * @throws BackupError, StorageError
 */
export async function restore(backup: string, dataDir: string): Promise<void> {
  const path = pathIn(dataDir);
  // A log that goes on beside a file that is gone would be taken for this one's.
  for (const held of [path, `${path}-wal`]) if (existsSync(held)) throw alreadyThere(held);
  await makeCopy(path, (temporary) => copy(backup, dataDir, temporary), dataDir);
}

async function copy(backup: string, dataDir: string, path: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await copyFile(backup, path, constants.COPYFILE_EXCL);
  } catch (error) {
    throw new BackupError((error as Error).message, { cause: error });
  }
}
