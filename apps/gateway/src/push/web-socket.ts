import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { GraphQLError, parse, type ExecutionArgs, type GraphQLFormattedError, type GraphQLSchema } from "graphql";
import { CloseCode, handleProtocols, makeServer, type ConnectionInitMessage, type SubscribePayload } from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";
import type { Access } from "../access/access.ts";
import type { AddressOf } from "../access/address.ts";
import type { Caller } from "../access/caller.ts";
import { callerOf } from "../access/guard.ts";
import { assertMay, badCredential, logReason, Refusal, type RefusalStatus } from "../access/refusal.ts";
import type { Readiness } from "../http/health.ts";
import { OverloadError } from "../intake.ts";
import { HttpProblem, INTERNAL_MESSAGE, refuseUpgrade } from "../http/problem.ts";
import { NO_ROUTE, pathOf, type Telemetry } from "../http/telemetry.ts";
import type { Latest } from "./latest.ts";
import { Payload } from "./payload.ts";
import { Answer, textFor } from "./topic.ts";
import { MESSAGE_BYTES_MAX } from "./operation.ts";
import type { Answered, Pusher } from "./pusher.ts";

const CONNECTIONS_MAX = 10_000;
const SUBSCRIPTIONS_A_CONNECTION_MAX = 100;
/** Until a new connection has said that it is one of graphql-transport-ws. */
const INIT_MS_MAX = 5_000;
/** A peer that has not answered a ping by the next one is gone. */
const PING_EVERY_MS = 12_000;
/** How long a closing gateway waits for its peers to say goodbye. */
const GOODBYE_MS_MAX = 1_000;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_TRY_AGAIN = 1013;

export interface WebSocketParts {
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly pusher: Pusher;
  readonly readiness: Readiness;
  readonly access: Access;
  /** Throws OverloadError while answers are not to be asked for. */
  readonly refuseWhileUnread: () => Promise<void>;
  readonly addressOf: AddressOf;
  readonly telemetry: Telemetry;
}

interface Connection {
  readonly socket: WebSocket;
  readonly headers: IncomingHttpHeaders;
  readonly log: FastifyBaseLogger;
  readonly address: string;
  /** null until its first message has been read. */
  caller: Caller | null;
  stopWatching: () => void;
  /** What is pushed, by the payload that asked for it. */
  readonly pushed: Map<SubscribePayload, Latest<Answer>>;
}

/** Queries and subscriptions over graphql-transport-ws. The protocol is graphql-ws's; sockets, their bounds and their end are ours. */
export function addWebSocket(app: FastifyInstance, parts: WebSocketParts): void {
  const { path, readiness, addressOf } = parts;
  const { instruments, nameRequest } = parts.telemetry;
  // Whoever sends many messages at once has a turn for each, and others theirs in between.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols,
    allowSynchronousEvents: false,
  });
  const speak = createSpeaker(parts);
  instruments.addReadings([{ name: "websockets", help: "WebSockets that are open.", type: "gauge", read: () => sockets.clients.size }]);

  app.server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const refusal = refusalOf(request, path, readiness, sockets.clients.size);
    const [status, message] = refusal ?? [101, ""];
    const requestId = nameRequest(request);
    const log = app.log.child({ requestId });
    const asked = pathOf(request);
    instruments.onAnswered({ route: asked === path ? path : NO_ROUTE, method: "GET", status, durationMs: null });
    log.info({ method: request.method, path: asked, status }, "request");
    if (refusal !== null) refuseUpgrade(socket, status, message, requestId);
    else sockets.handleUpgrade(request, socket, head, (opened) => speak(opened, request.headers, addressOf(request), log));
  });

  app.addHook("preClose", async () => {
    // No `complete` is sent: whoever is pushed to should connect again.
    for (const socket of sockets.clients) socket.close(CLOSE_GOING_AWAY, "the gateway stops");
    const goodbye = setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate();
    }, GOODBYE_MS_MAX);
    await Promise.all(Array.from(sockets.clients, (socket) => new Promise((resolve) => socket.once("close", resolve))));
    clearTimeout(goodbye);
  });
}

function refusalOf(
  request: IncomingMessage,
  path: string,
  readiness: Readiness,
  connectionCount: number,
): readonly [statusCode: number, message: string] | null {
  const asked = pathOf(request);
  const { origin, host } = request.headers;
  if (asked !== path) return [404, `no such path: ${asked}`];
  // Browsers keep pages from reading what another origin answers, but not from talking to its sockets.
  if (origin !== undefined && URL.parse(origin)?.host !== host) return [403, "pages of another origin may not connect"];
  if (readiness.state !== "ready") return [503, readiness.state];
  if (connectionCount >= CONNECTIONS_MAX) return [503, `${CONNECTIONS_MAX} connections are open already`];
  return null;
}

/** @returns speaks the protocol on a new socket until it closes */
function createSpeaker({
  pusher,
  schema,
  access,
  refuseWhileUnread,
}: WebSocketParts): (socket: WebSocket, headers: IncomingHttpHeaders, address: string, log: FastifyBaseLogger) => void {
  const server = makeServer<ConnectionInitMessage["payload"], Connection>({
    connectionInitWaitTimeout: INIT_MS_MAX,
    onConnect: async ({ connectionParams, extra }) => {
      try {
        extra.caller = await callerOf(access, extra.headers, extra.address, authorizationIn(connectionParams));
        assertMay(extra.caller, "read", null);
        // It may have closed meanwhile: then nobody would end the watch.
        if (extra.socket.readyState !== extra.socket.OPEN) return false;
        extra.stopWatching = access.watch(extra.caller, () => closeFor(badCredential({ reason: "it holds no longer" }), extra));
        return true;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        closeFor(error, extra);
        return false;
      }
    },
    onSubscribe: async ({ subscriptions, extra }, _id, payload) => {
      if (Object.keys(subscriptions).length > SUBSCRIPTIONS_A_CONNECTION_MAX) return [tooMany()];
      const refusal = await refusalFor(access, refuseWhileUnread, extra);
      if (refusal !== null) return [refusal];
      const answered = await pusher.answer(payload, extra.caller!).catch(toUnanswered);
      if (answered.kind === "pushed") extra.pushed.set(payload, answered.answers);
      else if (!("data" in answered.result)) return (answered.result.errors ?? []).map(toError);
      return { schema, document: parse(payload.query), operationName: payload.operationName, contextValue: answered };
    },
    execute: resultOf,
    subscribe: resultOf,
    // Also those of an id that was given again before the first answer: the library knows of the last one alone.
    onComplete: ({ extra }, _id, payload) => {
      extra.pushed.get(payload)?.end();
      extra.pushed.delete(payload);
    },
    onNext: (_context, _id, operation, _args, result) => new Payload(textFor(operation, result as Answer)),
  });
  return (socket, headers, address, log) => {
    const stopPinging = pingPeer(socket);
    const connection: Connection = { socket, headers, address, log, caller: null, stopWatching: () => undefined, pushed: new Map() };
    const onClosed = server.opened(
      {
        protocol: socket.protocol,
        close: (code, reason) => socket.close(code, reason),
        // Settles when the answer has left: until then the next one waits, and is the newest there is.
        send: (message) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) resolve();
            else socket.send(Payload.fillIn(message), (error) => (error ? reject(error) : resolve()));
          }),
        onMessage: (take) => {
          socket.on("message", (data: Buffer) => {
            take(data.toString()).catch((error: unknown) => {
              if (socket.readyState !== socket.OPEN) return;
              log.error({ err: error }, "a WebSocket message failed");
              socket.close(CloseCode.InternalServerError, INTERNAL_MESSAGE);
            });
          });
        },
      },
      connection,
    );
    // What ws itself refuses, such as a message too large, it also answers, by closing.
    socket.on("error", (error) => log.debug({ err: error }, "a WebSocket failed"));
    socket.once("close", (code, reason) => {
      stopPinging();
      connection.stopWatching();
      for (const answers of connection.pushed.values()) answers.end();
      void onClosed(code, reason.toString());
    });
  };
}

async function refusalFor(
  access: Access,
  refuseWhileUnread: () => Promise<void>,
  { caller, address }: Connection,
): Promise<GraphQLError | null> {
  try {
    await access.admit(caller!, address);
    await refuseWhileUnread();
    return null;
  } catch (error) {
    if (error instanceof OverloadError) return new GraphQLError(error.message, { extensions: { code: "UNAVAILABLE", causes: [] } });
    if (!(error instanceof Refusal)) throw error;
    const { code, causes } = error.extensions;
    return new GraphQLError(error.message, { extensions: { code, causes } });
  }
}

/** Browsers cannot send headers of their own with a WebSocket: there it comes with the first message. */
function authorizationIn(parameters: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const given = parameters?.["authorization"];
  return typeof given === "string" ? given : JSON.stringify(given);
}

const CLOSE_CODES: Readonly<Record<RefusalStatus, number>> = {
  401: CloseCode.Unauthorized,
  403: CloseCode.Forbidden,
  421: CloseCode.Forbidden,
  429: CLOSE_TRY_AGAIN,
  503: CLOSE_TRY_AGAIN,
};

function closeFor(refusal: Refusal, { socket, log }: Connection): void {
  logReason(refusal, log);
  socket.close(CLOSE_CODES[refusal.statusCode], refusal.message);
}

/** An operation is over before the next one begins: so no more are begun than may wait to be read. */
function resultOf({ contextValue }: ExecutionArgs): Answer | AsyncIterable<Answer> {
  const answered = contextValue as Answered;
  return answered.kind === "pushed" ? answered.answers : Answer.ofQueryAtOnce(answered);
}

/** What HTTP would answer with a status. */
function toUnanswered(error: unknown): Answered {
  if (!(error instanceof HttpProblem)) throw error;
  const { message, causes, statusCode } = error;
  const extensions = { code: statusCode === 503 ? "UNAVAILABLE" : "BAD_USER_INPUT", causes };
  return { kind: "once", result: { errors: [{ message, extensions }] }, position: 0 };
}

/** @returns stops it */
function pingPeer(socket: WebSocket): () => void {
  let isAnswered = true;
  socket.on("pong", () => (isAnswered = true));
  const timer = setInterval(() => {
    if (!isAnswered) return socket.terminate();
    isAnswered = false;
    socket.ping();
  }, PING_EVERY_MS);
  return () => clearInterval(timer);
}

function toError({ message, path, locations, extensions }: GraphQLFormattedError): GraphQLError {
  const error = new GraphQLError(message, { path, extensions });
  return Object.defineProperty(error, "locations", { value: locations, enumerable: true });
}

function tooMany(): GraphQLError {
  const message = `expected at most ${SUBSCRIPTIONS_A_CONNECTION_MAX} operations at a time on one connection`;
  return new GraphQLError(message, { extensions: { code: "TOO_MANY_SUBSCRIPTIONS", causes: [] } });
}
