import { join } from "node:path";
import type { JWTPayload } from "jose";
import { z } from "zod";
import { changeAccessFile, readAccessFile, type FileFormat } from "./access-file.ts";

const REVOCATIONS_MAX = 10_000;
const NAME_LENGTH_MAX = 1_000;

const name = z.string().min(1).max(NAME_LENGTH_MAX);
const REVOCATION = z.union([
  /** Every token of a subject that was issued by then. */
  z.strictObject({ subject: name, revokedAt: z.iso.datetime() }),
  /** One token, by its claim `jti`. */
  z.strictObject({ tokenId: name, revokedAt: z.iso.datetime() }),
]);
const FILE = z.strictObject({ version: z.literal(1), tokens: z.array(REVOCATION).max(REVOCATIONS_MAX) });

export type Revocation = Readonly<z.infer<typeof REVOCATION>>;

export function revokedTokensFileIn(dataDir: string): string {
  return join(dataDir, "revoked-tokens.json");
}

const FORMAT: FileFormat<readonly Revocation[]> = {
  parse: (text) => parseRevokedTokens(text).revocations,
  empty: [],
  write: (tokens) => ({ version: 1, tokens }),
};

/** @throws Error that says what is wrong with the text */
export function parseRevokedTokens(text: string): RevokedTokens {
  const parsed = FILE.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  return new RevokedTokens(parsed.data.tokens);
}

/** @throws AccessFileError */
export function readRevocations(path: string): Promise<readonly Revocation[]> {
  return readAccessFile(path, FORMAT);
}

/** @throws AccessFileError */
export async function addRevocation(path: string, revocation: Revocation): Promise<void> {
  await changeAccessFile(path, FORMAT, (before) => [...before.filter((other) => keyOf(other) !== keyOf(revocation)), revocation]);
}

/** Tokens that hold no longer, although they have not expired. */
export class RevokedTokens {
  readonly revocations: readonly Revocation[];
  readonly #revokedAtMs: ReadonlyMap<string, number>;

  constructor(revocations: readonly Revocation[]) {
    this.revocations = revocations;
    this.#revokedAtMs = new Map(revocations.map((revocation) => [keyOf(revocation), Date.parse(revocation.revokedAt)]));
  }

  /** A token that does not say when it was issued may be of before. */
  has({ sub, jti, iat = 0 }: JWTPayload): boolean {
    if (jti !== undefined && this.#revokedAtMs.has(`tokenId ${jti}`)) return true;
    return iat * 1_000 <= (this.#revokedAtMs.get(`subject ${sub}`) ?? -Infinity);
  }
}

function keyOf(revocation: Revocation): string {
  return "subject" in revocation ? `subject ${revocation.subject}` : `tokenId ${revocation.tokenId}`;
}
