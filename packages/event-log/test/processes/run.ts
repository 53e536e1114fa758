import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";

/** A script of this folder, running in a process of its own. It must not complain of anything. */
export interface ScriptRun {
  /** The next line that it says; null when it says no more. */
  readonly nextLine: () => Promise<string | null>;
  /** The lines that it says from here to its end. */
  readonly rest: () => Promise<string[]>;
  /** `kill -9`. Returns when it is dead. */
  readonly kill: () => Promise<void>;
}

/** @param prefix a command that runs the command that follows it */
export function runScript(script: URL, args: readonly string[], prefix: readonly string[] = []): ScriptRun {
  const [command = process.execPath, ...rest] = [...prefix, process.execPath, fileURLToPath(script), ...args];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
    expect(complaints).toBe("");
  });

  const nextLine = async (): Promise<string | null> => {
    const { done, value } = await lines.next();
    return done ? null : value;
  };
  return {
    nextLine,
    rest: async () => {
      const said: string[] = [];
      for (let line = await nextLine(); line !== null; line = await nextLine()) said.push(line);
      await exited;
      return said;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
