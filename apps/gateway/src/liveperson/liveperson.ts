import type { LivePersonConfig } from "../config.ts";
import { AgentDirectories } from "./agent-directories.ts";
import { SnapshotJournal, type JournalOptions } from "./snapshot-journal.ts";

/** What is kept beside the log for accounts that LivePerson feeds. */
export interface LivePerson {
  readonly config: LivePersonConfig;
  readonly directories: AgentDirectories;
  readonly journal: SnapshotJournal;
  readonly close: () => Promise<void>;
}

/** @throws StorageError if a file of it cannot be read or written */
export async function openLivePerson(options: JournalOptions & { readonly config: LivePersonConfig }): Promise<LivePerson> {
  const directories = await AgentDirectories.open(options.dataDir);
  const journal = await SnapshotJournal.open(options);
  return { config: options.config, directories, journal, close: () => journal.close() };
}
