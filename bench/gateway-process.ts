import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.resolve("@segmeter/gateway")));
const READY_POLL_MS = 10;

export interface GatewayProcess {
  readonly url: string;
  readonly close: () => Promise<void>;
  /** As a power failure does. */
  readonly kill: () => Promise<void>;
}

/** A gateway in a process of its own, as `npm run serve` starts it; ready when it resolves. */
export async function startGatewayProcess(environment: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const child = spawn(process.execPath, ["--max-semi-space-size=16", MAIN], {
    env: { ...process.env, PORT: "0", LOG_LEVEL: "info", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /Server listening at (http:[^"]+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    while (!(await fetch(`${url}/readyz`)).ok) await delay(READY_POLL_MS);
    return { url, close: () => end("SIGTERM"), kill: () => end("SIGKILL") };
  }
  throw new Error("the gateway ended before it listened");
}
