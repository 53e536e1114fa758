import { join } from "node:path";
import { AGENTS_FILE } from "./agent-directories.ts";
import { SNAPSHOTS_FILE } from "./snapshot-journal.ts";

/** What lies beside a log and goes along in its copies. Keys do not, and nonces are of no use after minutes. */
export const COMPANIONS: readonly string[] = [AGENTS_FILE, SNAPSHOTS_FILE];

export function companionsIn(dataDir: string): string[] {
  return COMPANIONS.map((name) => join(dataDir, name));
}
