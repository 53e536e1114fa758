import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const VITE = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin/vite.js");
const ROOT = new URL("..", import.meta.url).pathname;

export interface BuiltPage {
  readonly folder: string;
  readonly remove: () => Promise<void>;
}

/** The page as it is served, built into a folder of its own; by another process, since this one's environment is a test's. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = await mkdtemp(join(tmpdir(), "segmeter-page-"));
  const env = { ...process.env, NODE_ENV: "production" };
  await promisify(execFile)(process.execPath, [VITE, "build", "--outDir", folder, "--logLevel", "error"], { cwd: ROOT, env });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
