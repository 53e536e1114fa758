import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * An API key: `sgm_` and its id, which lists and logs may show, then 256 random bits, which nobody may.
 *
 *     sgm_3f9c01a7be42_Zk3v…43 characters
 */
export interface ApiKey {
  readonly id: string;
  readonly text: string;
}

const PREFIX = "sgm_";
const ID_BYTES = 6;
const SECRET_BYTES = 32;
const FORM = /^sgm_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

export function createApiKey(): ApiKey {
  const id = randomBytes(ID_BYTES).toString("hex");
  return { id, text: `${PREFIX}${id}_${randomBytes(SECRET_BYTES).toString("base64url")}` };
}

export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** @returns null for what is none */
export function idOfApiKey(text: string): string | null {
  return FORM.exec(text)?.[1] ?? null;
}

/**
 * What is stored of a key. Slow hashes are for what people make up; 256 random bits cannot be guessed, however fast
 * each guess is, and a fast hash cannot be used to keep the gateway busy.
 */
export function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Takes the same time whatever is different; of a key that is not known, too. */
export function isDigestOf(text: string, stored: Buffer | undefined): boolean {
  return timingSafeEqual(digestOf(text), stored ?? NOBODYS) && stored !== undefined;
}

const NOBODYS = Buffer.alloc(32);
