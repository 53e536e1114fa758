import type { Caller, Scope } from "./caller.ts";

/** 401: who asks is not known; 403: it is, and may not; 503: it cannot be told now. */
export type RefusalStatus = 401 | 403 | 503;

const CODES: Readonly<Record<RefusalStatus, string>> = { 401: "UNAUTHENTICATED", 403: "FORBIDDEN", 503: "UNAVAILABLE" };

/** A request that is not answered because of who asks. The message says nothing that only the asked one may know. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly statusCode: RefusalStatus;
  /** `WWW-Authenticate`, with 401. RFC 6750, section 3. */
  readonly challenge: string | null;
  /** Of the GraphQL error that it becomes. */
  readonly extensions: { readonly code: string; readonly causes: readonly string[]; readonly http: { readonly status: number } };

  constructor(statusCode: RefusalStatus, message: string, challenge: string | null = null) {
    super(message);
    this.statusCode = statusCode;
    this.challenge = challenge;
    this.extensions = { code: CODES[statusCode], causes: [], http: { status: statusCode } };
  }
}

export function noCredential(): Refusal {
  return new Refusal(401, "expected a credential: Authorization: Bearer …, got none", CHALLENGE);
}

/** Why it is no good is in the log, not in the answer. */
export function badCredential(): Refusal {
  return new Refusal(401, "the credential is wrong, expired or revoked", `${CHALLENGE}, error="invalid_token"`);
}

export function cannotTell(message: string): Refusal {
  return new Refusal(503, message);
}

const CHALLENGE = 'Bearer realm="segmeter"';

/**
 * Asks the credential alone, so an account that is there and one that is not are refused alike.
 *
 * @param accountId null: whichever account
 * @throws Refusal
 */
export function assertMay({ rights }: Caller, scope: Scope, accountId: string | null): void {
  if (!rights.scopes.includes(scope)) throw new Refusal(403, `the credential has no scope "${scope}"`);
  if (accountId === null || rights.accounts === null || rights.accounts.includes(accountId)) return;
  throw new Refusal(403, "the credential is not for this account");
}
