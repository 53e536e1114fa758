import { spawn } from "node:child_process";
import { once } from "node:events";

export const CLI = new URL("../src/cli.ts", import.meta.url).pathname;

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing that the command line would read: where Node keeps what it has compiled. */
const NODE_ENVIRONMENT = { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] };

/** Runs the command line in a process of its own, with nothing set in its environment that it would read. */
export async function runCli(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...NODE_ENVIRONMENT, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child, "close");
  return { exitCode: child.exitCode, stdout, stderr };
}
