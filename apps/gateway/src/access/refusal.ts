import { describe } from "@segmeter/engine";
import type { FastifyBaseLogger } from "fastify";
import type { Caller, Scope } from "./caller.ts";

/** 401: who asks is not known; 403: it is, and may not; 421: not here; 429: not so often; 503: it cannot be told now. */
export type RefusalStatus = 401 | 403 | 421 | 429 | 503;

const CODES: Readonly<Record<RefusalStatus, string>> = {
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  421: "MISDIRECTED",
  429: "TOO_MANY_REQUESTS",
  503: "UNAVAILABLE",
};

/** What the log says of a credential that was refused, beside the request that had it; nothing secret. */
export interface Reason {
  /** Of an API key, if it has one. */
  readonly key?: string | null;
  readonly reason?: string;
}

interface RefusalDetails {
  /** `WWW-Authenticate`, with 401. RFC 6750, section 3. */
  readonly challenge?: string;
  /** With 429 and 503. */
  readonly retryAfterS?: number;
  readonly logged?: Reason;
}

/** A request that is not answered because of who asks. The message says nothing that only the asked one may know. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly statusCode: RefusalStatus;
  readonly details: RefusalDetails;
  /** Of the GraphQL error that it becomes. */
  readonly extensions: { readonly code: string; readonly causes: readonly string[]; readonly http: { readonly status: number } };

  constructor(statusCode: RefusalStatus, message: string, details: RefusalDetails = {}) {
    super(message);
    this.statusCode = statusCode;
    this.details = details;
    this.extensions = { code: CODES[statusCode], causes: [], http: { status: statusCode } };
  }
}

export function noCredential(): Refusal {
  return new Refusal(401, "expected a credential: Authorization: Bearer …, got none", { challenge: CHALLENGE });
}

/** Why it is no good is in the log, not in the answer. */
export function badCredential(logged: Reason): Refusal {
  return new Refusal(401, "the credential is wrong, expired or revoked", { challenge: `${CHALLENGE}, error="invalid_token"`, logged });
}

/** For whoever answers with a refusal: only there it is known which request it is. */
export function logReason({ details: { logged } }: Refusal, log: FastifyBaseLogger): void {
  if (logged !== undefined) log.info(logged, "a credential was refused");
}

export function otherName(host: string): Refusal {
  return new Refusal(403, `without credentials this gateway answers to names of this machine alone, got ${describe(host)}`);
}

export function cannotTell(message: string, logged?: Reason): Refusal {
  return new Refusal(503, message, { retryAfterS: 1, ...(logged && { logged }) });
}

export function tooMany(message: string, retryAfterS: number): Refusal {
  return new Refusal(429, message, { retryAfterS });
}

/** @param held what this node holds instead */
export function misdirected(accountId: string, held: string): Refusal {
  return new Refusal(421, `another node holds the account ${describe(accountId)}; this one holds ${held}`);
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
