import { mkdir, open, readFile, rename, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { accountIdFault, listedIdFault } from "@segmeter/engine";
import { z } from "zod";
import { sync } from "../durable-file.ts";
import { isErrno } from "../errno.ts";
import { createApiKey, digestOf, type ApiKey } from "./api-key.ts";
import { SCOPES } from "./caller.ts";

const KEYS_MAX = 10_000;
const NAME_LENGTH_MAX = 100;

const checkedBy = (faultOf: (value: unknown) => string | null): z.ZodString =>
  z.string().check(({ value, issues }) => {
    const message = faultOf(value);
    if (message !== null) issues.push({ code: "custom", message, input: value });
  });

const ids = z.array(checkedBy(listedIdFault)).min(1).nullable();

const KEY = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z
    .string()
    .min(1)
    .max(NAME_LENGTH_MAX)
    .regex(/^\P{Cc}*$/u),
  /** In hex, of the whole key. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  /** null: every account. */
  accounts: z.array(checkedBy(accountIdFault)).min(1).nullable(),
  scopes: z.array(z.enum(SCOPES)).min(1),
  agentIds: ids,
  groupIds: ids,
  skillIds: ids,
});

const FILE = z.strictObject({ version: z.literal(1), keys: z.array(KEY).max(KEYS_MAX) });

/** What is kept of an API key. */
export type StoredKey = Readonly<z.infer<typeof KEY>>;

/** What whoever makes a key decides. */
export type KeyRequest = Omit<StoredKey, "id" | "sha256" | "createdAt">;

/** The file of API keys cannot be read or written; the message names it and says what to do. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

export function keyFileIn(dataDir: string): string {
  return join(dataDir, "access.json");
}

/** @throws Error that says what is wrong with the text */
export function parseKeyFile(text: string): StoredKey[] {
  const parsed = FILE.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  const { keys } = parsed.data;
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new Error("keys: an id stands there twice");
  return keys;
}

/** @throws KeyFileError */
export async function readKeys(path: string): Promise<StoredKey[]> {
  try {
    return parseKeyFile(await readFile(path, "utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw new KeyFileError(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * @returns the key itself, which is kept nowhere
 * @throws KeyFileError
 */
export async function addKey(path: string, request: KeyRequest, nowMs: number): Promise<ApiKey> {
  const key = createApiKey();
  const stored: StoredKey = {
    id: key.id,
    name: request.name,
    sha256: digestOf(key.text).toString("hex"),
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: request.expiresAt,
    accounts: request.accounts,
    scopes: request.scopes,
    agentIds: request.agentIds,
    groupIds: request.groupIds,
    skillIds: request.skillIds,
  };
  await changeKeys(path, (keys) => [...keys, stored]);
  return key;
}

/**
 * @returns the key that is gone; null if there was none of that id
 * @throws KeyFileError
 */
export async function removeKey(path: string, id: string): Promise<StoredKey | null> {
  let removed: StoredKey | null = null;
  await changeKeys(path, (keys) => {
    removed = keys.find((key) => key.id === id) ?? null;
    return removed === null ? null : keys.filter((key) => key.id !== id);
  });
  return removed;
}

/**
 * Puts a new file in the place of the old one: whoever reads it finds one or the other, whole. The new file is also
 * what keeps two changes from being made at the same time.
 *
 * @param change null: nothing is to change
 */
async function changeKeys(path: string, change: (keys: readonly StoredKey[]) => readonly StoredKey[] | null): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const newPath = `${path}.new`;
  const file = await openNew(newPath);
  let isRenamed = false;
  try {
    const keys = change(await readKeys(path));
    if (keys === null) return;
    const text = `${JSON.stringify({ version: 1, keys }, null, 2)}\n`;
    parseKeyFile(text);
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

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o600);
  } catch (error) {
    const message = isErrno(error, "EEXIST")
      ? `${path} is there: another change is being made; if none is, one was broken off, and the file can be removed`
      : `${path} cannot be written: ${(error as Error).message}`;
    throw new KeyFileError(message, { cause: error });
  }
}
