import { METHODS, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { StorageError } from "@segmeter/event-log";
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { logReason, Refusal } from "../access/refusal.ts";
import { OverloadError } from "../intake.ts";
import { pathOf } from "./telemetry.ts";

/** The body of every error. Contract, section 4. */
export interface Problem {
  readonly message: string;
  /** `parameter: what was expected, what came`, one for every wrong parameter. */
  readonly causes: readonly string[];
  /** Under which the log has it; also in `X-Request-Id`. */
  readonly requestId: string;
}

export const INTERNAL_MESSAGE = "internal error; it is in the gateway's log";
const RETRY_AFTER_S = 1;

/** A request that cannot be answered, and why. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly statusCode: number;
  readonly causes: readonly string[];

  constructor(statusCode: number, message: string, causes: readonly string[] = []) {
    super(message);
    this.statusCode = statusCode;
    this.causes = causes;
  }
}

/** Every failure leaves as a problem: the caller's with its causes, a dependency's with `Retry-After`, ours without detail. */
export function handleProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof HttpProblem) {
      if (error.statusCode === 503 && !reply.hasHeader("retry-after")) reply.header("retry-after", RETRY_AFTER_S);
      return send(reply, error.statusCode, error.message, error.causes);
    }
    if (error instanceof Refusal) {
      logReason(error, request.log);
      return send(withRefusalHeaders(reply, error), error.statusCode, error.message);
    }
    if (error instanceof OverloadError) return retryLater(reply, error.message);
    if (error instanceof StorageError && error.fault === "UNREACHABLE") {
      request.log.warn({ reason: error.message }, "the stream is out of reach");
      return retryLater(reply, "the stream does not acknowledge events now; send these again later: should it have them, each counts once");
    }
    if (error instanceof StorageError) {
      request.log.error({ err: error }, "the event log failed");
      return retryLater(reply, "events cannot be stored now; none of these was taken, send them again later");
    }
    if (error.statusCode !== undefined && error.statusCode < 500) return send(reply, error.statusCode, messageOf(error));
    request.log.error({ err: error }, "the request failed");
    return send(reply, 500, INTERNAL_MESSAGE);
  });
  app.setNotFoundHandler((request, reply) => send(reply, 404, `no such path: ${pathOf(request)}`));
}

/** A GraphQL route's error handler: refusals that are for good in GraphQL's own shape, all else as everywhere. */
export function refuseAsGraphql(error: FastifyError, { id: requestId, log }: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!(error instanceof Refusal) || error.details.retryAfterS !== undefined) throw error;
  logReason(error, log);
  const { code, causes } = error.extensions;
  return withRefusalHeaders(reply, error)
    .code(error.statusCode)
    .send({ errors: [{ message: error.message, extensions: { code, causes, requestId } }] });
}

/** Answers what has no path: a URL that cannot be decoded. */
export function refuseUrl(error: FastifyError, reply: FastifyReply): void {
  send(reply.header("x-request-id", reply.request.id), error.statusCode ?? 400, error.message);
}

const STATUS_OF_CONNECTION: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers what never becomes a request: headers that are too large or too slow, or no HTTP at all. */
export function refuseConnection(error: ConnectionError, socket: Socket, requestId: string): void {
  if (error.code !== "ECONNRESET" && socket.writable) {
    const statusCode = STATUS_OF_CONNECTION[error.code] ?? 400;
    writeProblem(socket, statusCode, { message: STATUS_CODES[statusCode]!.toLowerCase(), causes: [], requestId });
  }
  socket.destroySoon();
}

/** Answers what asked to leave HTTP for another protocol, and may not. */
export function refuseUpgrade(socket: Socket, statusCode: number, message: string, requestId: string): void {
  writeProblem(socket, statusCode, { message, causes: [], requestId });
  socket.destroySoon();
}

function writeProblem(socket: Socket, statusCode: number, problem: Problem): void {
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`,
    "connection: close",
    `x-request-id: ${problem.requestId}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    ...(statusCode === 503 ? [`retry-after: ${RETRY_AFTER_S}`] : []),
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Lets routes be asked for by every method that Node reads, so that they can refuse it. */
export function knowEveryMethod(app: FastifyInstance): void {
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
}

/** Answers 405 to whatever method a path does not have. */
export function refuseOtherMethods(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  app.route({
    // Whatever can be got has a head.
    method: app.supportedMethods.filter((method) => !allowed.includes(method === "HEAD" ? "GET" : method)),
    url,
    // Before the body is looked at: what it holds does not matter.
    onRequest: async (request, reply) =>
      send(reply.header("allow", allowed.join(", ")), 405, `expected ${allowed.join(" or ")}, got ${request.method}`),
    handler: () => undefined,
  });
}

function send(reply: FastifyReply, statusCode: number, message: string, causes: readonly string[] = []): FastifyReply {
  const problem: Problem = { message, causes, requestId: reply.request.id };
  return reply.code(statusCode).send(problem);
}

function withRefusalHeaders(reply: FastifyReply, { details: { challenge, retryAfterS } }: Refusal): FastifyReply {
  if (challenge !== undefined) reply.header("www-authenticate", challenge);
  if (retryAfterS !== undefined) reply.header("retry-after", retryAfterS);
  return reply;
}

function retryLater(reply: FastifyReply, message: string): FastifyReply {
  return send(reply.header("retry-after", RETRY_AFTER_S), 503, message);
}

function messageOf(error: FastifyError): string {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return "the body is larger than this path takes";
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return "the content type is none that this path takes";
    default:
      return error.message;
  }
}
