import { join } from "node:path";
import { accountIdFault, type ConversationEvent } from "@segmeter/engine";
import { StorageError } from "@segmeter/event-log";
import { isSnapshot, Timelines, type AgentDirectory, type Snapshot } from "@segmeter/liveperson";
import { JournalFile } from "../journal-file.ts";

export const SNAPSHOTS_FILE = "liveperson.ndjson";
const HOUR_MS = 3_600_000;

export interface JournalOptions {
  readonly dataDir: string;
  /** A closed conversation is kept so long, for notifications that come late; Infinity: for ever. */
  readonly retentionHours: number;
  readonly now: () => number;
}

/**
 * The snapshots of all accounts, in memory, and as lines of a file that they are restored from.
 *
 *     ["demo",{"conversationId":"5491244f-…","at":1528371195521,"agent":"29c3019d-…", … }]
 */
export class SnapshotJournal {
  readonly #path: string;
  readonly #accounts: Accounts;
  readonly #file: JournalFile;

  private constructor(path: string, accounts: Accounts, file: JournalFile) {
    this.#path = path;
    this.#accounts = accounts;
    this.#file = file;
  }

  /** @throws StorageError if the file cannot be read or written */
  static async open({ dataDir, retentionHours, now }: JournalOptions): Promise<SnapshotJournal> {
    const path = join(dataDir, SNAPSHOTS_FILE);
    const accounts: Accounts = new Map();
    try {
      const file = await JournalFile.open({
        path,
        restore: (line) => restore(accounts, line),
        kept: () => keptLines(accounts, now() - retentionHours * HOUR_MS),
      });
      return new SnapshotJournal(path, accounts, file);
    } catch (error) {
      throw storageError(path, error);
    }
  }

  /**
   * @returns what the snapshots come to; `saved` settles once they are on disk
   * @throws StorageError from `saved` if they cannot be stored; then the notification has to come again
   */
  add(
    accountId: string,
    snapshots: readonly Snapshot[],
    directory: AgentDirectory,
  ): { readonly events: readonly ConversationEvent[]; readonly saved: Promise<void> } {
    if (snapshots.length === 0) return { events: [], saved: Promise.resolve() };
    const timelines = timelinesOf(this.#accounts, accountId);
    const added = snapshots.map((snapshot) => ({ snapshot, ...timelines.add(snapshot, directory) }));
    const lines = added.filter(({ isNew }) => isNew).map(({ snapshot }) => lineOf(accountId, snapshot));
    return { events: added.flatMap(({ events }) => events), saved: this.#save(lines) };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Waits for what is known already too: it may not be on disk yet. */
  async #save(lines: readonly string[]): Promise<void> {
    try {
      await this.#file.append(lines);
    } catch (error) {
      throw storageError(this.#path, error);
    }
  }
}

type Accounts = Map<string, Timelines>;

/** A line that was broken off was never acknowledged. */
function restore(accounts: Accounts, line: string): void {
  const parsed = parseLine(line);
  if (parsed !== null) timelinesOf(accounts, parsed.accountId).restore(parsed.snapshot);
}

/** What is still of use. */
function* keptLines(accounts: Accounts, closedBeforeMs: number): Generator<string> {
  for (const [accountId, timelines] of accounts) {
    for (const snapshot of timelines.keepSince(closedBeforeMs)) yield lineOf(accountId, snapshot);
  }
}

function timelinesOf(accounts: Accounts, accountId: string): Timelines {
  const timelines = accounts.get(accountId) ?? new Timelines();
  accounts.set(accountId, timelines);
  return timelines;
}

function lineOf(accountId: string, snapshot: Snapshot): string {
  return JSON.stringify([accountId, snapshot]);
}

function parseLine(line: string): { readonly accountId: string; readonly snapshot: Snapshot } | null {
  try {
    const [accountId, snapshot] = JSON.parse(line) as unknown[];
    return accountIdFault(accountId) === null && isSnapshot(snapshot) ? { accountId: accountId as string, snapshot } : null;
  } catch {
    return null;
  }
}

function storageError(path: string, error: unknown): StorageError {
  return new StorageError("STORAGE_FAILED", `${path}: ${(error as Error).message}`, { cause: error });
}
