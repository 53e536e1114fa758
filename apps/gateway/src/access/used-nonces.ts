import { join } from "node:path";
import { JournalFile } from "../journal-file.ts";
import { cannotTell } from "./refusal.ts";

/** The time of a signed request may be off by so much. */
export const CLOCK_TOLERANCE_S = 300;
const NONCES_MAX = 200_000;

export interface UsedNoncesOptions {
  readonly dataDir: string;
  readonly now: () => number;
  /** They are in memory all the same. */
  readonly onUnsaved: (error: unknown) => void;
}

/**
 * The nonces of signed requests, as long as the same request would be in time. They are kept in a file too, so that
 * whoever overheard one cannot send it again after a restart; no answer waits for that.
 *
 *     ["[\"key\",\"token\",1763769600,\"nonce\"]",1763769600]
 */
export class UsedNonces {
  readonly #nonces: Nonces;
  readonly #file: JournalFile;
  readonly #options: UsedNoncesOptions;

  private constructor(nonces: Nonces, file: JournalFile, options: UsedNoncesOptions) {
    this.#nonces = nonces;
    this.#file = file;
    this.#options = options;
  }

  /** @throws Error that names the file, if it cannot be read or written */
  static async open(options: UsedNoncesOptions): Promise<UsedNonces> {
    const nonces: Nonces = new Map();
    const file = await JournalFile.open({
      path: join(options.dataDir, "oauth-nonces.ndjson"),
      restore: (line) => restore(nonces, line),
      kept: function* () {
        forget(nonces, options.now());
        for (const used of nonces) yield JSON.stringify(used);
      },
    });
    return new UsedNonces(nonces, file, options);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /**
   * @returns whether it was not used before
   * @throws Refusal if there are too many to know
   */
  use(nonce: string, timestampS: number): boolean {
    if (this.#nonces.has(nonce)) return false;
    forget(this.#nonces, this.#options.now());
    if (this.#nonces.size >= NONCES_MAX) throw cannotTell("too many signed requests in too short a time");
    this.#nonces.set(nonce, timestampS);
    this.#file.append([JSON.stringify([nonce, timestampS])]).catch(this.#options.onUnsaved);
    return true;
  }
}

/** To the time in s that each was used with, in the order of their use. */
type Nonces = Map<string, number>;

/** A line that was broken off is passed over. */
function restore(nonces: Nonces, line: string): void {
  try {
    const [nonce, timestampS] = JSON.parse(line) as unknown[];
    if (typeof nonce === "string" && typeof timestampS === "number") nonces.set(nonce, timestampS);
  } catch {
    return;
  }
}

function forget(nonces: Nonces, nowMs: number): void {
  const sinceS = Math.floor(nowMs / 1000) - CLOCK_TOLERANCE_S;
  for (const [nonce, timestampS] of nonces) {
    if (timestampS >= sinceS) break;
    nonces.delete(nonce);
  }
}
