import { open, readFile, type FileHandle } from "node:fs/promises";
import { replaceAndOpen } from "./durable-file.ts";
import { isErrno } from "./errno.ts";

/** Appended lines before the file is written anew, at least. */
const REWRITE_LINES_MIN = 20_000;
const UNSAVED_LINES_MAX = 100_000;

export interface JournalFileOptions {
  readonly path: string;
  /** Given every line that the file holds when it is opened; one that was broken off too. */
  readonly restore: (line: string) => void;
  /** The lines that are of use still: with them the file is written anew, when it is opened and when it has grown. */
  readonly kept: () => Iterable<string>;
}

/** A file that what lies in memory is restored from, line by line. Lines that come at once share one wait for the disk. */
export class JournalFile {
  readonly #options: JournalFileOptions;
  #file: FileHandle;
  #unsaved: string[] = [];
  #appendedCount = 0;
  #keptCount = 0;
  /** Settles, never rejects, when the file may be written to. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: JournalFileOptions, file: FileHandle) {
    this.#options = options;
    this.#file = file;
  }

  /** @throws Error that names the file, if it cannot be read or written */
  static async open(options: JournalFileOptions): Promise<JournalFile> {
    for (const line of (await readText(options.path)).split("\n")) if (line !== "") options.restore(line);
    const journal = new JournalFile(options, await open(options.path, "a", 0o600));
    await journal.#rewrite();
    return journal;
  }

  /**
   * Settles once these lines, and all before them, are on disk.
   *
   * @throws Error of the system; what could not be saved is saved with what comes next
   */
  append(lines: readonly string[]): Promise<void> {
    this.#unsaved.push(...lines);
    const turn = this.#writing.then(() => this.#write());
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
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
      // They are in memory, from which the next write that succeeds has the whole file written anew.
      else this.#appendedCount = Infinity;
      throw error;
    }
  }

  async #rewrite(): Promise<void> {
    const lines = [...this.#options.kept()];
    const before = this.#file;
    this.#file = await replaceAndOpen(this.#options.path, lines.map((line) => `${line}\n`).join(""));
    await before.close();
    this.#keptCount = lines.length;
    this.#appendedCount = 0;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
