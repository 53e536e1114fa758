import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { freePorts } from "@segmeter/nats-servers";
import { ask } from "./ask.ts";

const READY_POLL_MS = 50;
/** As `npm run serve` starts it. A larger nursery holds a hundred megabytes more, and is no faster. */
const NODE_ARGUMENTS = ["--max-semi-space-size=16"];

export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  /** Its exit status, once it has ended. */
  readonly exited: Promise<number>;
  readonly stop: (signal: NodeJS.Signals) => void;
}

/** Starts a gateway beside this process and waits until it is ready; ends with it if it cannot start. */
export async function startGatewayProcess(main: string, environment: NodeJS.ProcessEnv): Promise<GatewayProcess> {
  const host = environment["HOST"] || "127.0.0.1";
  // The gateway would not tell here which one it has taken.
  const [port] = environment["PORT"] === "0" ? await freePorts(1, host) : [environment["PORT"] || "4000"];
  const env = { ...environment, HOST: host, PORT: String(port) };
  const child = spawn(process.execPath, [...NODE_ARGUMENTS, main], { env, stdio: "inherit" });
  const exited = once(child, "exit").then(([code]) => (code as number | null) ?? 1);
  const url = `${environment["TLS_CERT"] ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const isRunning = await Promise.race([exited.then(() => false), untilReady(url).then(() => true)]);
  if (!isRunning) process.exit(await exited);
  return { url, pid: child.pid!, exited, stop: (signal) => void child.kill(signal) };
}

async function untilReady(url: string): Promise<void> {
  for (;;) {
    const asked = await ask(`${url}/readyz`).catch(() => null);
    if (asked?.status === 200) return;
    await delay(READY_POLL_MS);
  }
}
