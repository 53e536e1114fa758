import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { accountIdFault, describe } from "@segmeter/engine";
import { StorageError } from "@segmeter/event-log";
import { AgentDirectory, parseAgents, type AgentEntry } from "@segmeter/liveperson";
import { replaceFile } from "../durable-file.ts";
import { isErrno } from "../errno.ts";

export const AGENTS_FILE = "agents.json";
const NOBODY = new AgentDirectory([]);

/** The directories of all accounts, kept in one file: `{ "demo": [{ "id": "4501", … }] }`. */
export class AgentDirectories {
  readonly #path: string;
  readonly #accounts: Map<string, AgentDirectory>;
  /** Settles, never rejects, when the file may be written. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, accounts: Map<string, AgentDirectory>) {
    this.#path = path;
    this.#accounts = accounts;
  }

  /** @throws StorageError if the file is there and cannot be read, or is no directory */
  static async open(dataDir: string): Promise<AgentDirectories> {
    const path = join(dataDir, AGENTS_FILE);
    try {
      return new AgentDirectories(path, parseFile(await readFile(path, "utf8")));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return new AgentDirectories(path, new Map());
      throw new StorageError("NOT_A_LOG", `${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  of(accountId: string): AgentDirectory {
    return this.#accounts.get(accountId) ?? NOBODY;
  }

  /** Replaces the whole directory of an account; it holds from then on. @throws StorageError */
  put(accountId: string, entries: readonly AgentEntry[]): Promise<void> {
    const turn = this.#writing.then(() => this.#put(accountId, entries));
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #put(accountId: string, entries: readonly AgentEntry[]): Promise<void> {
    const others = [...this.#accounts].filter(([id]) => id !== accountId).map(([id, directory]) => [id, directory.entries] as const);
    try {
      await replaceFile(this.#path, `${JSON.stringify(Object.fromEntries([...others, [accountId, entries]]))}\n`);
    } catch (error) {
      throw new StorageError("STORAGE_FAILED", `${this.#path}: ${(error as Error).message}`, { cause: error });
    }
    this.#accounts.set(accountId, new AgentDirectory(entries));
  }
}

/** @throws Error that says what is wrong with the text */
function parseFile(text: string): Map<string, AgentDirectory> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`expected an object, got ${describe(value)}`);
  return new Map(
    Object.entries(value).map(([accountId, agents]) => {
      const { entries, faults } = parseAgents(agents);
      const fault = accountIdFault(accountId) ?? faults[0];
      if (fault !== undefined) throw new Error(`${accountId}: ${fault}`);
      return [accountId, new AgentDirectory(entries)];
    }),
  );
}
