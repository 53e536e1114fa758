import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import proxyAddr from "@fastify/proxy-addr";

/** Short, since it stands in every line of the log: no other process has it. */
const PROCESS = randomBytes(6).toString("hex");

/** What others may name a request by: nothing that could end a line of a log, or fill one. */
const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;

/** @param request null: what came never became one */
export type NameRequest = (request: IncomingMessage | null) => string;

/**
 * Names requests: whoever stands in front and is trusted may have named them already, in `X-Request-Id`; everybody else's
 * would let strangers give their requests the names of others.
 */
export function nameRequests(isTrusted: (request: IncomingMessage) => boolean): NameRequest {
  let count = 0;
  return (request) => {
    const given = request?.headers["x-request-id"];
    return typeof given === "string" && REQUEST_ID.test(given) && isTrusted(request!) ? given : `${PROCESS}-${(++count).toString(36)}`;
  };
}

/** Whether a request comes from one of these directly. */
export function trust(trustedProxies: readonly string[]): (request: IncomingMessage) => boolean {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return ({ socket: { remoteAddress } }) => remoteAddress !== undefined && isTrusted(remoteAddress, 0);
}
