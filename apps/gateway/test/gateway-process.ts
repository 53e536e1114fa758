import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Stalls } from "./stall-meter.ts";

const MAIN = new URL("../src/main.ts", import.meta.url).pathname;
const STALL_METER = new URL("stall-meter.ts", import.meta.url).href;

export interface GatewayProcess {
  readonly child: ChildProcess;
  /** Where it listens. */
  readonly url: string;
  /** What it has logged, the newest lines of it. */
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  /** How long its event loop was held up at worst since it was asked last. */
  readonly stalls: () => Promise<Stalls>;
  /** Ends it at once, as a power failure would. */
  readonly kill: () => Promise<void>;
  /** Asks it to stop, and waits until it has. */
  readonly stop: () => Promise<number | null>;
}

/**
 * A gateway in a process of its own, ready to answer.
 *
 * @param through a command that starts it, in front of its own
 */
export async function spawnGateway(
  environment: Readonly<Record<string, string>>,
  through: readonly string[] = [],
): Promise<GatewayProcess> {
  const child = spawnMain({ LOG_LEVEL: "info", ...environment }, through);
  const ended = failureOf(child);
  const logged: Readonly<Record<string, unknown>>[] = [];
  const url = await Promise.race([urlIn(child, logged), ended]);
  while ((await fetch(`${url}/readyz`).catch(() => ended)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 10));
  return {
    child,
    url,
    logged,
    stalls: async () => {
      const answered = once(child, "message");
      child.send("stalls");
      return (await answered)[0] as Stalls;
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
      return child.exitCode;
    },
  };
}

/** Starts a gateway that is expected to give up, and waits until it has. */
export async function runGateway(
  environment: Readonly<Record<string, string>>,
  through: readonly string[] = [],
): Promise<{ exitCode: number | null; stderr: string }> {
  const child = spawnMain(environment, through);
  let stderr = "";
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, "close");
  return { exitCode: child.exitCode, stderr };
}

function spawnMain(environment: Readonly<Record<string, string>>, through: readonly string[] = []): ChildProcess {
  const [command, ...args] = [...through, process.execPath, "--import", STALL_METER, MAIN];
  return spawn(command, args, {
    env: { PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

/** Rejects when the process ends, with what it said. */
function failureOf(child: ChildProcess): Promise<never> {
  let stderr = "";
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const failure = once(child, "close").then(() => Promise.reject(new Error(`the gateway ended: ${stderr}`)));
  // Most end when they are told to.
  failure.catch(() => undefined);
  return failure;
}

const LOGGED_MAX = 1_000;

/** @returns where it listens, once it says so; what it logs is noted, also after that */
function urlIn(child: ChildProcess, logged: Readonly<Record<string, unknown>>[]): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (logged.push(JSON.parse(line) as Readonly<Record<string, unknown>>) > LOGGED_MAX) logged.shift();
      const url = /Server listening at (http:[^"]+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}
