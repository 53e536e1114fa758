import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = new URL("..", import.meta.url).pathname;

const { packageManager } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly packageManager: string };
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface PnpmResult {
  readonly stdout: string;
  readonly stderr: string;
  /** null: it was ended because it took too long. */
  readonly exitCode: number | null;
}

/** Runs this repository's pnpm in it. */
export function pnpm(args: readonly string[], timeoutMs: number): Promise<PnpmResult> {
  const options = { cwd: ROOT, timeout: timeoutMs, maxBuffer: OUTPUT_BYTES_MAX };
  return new Promise((resolve) => {
    execFile("npx", ["-y", packageManager, ...args], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ stdout, stderr, exitCode });
    });
  });
}
