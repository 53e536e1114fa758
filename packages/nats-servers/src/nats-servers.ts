import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findNatsServer, NATS_MISSING } from "./binary.ts";
import { freePorts } from "./free-ports.ts";

export interface NatsServersOptions {
  readonly count: number;
  /** Each server keeps its streams in a folder of its own in it. */
  readonly folder: string;
  /** Where each listens, by index; all on loopback if left out. */
  readonly hosts?: readonly string[];
  /** A command that starts one, in front of its own, by index. */
  readonly through?: readonly (readonly string[])[];
  /** What stands in the configuration of each besides. */
  readonly settings?: string;
}

export interface NatsServer {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess | null;
}

const START_MS_MAX = 10_000;
/** Where it is to be had, a server ends with whoever started it, however that ends. */
const SETPRIV = "/usr/bin/setpriv";
const TIED = existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL"] : [];

/** nats-servers with JetStream, as processes of their own: one alone, or a cluster. */
export class NatsServers {
  readonly #binary: string;
  readonly #running: (ChildProcess | null)[] = [];
  readonly #options: NatsServersOptions;
  readonly #ports: readonly number[];
  readonly #routePorts: readonly number[];

  private constructor(binary: string, options: NatsServersOptions, ports: readonly number[]) {
    this.#binary = binary;
    this.#options = options;
    this.#ports = ports.slice(0, options.count);
    this.#routePorts = ports.slice(options.count);
  }

  /** @throws Error if nats-server is missing, or does not start */
  static async start(options: NatsServersOptions): Promise<NatsServers> {
    const binary = findNatsServer();
    if (binary === null) throw new Error(NATS_MISSING);
    const servers = new NatsServers(binary, options, await freePorts(2 * options.count));
    try {
      await Promise.all(Array.from({ length: options.count }, (_, i) => servers.startAgain(i)));
    } catch (error) {
      await servers.close();
      throw error;
    }
    return servers;
  }

  get urls(): string[] {
    return this.#ports.map((port, i) => `nats://${this.#hostOf(i)}:${port}`);
  }

  get list(): NatsServer[] {
    return this.urls.map((url, i) => ({ name: nameOf(i), url, process: this.#running[i] ?? null }));
  }

  /** Starts the server of an index on what it has on disk. */
  async startAgain(index: number): Promise<void> {
    const folder = join(this.#options.folder, nameOf(index));
    await mkdir(folder, { recursive: true });
    const config = join(folder, "nats-server.conf");
    await writeFile(config, this.#configOf(index, folder));
    const [command, ...args] = [...(this.#options.through?.[index] ?? []), ...TIED, this.#binary, "--config", config];
    const child = spawn(command, args, { stdio: "ignore" });
    this.#running[index] = child;
    const failed = once(child, "exit").then(async () => {
      throw new Error(`nats-server ${nameOf(index)} ended: ${await readFile(join(folder, "log"), "utf8").catch(String)}`);
    });
    failed.catch(() => undefined);
    await Promise.race([failed, untilOpen(this.#hostOf(index), this.#ports[index]!)]);
  }

  /** Ends a server at once, as a power failure would. */
  async kill(index: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#running[index];
    this.#running[index] = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map((_, i) => this.kill(i)));
  }

  #configOf(index: number, folder: string): string {
    const { count, settings = "" } = this.#options;
    const routes = Array.from({ length: count }, (_, i) => `nats://${this.#hostOf(i)}:${this.#routePorts[i]}`);
    const cluster = `cluster { name: segmeter, listen: "${this.#hostOf(index)}:${this.#routePorts[index]}", routes: ${JSON.stringify(routes)} }`;
    return `
server_name: ${nameOf(index)}
listen: "${this.#hostOf(index)}:${this.#ports[index]}"
log_file: ${JSON.stringify(join(folder, "log"))}
jetstream { store_dir: ${JSON.stringify(folder)} }
${count > 1 ? cluster : ""}
${settings}
`;
  }

  #hostOf(index: number): string {
    return this.#options.hosts?.[index] ?? "127.0.0.1";
  }
}

function nameOf(index: number): string {
  return `n${index + 1}`;
}

async function untilOpen(host: string, port: number): Promise<void> {
  for (const untilMs = performance.now() + START_MS_MAX; performance.now() < untilMs; await delay(20)) {
    const socket = connect(port, host);
    const isOpen = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
  }
  throw new Error(`nats-server does not listen on ${host}:${port} after ${START_MS_MAX} ms`);
}
