import { open, rename, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** Puts a new file in the place of an old one, durably: whoever reads it finds one or the other, whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await (await replaceAndOpen(path, text)).close();
}

/** @returns the new file, to be appended to; it is the one that stands there now, whatever happens to the name */
export async function replaceAndOpen(path: string, text: string): Promise<FileHandle> {
  const newPath = `${path}.new`;
  const file = await open(newPath, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await rename(newPath, path);
    await sync(dirname(path));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Makes durable what is in a file, or what a folder is told to hold. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
