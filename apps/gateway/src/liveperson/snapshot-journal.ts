import { open, readFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { accountIdFault, type ConversationEvent } from "@segmeter/engine";
import { StorageError } from "@segmeter/event-log";
import { isSnapshot, Timelines, type AgentDirectory, type Snapshot } from "@segmeter/liveperson";
import { replaceAndOpen } from "../durable-file.ts";
import { isErrno } from "../errno.ts";

const HOUR_MS = 3_600_000;
/** Appended lines before the file is written anew, at least. */
const REWRITE_LINES_MIN = 20_000;
const UNSAVED_LINES_MAX = 100_000;

export interface JournalOptions {
  readonly dataDir: string;
  /** A closed conversation is kept so long, for notifications that come late; Infinity: for ever. */
  readonly retentionHours: number;
  readonly now: () => number;
}

/**
 * The snapshots of all accounts, in memory, and as lines of a file that they are restored from. Many that come at once
 * share one wait for the disk.
 *
 *     ["demo",{"conversationId":"5491244f-…","at":1528371195521,"agent":"29c3019d-…", … }]
 */
export class SnapshotJournal {
  readonly #path: string;
  readonly #options: JournalOptions;
  readonly #accounts: Accounts;
  #file: FileHandle;
  #unsaved: string[] = [];
  #appendedCount = 0;
  #keptCount = 0;
  /** Settles, never rejects, when the file may be written to. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, options: JournalOptions, accounts: Accounts, file: FileHandle) {
    this.#path = path;
    this.#options = options;
    this.#accounts = accounts;
    this.#file = file;
  }

  /** @throws StorageError if the file cannot be read or written */
  static async open(options: JournalOptions): Promise<SnapshotJournal> {
    const path = join(options.dataDir, "liveperson.ndjson");
    try {
      const accounts = restore(await readText(path));
      const journal = new SnapshotJournal(path, options, accounts, await open(path, "a", 0o600));
      await journal.#rewrite();
      return journal;
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
    const timelines = timelinesOf(this.#accounts, accountId);
    const events = snapshots.flatMap((snapshot) => {
      const added = timelines.add(snapshot, directory);
      if (added.isNew) this.#unsaved.push(lineOf(accountId, snapshot));
      return added.events;
    });
    return { events, saved: snapshots.length === 0 ? Promise.resolve() : this.#save() };
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  /** What could not be saved before is saved with what comes next. */
  #save(): Promise<void> {
    const turn = this.#writing.then(() => this.#write());
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #write(): Promise<void> {
    const lines = this.#unsaved;
    if (lines.length === 0) return;
    this.#unsaved = [];
    try {
      // What a write that failed has left is a line of its own, and none.
      await this.#file.appendFile(`\n${lines.join("\n")}\n`);
      await this.#file.datasync();
      this.#appendedCount += lines.length;
      if (this.#appendedCount > Math.max(REWRITE_LINES_MIN, this.#keptCount)) await this.#rewrite();
    } catch (error) {
      if (this.#unsaved.length + lines.length <= UNSAVED_LINES_MAX) this.#unsaved = [...lines, ...this.#unsaved];
      throw storageError(this.#path, error);
    }
  }

  /** Keeps of the file what is still of use. */
  async #rewrite(): Promise<void> {
    const closedBeforeMs = this.#options.now() - this.#options.retentionHours * HOUR_MS;
    const lines = [...this.#accounts].flatMap(([accountId, timelines]) =>
      Array.from(timelines.keepSince(closedBeforeMs), (snapshot) => lineOf(accountId, snapshot)),
    );
    const before = this.#file;
    this.#file = await replaceAndOpen(this.#path, lines.map((line) => `${line}\n`).join(""));
    await before.close();
    this.#keptCount = lines.length;
    this.#appendedCount = 0;
  }
}

type Accounts = Map<string, Timelines>;

/** A line that was broken off was never acknowledged. */
function restore(text: string): Accounts {
  const accounts: Accounts = new Map();
  for (const line of text.split("\n")) {
    const parsed = parseLine(line);
    if (parsed !== null) timelinesOf(accounts, parsed.accountId).restore(parsed.snapshot);
  }
  return accounts;
}

function timelinesOf(accounts: Accounts, accountId: string): Timelines {
  const timelines = accounts.get(accountId) ?? new Timelines();
  accounts.set(accountId, timelines);
  return timelines;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
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
