import { createHmac, timingSafeEqual } from "node:crypto";

/** `sha1=e/TfS0wv1HbvEsMqcBMmFLcMslI=`; the digest in base64 or in hex. */
const SIGNATURE = /^(sha1|sha256)=([0-9a-zA-Z+/]+={0,2})$/i;
const HEX_LENGTH = { sha1: 40, sha256: 64 } as const;

/**
 * Whether a body was signed with the secret: with the HMAC of its bytes as they came.
 *
 * @param header `X-Liveperson-Signature`
 */
export function isSigned(bytes: Uint8Array, header: unknown, secret: string): boolean {
  const found = typeof header === "string" ? SIGNATURE.exec(header.trim()) : null;
  if (found === null) return false;
  const algorithm = found[1]!.toLowerCase() as keyof typeof HEX_LENGTH;
  const text = found[2]!;
  const isHex = text.length === HEX_LENGTH[algorithm] && /^[0-9a-fA-F]+$/.test(text);
  const given = Buffer.from(text, isHex ? "hex" : "base64");
  const expected = createHmac(algorithm, secret).update(bytes).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}
