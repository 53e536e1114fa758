import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Reading } from "./instruments.ts";

const LOG_FILES = ["events.sqlite", "events.sqlite-wal"];

/**
 * How large the log is, and how much room it has. A disk that does not answer keeps nobody waiting: what is read is what
 * was found when it was read last.
 */
export async function readingsOfFolder(folder: string): Promise<Reading[]> {
  let [logBytes, freeBytes, isLooking] = [0, 0, false];
  await look();
  return [
    {
      name: "log_bytes",
      help: "What the event log takes on disk.",
      type: "gauge",
      read: () => {
        void look();
        return logBytes;
      },
    },
    { name: "free_bytes", help: "What is free where the event log lies.", type: "gauge", read: () => freeBytes },
  ];

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      const sizes = await Promise.all(LOG_FILES.map((name) => sizeOf(join(folder, name))));
      const { bavail, bsize } = await statfs(folder);
      [logBytes, freeBytes] = [sizes.reduce((sum, size) => sum + size, 0), bavail * bsize];
    } catch {
      // What was found before stands.
    }
    isLooking = false;
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  return found?.size ?? 0;
}
