import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Access } from "../access/access.ts";
import { requireScope } from "../access/guard.ts";
import { POSITION_HEADER } from "../http/position.ts";
import { HttpProblem, refuseAsGraphql, refuseOtherMethods } from "../http/problem.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { Answer, textFor } from "./topic.ts";
import { MESSAGE_BYTES_MAX, type Operation } from "./operation.ts";
import type { Pusher } from "./pusher.ts";

/** A peer that takes nothing from one time to the next is gone. */
const KEEP_ALIVE_MS = 12_000;

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  // Proxies are not to wait until there is more.
  "x-accel-buffering": "no",
};
const COMPLETE = "event: complete\ndata:\n\n";

export interface EventStreamParts {
  readonly path: string;
  readonly pusher: Pusher;
  readonly access: Access;
  readonly instruments: Instruments;
}

/**
 * Queries and subscriptions as server-sent events: `event: next` with an answer, again and again, and `event: complete` after
 * the last. This is graphql-sse's protocol in its mode of distinct connections; the library's own server keeps every answer
 * that a slow reader has not taken yet, here the newest replaces it.
 */
export function addEventStream(app: FastifyInstance, { path, pusher, access, instruments }: EventStreamParts): void {
  const open = new Set<ServerResponse>();
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const operation = operationOf(request);
    const answered = await pusher.answer(operation, request.caller);
    const only = answered.kind === "once" ? await Answer.ofQuery(answered) : null;
    const { raw: response } = reply.hijack();
    response.writeHead(200, { ...headersOf(reply), ...HEADERS, [POSITION_HEADER]: answered.position });
    const toEvent = (answer: Answer): string => `event: next\ndata: ${textFor(operation, answer)}\n\n`;
    if (answered.kind === "once") return void response.end(toEvent(only!) + COMPLETE);
    const { answers } = answered;
    if (response.destroyed) return answers.end();
    open.add(response);
    // It is broken off in the end, and never was answered as others are.
    const { method } = request;
    instruments.onAnswered({ route: path, method, status: 200, durationMs: null });
    request.log.info({ method, path, status: 200 }, "request");
    const stopKeepingAlive = keepAlive(response);
    // Without `complete`: whoever is let go of may come again, and is told why not, or has a new credential.
    const stopWatching = access.watch(request.caller, () => response.destroy());
    response.once("close", () => {
      open.delete(response);
      stopKeepingAlive();
      stopWatching();
      answers.end();
    });
    for await (const next of answers) await written(response, toEvent(next));
  };
  app.route({
    method: ["GET", "POST"],
    url: path,
    exposeHeadRoute: false,
    bodyLimit: MESSAGE_BYTES_MAX,
    onRequest: requireScope("read"),
    errorHandler: refuseAsGraphql,
    handler,
  });
  refuseOtherMethods(app, path, ["GET", "POST"]);
  app.addHook("preClose", async () => {
    // Without `complete`: whoever is pushed to should connect again.
    for (const response of open) response.destroy();
  });
}

/** What hooks have set; the response is written past the framework. */
function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}

/** Settles when the text has left, or never will: until then the next one waits, and is the newest there is. */
function written(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => response.write(text, () => resolve()));
}

/** @returns stops it */
function keepAlive(response: ServerResponse): () => void {
  let isTaken = true;
  const timer = setInterval(() => {
    if (!isTaken) return response.destroy();
    isTaken = false;
    return response.write(":\n\n", () => (isTaken = true));
  }, KEEP_ALIVE_MS);
  return () => clearInterval(timer);
}

const OPERATION = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});

/** A position may stand in its header, where there is one, as well as in the operation. */
function operationOf({ method, query, body, headers }: FastifyRequest): Operation {
  const parsed = OPERATION.safeParse(method === "GET" ? unpacked(query as Readonly<Record<string, unknown>>) : body);
  const position = headers[POSITION_HEADER];
  if (parsed.success) return position === undefined ? parsed.data : { ...parsed.data, extensions: { position, ...parsed.data.extensions } };
  const causes = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new HttpProblem(400, `wrong parameters: ${causes.join("; ")}`, causes);
}

/** `?query=subscription…&variables={"id":"demo"}&extensions={"position":0}` */
function unpacked(parameters: Readonly<Record<string, unknown>>): unknown {
  const values: Record<string, unknown> = { ...parameters };
  for (const name of ["variables", "extensions"]) {
    const text = values[name];
    if (typeof text !== "string") continue;
    try {
      values[name] = JSON.parse(text);
    } catch {
      throw new HttpProblem(400, `wrong parameters: ${name}: expected JSON`, [`${name}: expected JSON`]);
    }
  }
  return values;
}
