import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { JobName, Jobs } from "./client-job.ts";

/** A process that asks, so that the one that answers does not spend its time on asking. One job at a time. */
export class ClientProcess {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL("client.ts", import.meta.url)), { execArgv: [] });

  async run<Name extends JobName>(name: Name, job: Jobs[Name]["job"]): Promise<Jobs[Name]["result"]> {
    this.#child.send({ name, job });
    const listening = new AbortController();
    const told = await Promise.race([this.#answer(listening.signal), this.#end(listening.signal)]).finally(() => listening.abort());
    if (told.error !== undefined) throw new Error(`the client process failed: ${told.error}`);
    return told.result as Jobs[Name]["result"];
  }

  /** Ends a job that goes on until it is told. */
  stop(): void {
    this.#child.send("stop");
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.disconnect();
    await once(this.#child, "exit");
  }

  async #answer(signal: AbortSignal): Promise<{ readonly result?: unknown; readonly error?: string }> {
    const [told] = (await once(this.#child, "message", { signal })) as [{ result?: unknown; error?: string }];
    return told;
  }

  async #end(signal: AbortSignal): Promise<never> {
    const [code] = (await once(this.#child, "exit", { signal })) as [number | null];
    throw new Error(`the client process ended with ${code} before it answered`);
  }
}
