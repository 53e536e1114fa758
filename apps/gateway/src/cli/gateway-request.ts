/** @param path from the root on */
export function urlOf(gatewayUrl: string, path: string): string {
  return `${gatewayUrl.replace(/\/$/, "")}${path}`;
}

export function authorizationOf(token: string | undefined): { readonly authorization?: string } {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Why a request got no answer: what lies behind `fetch failed`. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message;
}

/** The gateway's errors are problems; whatever stands between may answer otherwise. */
export function problemText(text: string): string {
  try {
    const { message, causes } = JSON.parse(text) as { message: string; causes?: string[] };
    return [message, ...(causes ?? [])].join("; ");
  } catch {
    return startOf(text);
  }
}

export function startOf(text: string): string {
  return text.slice(0, 200).replaceAll(/\s+/g, " ").trim();
}
