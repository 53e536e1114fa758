import { join } from "node:path";
import { accountIdFault, type ConversationEvent } from "@segmeter/engine";
import { StorageError } from "@segmeter/event-log";
import { Timelines, toKept, type AgentDirectory, type ConversationNotice, type Kept } from "@segmeter/liveperson";
import { JournalFile } from "../journal-file.ts";

/** Takes the events of records of the history, of no conversation more than one in a request. */
export const HISTORY_PATH = "/v1/accounts/:accountId/liveperson/history";
export const SNAPSHOTS_FILE = "liveperson.ndjson";
const HOUR_MS = 3_600_000;

export interface JournalOptions {
  readonly dataDir: string;
  /** A closed conversation is kept so long, for notifications that come late; Infinity: for ever. */
  readonly retentionHours: number;
  readonly now: () => number;
}

/**
 * What is known of the conversations of all accounts, in memory, and as lines of a file that it is restored from.
 *
 *     ["demo",{"conversationId":"5491244f-…","at":1528371195521,"agent":"29c3019d-…", … }]
 */
export class SnapshotJournal {
  readonly #path: string;
  readonly #accounts: Accounts;
  readonly #file: JournalFile;
  /** Before which a conversation that is closed need not be known any more. */
  readonly #keptSinceMs: () => number;

  private constructor(path: string, accounts: Accounts, file: JournalFile, keptSinceMs: () => number) {
    this.#path = path;
    this.#accounts = accounts;
    this.#file = file;
    this.#keptSinceMs = keptSinceMs;
  }

  /** @throws StorageError if the file cannot be read or written */
  static async open({ dataDir, retentionHours, now }: JournalOptions): Promise<SnapshotJournal> {
    const path = join(dataDir, SNAPSHOTS_FILE);
    const accounts: Accounts = new Map();
    const keptSinceMs = (): number => now() - retentionHours * HOUR_MS;
    try {
      const file = await JournalFile.open({
        path,
        restore: (line) => restore(accounts, line),
        kept: () => keptLines(accounts, keptSinceMs()),
      });
      return new SnapshotJournal(path, accounts, file, keptSinceMs);
    } catch (error) {
      throw storageError(path, error);
    }
  }

  /**
   * @returns what the notices come to; `saved` settles once what is new in them is on disk
   * @throws StorageError from `saved` if they cannot be stored; then the notification has to come again
   */
  add(
    accountId: string,
    notices: readonly ConversationNotice[],
    directory: AgentDirectory,
  ): { readonly events: readonly ConversationEvent[]; readonly saved: Promise<void> } {
    if (notices.length === 0) return { events: [], saved: Promise.resolve() };
    const timelines = timelinesOf(this.#accounts, accountId);
    const added = notices.map((notice) => timelines.add(notice, directory));
    return { events: added.flatMap(({ events }) => events), saved: this.#save(accountId, added) };
  }

  /**
   * @param events of records of the history, of no conversation more than one
   * @returns what they come to beside what is known; `keep`, once they are in the log, makes them known, and settles when that
   *   is on disk. @throws StorageError from `keep`
   */
  tell(
    accountId: string,
    events: readonly ConversationEvent[],
    directory: AgentDirectory,
  ): { readonly events: readonly ConversationEvent[]; readonly keep: () => Promise<void> } {
    const timelines = timelinesOf(this.#accounts, accountId);
    const conversations = Map.groupBy(events, ({ conversationId }) => conversationId);
    const told = [...conversations.values()].map((some) => timelines.tell(some, directory, this.#keptSinceMs()));
    const keep = (): Promise<void> => {
      for (const kept of told.flatMap((each) => each.kept)) timelines.restore(kept);
      return this.#save(accountId, told);
    };
    return { events: told.flatMap((each) => each.events), keep };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Waits for what is known already too: it may not be on disk yet. */
  async #save(accountId: string, added: readonly { readonly kept: readonly Kept[] }[]): Promise<void> {
    try {
      await this.#file.append(added.flatMap(({ kept }) => kept.map((each) => lineOf(accountId, each))));
    } catch (error) {
      throw storageError(this.#path, error);
    }
  }
}

type Accounts = Map<string, Timelines>;

/** A line that was broken off was never acknowledged. */
function restore(accounts: Accounts, line: string): void {
  const parsed = parseLine(line);
  if (parsed !== null) timelinesOf(accounts, parsed.accountId).restore(parsed.kept);
}

/** What is still of use. */
function* keptLines(accounts: Accounts, closedBeforeMs: number): Generator<string> {
  for (const [accountId, timelines] of accounts) {
    for (const kept of timelines.keepSince(closedBeforeMs)) yield lineOf(accountId, kept);
  }
}

function timelinesOf(accounts: Accounts, accountId: string): Timelines {
  const timelines = accounts.get(accountId) ?? new Timelines();
  accounts.set(accountId, timelines);
  return timelines;
}

function lineOf(accountId: string, kept: Kept): string {
  return JSON.stringify([accountId, kept]);
}

function parseLine(line: string): { readonly accountId: string; readonly kept: Kept } | null {
  try {
    const [accountId, value] = JSON.parse(line) as unknown[];
    const kept = toKept(value);
    return kept !== null && accountIdFault(accountId) === null ? { accountId: accountId as string, kept } : null;
  } catch {
    return null;
  }
}

function storageError(path: string, error: unknown): StorageError {
  return new StorageError("STORAGE_FAILED", `${path}: ${(error as Error).message}`, { cause: error });
}
