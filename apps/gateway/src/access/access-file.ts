import { mkdir, open, readFile, rename, unlink, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { sync } from "../durable-file.ts";
import { isErrno } from "../errno.ts";

/** A file of credentials cannot be read or written; the message names it and says what to do. */
export class AccessFileError extends Error {
  override readonly name = "AccessFileError";
}

export interface FileFormat<Value> {
  /** @throws Error that says what is wrong with the text */
  readonly parse: (text: string) => Value;
  /** Of a file that is not there. */
  readonly empty: Value;
  readonly write: (value: Value) => unknown;
}

/** @throws AccessFileError */
export async function readAccessFile<Value>(path: string, { parse, empty }: FileFormat<Value>): Promise<Value> {
  try {
    return parse(await readFile(path, "utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return empty;
    throw new AccessFileError(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Puts a new file in the place of the old one: whoever reads it finds one or the other, whole. The new file is also
 * what keeps two changes from being made at the same time.
 *
 * @param change null: nothing is to change
 * @throws AccessFileError
 */
export async function changeAccessFile<Value>(
  path: string,
  format: FileFormat<Value>,
  change: (value: Value) => Value | null,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const newPath = `${path}.new`;
  const file = await openNew(newPath);
  let isRenamed = false;
  try {
    const changed = change(await readAccessFile(path, format));
    if (changed === null) return;
    const text = `${JSON.stringify(format.write(changed), null, 2)}\n`;
    assertParses(path, text, format);
    await file.writeFile(text);
    await file.sync();
    await rename(newPath, path);
    isRenamed = true;
    await sync(dirname(path));
  } finally {
    await file.close();
    if (!isRenamed) await unlink(newPath);
  }
}

function assertParses<Value>(path: string, text: string, { parse }: FileFormat<Value>): void {
  try {
    parse(text);
  } catch (error) {
    throw new AccessFileError(`${path} stays as it is, since it could not be read: ${(error as Error).message}`, { cause: error });
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o600);
  } catch (error) {
    const message = isErrno(error, "EEXIST")
      ? `${path} is there: another change is being made; if none is, one was broken off, and the file can be removed`
      : `${path} cannot be written: ${(error as Error).message}`;
    throw new AccessFileError(message, { cause: error });
  }
}
