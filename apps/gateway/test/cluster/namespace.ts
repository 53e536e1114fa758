import { execFileSync, spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

type Holder = ChildProcessByStdio<Writable, Readable, null>;

/**
 * A network of its own for one process, joined to this one by a wire that can be cut. It has no name: a process holds it for as
 * long as this one lives, so that nothing stays behind, however this one ends.
 */
export class Namespace {
  readonly #holder: Holder;
  readonly #wire: string;
  /** Addresses at both ends. */
  readonly outside: string;
  readonly inside: string;

  private constructor(holder: Holder) {
    const id = holder.pid!;
    this.#holder = holder;
    this.#wire = `sg${id}`;
    const net = `10.203.${id % 256}`;
    [this.outside, this.inside] = [`${net}.1`, `${net}.2`];
  }

  static async create(): Promise<Namespace> {
    const namespace = new Namespace(await hold());
    const wire = namespace.#wire;
    try {
      ip("link", "add", `${wire}a`, "type", "veth", "peer", "name", `${wire}b`, "netns", String(namespace.#holder.pid));
      ip("address", "add", `${namespace.outside}/30`, "dev", `${wire}a`);
      ip("link", "set", `${wire}a`, "up");
      namespace.#inside("address", "add", `${namespace.inside}/30`, "dev", `${wire}b`);
      namespace.#inside("link", "set", "lo", "up");
      namespace.mend();
      return namespace;
    } catch (error) {
      await namespace.remove();
      throw error;
    }
  }

  /** Starts a process in it, in front of the process's own command. */
  get command(): string[] {
    return ["nsenter", `--net=/proc/${this.#holder.pid}/ns/net`];
  }

  cut(): void {
    this.#inside("link", "set", `${this.#wire}b`, "down");
  }

  mend(): void {
    this.#inside("link", "set", `${this.#wire}b`, "up");
  }

  /** It is gone, and the wire with it, once no process is in it. */
  async remove(): Promise<void> {
    const exited = once(this.#holder, "exit");
    this.#holder.stdin.end();
    await exited;
  }

  #inside(...args: string[]): void {
    const [command, ...through] = this.command;
    execFileSync(command!, [...through, "ip", ...args], { stdio: "pipe" });
  }
}

export function canMakeNamespaces(): boolean {
  try {
    execFileSync("unshare", ["--net", "ip", "link", "add", "near", "type", "veth", "peer", "name", "far"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

/** A process that ends when its standard input does, which is when this process ends at the latest. */
async function hold(): Promise<Holder> {
  const holder = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "pipe", "ignore"] });
  holder.stdin.write("\n");
  // It echoes as soon as it is where it should be.
  await once(holder.stdout, "data");
  return holder;
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}
