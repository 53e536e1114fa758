import type { IncomingHttpHeaders } from "node:http";
import { parseCookie } from "cookie";
import type { FastifyInstance, FastifyReply, onRequestHookHandler } from "fastify";
import type { Access } from "./access.ts";
import { createCaller, type Caller, type Scope } from "./caller.ts";
import type { OAuthVerifier } from "./oauth-verifier.ts";
import { assertMay, badCredential, otherName, Refusal } from "./refusal.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Behind a guard only. */
    caller: Caller;
  }
}

export const SESSION_COOKIE = "segmeter_session";

/**
 * Establishes who asks, for every route that is added to `app` after it.
 *
 * @param oauth null: no request is signed
 */
export function addGuard(app: FastifyInstance, access: Access, oauth: OAuthVerifier | null): void {
  app.decorateRequest("caller");
  app.addHook("onRequest", async (request, reply) => {
    if (access.isRequired) keepPrivate(reply);
    const { method, headers, protocol, host, url, ip } = request;
    const isSigned = oauth !== null && headers.authorization !== undefined && /^OAuth\s/i.test(headers.authorization);
    request.caller = isSigned
      ? await access.attempt(ip, null, () => oauth.verify(headers.authorization!, { method, url: `${protocol}://${host}${url}` }))
      : await callerOf(access, headers, ip);
    if (access.isRequired) request.log = request.log.child({ caller: request.caller.name });
    await access.admit(request.caller, ip);
  });
}

/** A route's hook: lets nobody in who has not the scope, and not for the account that the path names. */
export function requireScope(scope: Scope): onRequestHookHandler {
  return async (request) => {
    assertMay(request.caller, scope, (request.params as { readonly accountId?: string }).accountId ?? null);
  };
}

/** A route's hook, for what is made of everything: a credential for some of it may not have it. */
export const requireEverything: onRequestHookHandler = async ({ caller }) => {
  const { accounts, restriction } = caller.rights;
  const isRestricted = accounts !== null || Object.values(restriction).some((ids) => ids !== null);
  if (isRestricted) throw new Refusal(403, "this is over every account, agent, group and skill; the credential is for some of them");
};

/**
 * @param address where the request comes from
 * @param authorization in place of the header of that name, where a client can send none
 * @throws Refusal
 */
export async function callerOf(
  access: Access,
  headers: IncomingHttpHeaders,
  address: string,
  authorization = headers.authorization,
): Promise<Caller> {
  if (!access.answersTo(headers.host)) throw otherName(headers.host!);
  const identify = (credential: string): Promise<Caller> => access.attempt(address, credential, () => access.identify(credential));
  if (authorization !== undefined) return identify(tokenOf(authorization));
  const session = parseCookie(headers.cookie ?? "")[SESSION_COOKIE];
  if (session === undefined || !isOfOwnPage(headers)) return access.identify(null);
  return toReader(await identify(session));
}

/**
 * Browsers say where a request comes from, though not over plain HTTP, and the origin only of those that could be
 * answered across origins; what remains can neither be read nor change anything.
 */
export function isOfOwnPage({ "sec-fetch-site": site, origin, host }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  return origin === undefined || URL.parse(origin)?.host === host;
}

function tokenOf(authorization: string): string {
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw badCredential({ reason: "the header is not Authorization: Bearer …" });
  return token;
}

/** A cookie comes along unasked, so it gives nothing but reading. */
function toReader({ name, rights, isValid }: Caller): Caller {
  return createCaller(name, { ...rights, scopes: rights.scopes.filter((scope) => scope === "read") }, isValid);
}

/** What is answered depends on who asks; nobody between is to keep it for others. */
function keepPrivate(reply: FastifyReply): void {
  const vary = reply.getHeader("vary");
  reply.header("vary", vary === undefined ? "authorization, cookie" : `${String(vary)}, authorization, cookie`);
  reply.header("cache-control", "private, no-cache");
}
