import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Marks a data folder that was empty when the demo first ran on it: the demo may go on there. */
const MARK = "demo";

/** @returns whether the folder is the demo's; an empty or missing one becomes so */
export async function isDemoFolder(path: string): Promise<boolean> {
  await mkdir(path, { recursive: true });
  const names = await readdir(path);
  if (names.length > 0) return names.includes(MARK);
  await writeFile(join(path, MARK), "This folder was filled by the demo. Delete the folder to begin anew.\n");
  return true;
}
