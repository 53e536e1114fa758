import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("peers", import.meta.url));
const PNPM = "pnpm@12.21.0";

/** Whether the peers' packages are there: the bench installs them when it is first run, the tests never do. */
export function arePeersInstalled(): boolean {
  return existsSync(`${FOLDER}/node_modules/chdb/package.json`);
}

/** From the lockfile of their own folder. */
export function installPeers(): void {
  if (arePeersInstalled()) return;
  // All output to where messages go: what is on standard output is the result.
  execFileSync("npx", ["-y", PNPM, "install", "--frozen-lockfile"], { cwd: FOLDER, stdio: ["ignore", 2, 2] });
}

/** A peer's package; the caller says of what type, since its types are only there when it is. */
export function requirePeer(name: string): unknown {
  return createRequire(`${FOLDER}/package.json`)(name);
}
