import { createHmac } from "node:crypto";

/** What is signed of a request. RFC 5849, section 3.4.1. */
export interface SignedRequest {
  readonly method: string;
  /** As the client wrote it, with its scheme, host and query: `https://metrics.example.com/operations/…?v=1`. */
  readonly url: string;
}

/** The parameters of an `Authorization: OAuth …` header, without `realm`; null if it is none, or names one twice. */
export function parseOAuthHeader(header: string): ReadonlyMap<string, string> | null {
  const list = /^OAuth\s+(.*)$/is.exec(header)?.[1];
  if (list === undefined) return null;
  const parameters = new Map<string, string>();
  for (const entry of list.split(",")) {
    const found = /^\s*([^=\s]+)="([^"]*)"\s*$/.exec(entry);
    const name = found && decode(found[1]!);
    const value = found && decode(found[2]!);
    if (name === null || value === null || parameters.has(name)) return null;
    parameters.set(name, value);
  }
  parameters.delete("realm");
  return parameters;
}

/** @returns by HMAC-SHA1, in base64. RFC 5849, section 3.4.2 */
export function signatureOf(
  request: SignedRequest,
  parameters: ReadonlyMap<string, string>,
  secrets: { readonly consumerSecret: string; readonly tokenSecret: string },
): string {
  const key = `${encode(secrets.consumerSecret)}&${encode(secrets.tokenSecret)}`;
  return createHmac("sha1", key).update(baseString(request, parameters)).digest("base64");
}

/** Scheme and host are in lower case, and the port only if it is not the scheme's own: as URLs are parsed anyway. */
function baseString({ method, url }: SignedRequest, parameters: ReadonlyMap<string, string>): string {
  const { origin, pathname, searchParams } = new URL(url);
  const signed = [...searchParams, ...[...parameters].filter(([name]) => name !== "oauth_signature")]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`);
  return [method.toUpperCase(), origin + pathname, signed.join("&")].map(encode).join("&");
}

/** RFC 5849, section 3.6: all but letters, digits, `-`, `.`, `_` and `~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
