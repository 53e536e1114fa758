import { execFileSync } from "node:child_process";

/** A network of its own for one process, joined to this one by a wire that can be cut. */
export class Namespace {
  readonly #name: string;
  readonly #wire: string;
  /** Addresses at both ends. */
  readonly outside: string;
  readonly inside: string;

  private constructor(id: number) {
    this.#name = `segmeter-${id}`;
    this.#wire = `sg${id}`;
    const net = `10.203.${id % 256}`;
    [this.outside, this.inside] = [`${net}.1`, `${net}.2`];
  }

  static create(): Namespace {
    const namespace = new Namespace(process.pid);
    const [name, wire] = [namespace.#name, namespace.#wire];
    ip("netns", "add", name);
    try {
      ip("link", "add", `${wire}a`, "type", "veth", "peer", "name", `${wire}b`, "netns", name);
      ip("address", "add", `${namespace.outside}/30`, "dev", `${wire}a`);
      ip("link", "set", `${wire}a`, "up");
      namespace.#inside("address", "add", `${namespace.inside}/30`, "dev", `${wire}b`);
      namespace.#inside("link", "set", "lo", "up");
      namespace.mend();
      return namespace;
    } catch (error) {
      namespace.remove();
      throw error;
    }
  }

  /** Starts a process in it, in front of the process's own command. */
  get command(): string[] {
    return ["ip", "netns", "exec", this.#name];
  }

  cut(): void {
    this.#inside("link", "set", `${this.#wire}b`, "down");
  }

  mend(): void {
    this.#inside("link", "set", `${this.#wire}b`, "up");
  }

  remove(): void {
    ip("netns", "delete", this.#name);
  }

  #inside(...args: string[]): void {
    ip("netns", "exec", this.#name, "ip", ...args);
  }
}

export function canMakeNamespaces(): boolean {
  const name = `segmeter-try-${process.pid}`;
  try {
    ip("netns", "add", name);
    ip("netns", "delete", name);
    return true;
  } catch {
    return false;
  }
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}
