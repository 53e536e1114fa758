import { join } from "node:path";
import { accountIdFault, listedIdFault } from "@segmeter/engine";
import { z } from "zod";
import { changeAccessFile, readAccessFile, type FileFormat } from "./access-file.ts";
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

const FORMAT: FileFormat<readonly StoredKey[]> = { parse: parseKeyFile, empty: [], write: (keys) => ({ version: 1, keys }) };

/** @throws AccessFileError */
export function readKeys(path: string): Promise<readonly StoredKey[]> {
  return readAccessFile(path, FORMAT);
}

/**
 * @returns the key itself, which is kept nowhere
 * @throws AccessFileError
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
  await changeAccessFile(path, FORMAT, (keys) => [...keys, stored]);
  return key;
}

/**
 * @returns the key that is gone; null if there was none of that id
 * @throws AccessFileError
 */
export async function removeKey(path: string, id: string): Promise<StoredKey | null> {
  let removed: StoredKey | null = null;
  await changeAccessFile(path, FORMAT, (keys) => {
    removed = keys.find((key) => key.id === id) ?? null;
    return removed === null ? null : keys.filter((key) => key.id !== id);
  });
  return removed;
}
