import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** Puts a new file in the place of an old one, durably: whoever reads it finds one or the other, whole. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await (await replaceAndOpen(path, text)).close();
}

/** @returns the new file, to be appended to; it is the one that stands there now, whatever happens to the name */
export async function replaceAndOpen(path: string, text: string): Promise<FileHandle> {
  const file = await openNew(path);
  try {
    await file.writeFile(text);
    await putInPlace(file, path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Puts a new file in the place of an old one, as `replaceFile` does.
 *
 * @param write writes it; false: the old one shall stay
 */
export async function replaceFileBy(path: string, write: (file: FileHandle) => Promise<boolean>): Promise<boolean> {
  const file = await openNew(path);
  let isReplaced = false;
  try {
    isReplaced = await write(file);
    if (isReplaced) await putInPlace(file, path);
    return isReplaced;
  } catch (error) {
    isReplaced = false;
    throw error;
  } finally {
    await file.close();
    // It may be large, and the disk full.
    if (!isReplaced) await removeUnfinished(path);
  }
}

/** Removes what a process left that ended while it replaced a file. */
export async function removeUnfinished(path: string): Promise<void> {
  await rm(newPathOf(path), { force: true });
}

function openNew(path: string): Promise<FileHandle> {
  return open(newPathOf(path), "w", 0o600);
}

async function putInPlace(file: FileHandle, path: string): Promise<void> {
  await file.sync();
  await rename(newPathOf(path), path);
  await sync(dirname(path));
}

function newPathOf(path: string): string {
  return `${path}.new`;
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
