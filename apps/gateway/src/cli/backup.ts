import { existsSync } from "node:fs";
import { alreadyThere, copyLog, makeCopy, type LogPlace } from "./log-copy.ts";

/**
 * Writes a copy of the log, and of what lies beside it, to a new file.
 *
 * @throws BackupError, StorageError
 */
export async function backUp(path: string, place: LogPlace): Promise<void> {
  if (existsSync(path)) throw alreadyThere(path);
  await makeCopy(path, (temporary, progress) => copyLog(place, temporary, progress));
}
