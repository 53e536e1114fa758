import { stringifySetCookie, type SetCookie } from "cookie";
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from "fastify";
import { z } from "zod";
import { HttpProblem, refuseOtherMethods } from "../http/problem.ts";
import { cspHashOf } from "../http/security-headers.ts";
import type { Access } from "./access.ts";
import type { Caller } from "./caller.ts";
import { callerOf, isOfOwnPage, SESSION_COOKIE } from "./guard.ts";
import { LOGIN_PAGE, LOGIN_SCRIPT, LOGIN_STYLE } from "./login-page.ts";
import { assertMay, logReason, Refusal } from "./refusal.ts";

const LOGIN_PATH = "/login";
export const SESSION_PATH = "/session";
const BODY_BYTES_MAX = 16 * 1024;
/** The longest that browsers keep a cookie; the credential in it may end before. */
const COOKIE_AGE_S = 400 * 24 * 60 * 60;
/** Browsers keep no cookie that is longer than 4 KiB. */
export const CREDENTIAL_LENGTH_MAX = 3_800;
const LOGIN = z.object({ credential: z.string().min(1).max(CREDENTIAL_LENGTH_MAX) });

/**
 * Lets a page of the gateway's own read: the credential lies in a cookie that no script can read and no other site can
 * send. Nothing is kept here: it ends with the credential, and outlives a restart.
 */
export function addSession(app: FastifyInstance, access: Access): void {
  app.post(SESSION_PATH, { bodyLimit: BODY_BYTES_MAX }, async (request, reply) => {
    refuseOtherOrigins(request);
    const parsed = LOGIN.safeParse(request.body);
    if (!parsed.success)
      throw new HttpProblem(400, "wrong body", [
        `credential: expected an API key or a token of at most ${CREDENTIAL_LENGTH_MAX} characters`,
      ]);
    const { credential } = parsed.data;
    if (access.isRequired) {
      const identify = (): Promise<Caller> => access.identify(credential);
      assertMay(await access.attempt(request.ip, credential, identify), "read", null);
      reply.header("set-cookie", stringifySetCookie({ ...cookieFor(request), value: credential, maxAge: COOKIE_AGE_S }));
    }
    return reply.code(204).send();
  });
  app.delete(SESSION_PATH, async (request, reply) => {
    refuseOtherOrigins(request);
    return reply
      .header("set-cookie", stringifySetCookie({ ...cookieFor(request), value: "", maxAge: 0 }))
      .code(204)
      .send();
  });
  refuseOtherMethods(app, SESSION_PATH, ["POST", "DELETE"]);

  app.get(LOGIN_PATH, async (_request, reply) =>
    reply
      .header("content-security-policy", LOGIN_CSP)
      .header("cache-control", "no-cache")
      .type("text/html; charset=utf-8")
      .send(LOGIN_PAGE),
  );
  refuseOtherMethods(app, LOGIN_PATH, ["GET"]);
}

/** A route's hook: sends whoever opens a page and is not known to log in first. */
export function sendToLogin(access: Access): onRequestHookHandler {
  return async (request, reply) => {
    if (request.method !== "GET" || !request.headers.accept?.includes("text/html")) return;
    try {
      assertMay(await callerOf(access, request.headers, request.ip), "read", null);
    } catch (error) {
      if (!(error instanceof Refusal) || error.statusCode === 503) throw error;
      logReason(error, request.log);
      await reply.redirect(`${LOGIN_PATH}?next=${encodeURIComponent(request.url)}`, 303);
    }
  };
}

/** Nobody else's page may log somebody in or out. */
function refuseOtherOrigins({ headers }: FastifyRequest): void {
  if (!isOfOwnPage(headers)) throw new HttpProblem(403, "pages of another origin may not log in or out");
}

function cookieFor({ protocol }: FastifyRequest): SetCookie {
  return { name: SESSION_COOKIE, value: "", path: "/", httpOnly: true, sameSite: "strict", secure: protocol === "https" };
}

const LOGIN_CSP = [
  "default-src 'none'",
  `script-src ${cspHashOf(LOGIN_SCRIPT)}`,
  `style-src ${cspHashOf(LOGIN_STYLE)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
