import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export const NATS_MISSING = "nats-server is not installed (Debian: apt-get install nats-server)";

/** @returns where nats-server is; null: it is not installed */
export function findNatsServer(): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, "nats-server")).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
