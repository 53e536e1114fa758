import { readFile, stat } from "node:fs/promises";
import { isErrno } from "../errno.ts";

export type FileState<Value> =
  | { readonly kind: "absent" }
  | { readonly kind: "read"; readonly value: Value }
  /** It is there and cannot be read; the message names it. */
  | { readonly kind: "unreadable"; readonly message: string };

export interface WatchedFileOptions<Value> {
  readonly path: string;
  /** @throws Error that says what is wrong with the text */
  readonly parse: (text: string) => Value;
  /** Told of each new state, after the first. */
  readonly onChange: (state: FileState<Value>) => void;
  readonly everyMs: number;
}

const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** A small file that is read again when it has changed. */
export class WatchedFile<Value> {
  #state: FileState<Value> = { kind: "absent" };
  #stamp = "";
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #options: WatchedFileOptions<Value>;

  private constructor(options: WatchedFileOptions<Value>) {
    this.#options = options;
  }

  static async open<Value>(options: WatchedFileOptions<Value>): Promise<WatchedFile<Value>> {
    const file = new WatchedFile(options);
    await file.#look();
    file.#planLook();
    return file;
  }

  get state(): FileState<Value> {
    return this.#state;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #planLook(): void {
    if (this.#isClosed) return;
    const lookAgain = async (): Promise<void> => {
      if ((await this.#look()) && !this.#isClosed) this.#options.onChange(this.#state);
      this.#planLook();
    };
    this.#timer = setTimeout(() => void lookAgain(), this.#options.everyMs).unref();
  }

  /** @returns whether there is a new state. The stamp is taken first: what changes after it is found the next time. */
  async #look(): Promise<boolean> {
    const { path, parse } = this.#options;
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      const stamp = `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
      if (stamp === this.#stamp) return false;
      this.#stamp = stamp;
      if (size > FILE_BYTES_MAX) throw new Error(`expected at most ${FILE_BYTES_MAX} bytes, got ${size}`);
      this.#state = { kind: "read", value: parse(await readFile(path, "utf8")) };
      return true;
    } catch (error) {
      // It is read anew until it can be.
      this.#stamp = "";
      const before = this.#state;
      this.#state = stateOf(error, path);
      return JSON.stringify(this.#state) !== (before.kind === "read" ? null : JSON.stringify(before));
    }
  }
}

function stateOf(error: unknown, path: string): FileState<never> {
  if (isErrno(error, "ENOENT")) return { kind: "absent" };
  return { kind: "unreadable", message: `${path} cannot be read: ${(error as Error).message}` };
}
