import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { accountIdFault, type Engine, type Limits } from "@segmeter/engine";
import { answerQuestion, parseParameters, type RawParameters } from "@segmeter/rest-adapter";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requireScope } from "../access/guard.ts";
import { readableBy } from "../access/readable-engine.ts";
import { PassMeter } from "../pass-meter.ts";
import { etagOfVersion, isHeld } from "./not-modified.ts";
import { HttpProblem, refuseOtherMethods } from "./problem.ts";
import { reuseWhenSent } from "./sent-memory.ts";
import { SharedAnswers } from "./shared-answers.ts";
import { passesOf, type Telemetry } from "./telemetry.ts";

export const MSG_AGENT_SEGMENTS_PATH = "/operations/api/account/:accountId/msgagentsegments";
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** The original method, as `GET` and, for long lists of ids, as `POST`. Contract, section 4. */
export function addMsgAgentSegments(app: FastifyInstance, engine: Engine, limits: () => Limits, telemetry: Telemetry): void {
  app.get<{ Params: { accountId: string }; Querystring: RawParameters }>(
    MSG_AGENT_SEGMENTS_PATH,
    { onRequest: requireScope("read"), onSend: reuseWhenSent },
    async (request, reply) => answer(request.params.accountId, request.query, request, reply),
  );
  app.post<{ Params: { accountId: string }; Querystring: RawParameters; Body: unknown }>(
    MSG_AGENT_SEGMENTS_PATH,
    { bodyLimit: BODY_BYTES_MAX, onRequest: requireScope("read"), onSend: reuseWhenSent },
    async (request, reply) => answer(request.params.accountId, joinParameters(request.query, request.body), request, reply),
  );
  refuseOtherMethods(app, MSG_AGENT_SEGMENTS_PATH, ["GET", "POST"]);
  const shared = new SharedAnswers();

  function answer(accountId: string, parameters: RawParameters, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const now = limits();
    const parsed = parseParameters(parameters, now);
    const accountFault = accountIdFault(accountId);
    const causes = [...(accountFault === null ? [] : [`accountId: ${accountFault}`]), ...(parsed.ok ? [] : parsed.causes)];
    if (!parsed.ok || causes.length > 0) throw new HttpProblem(400, "wrong parameters", causes);

    const readable = readableBy(request.caller, engine);
    const meter = new PassMeter(readable, passesOf(request, telemetry));
    const { window } = parsed.question;
    const { rightsKey } = request.caller;
    const version = readable.versionOf(accountId, window);
    const isPast = window.endMs < now.nowMs;
    if (isPast && isHeld(request, reply, etagOfVersion(version, rightsKey))) {
      return reply.code(304).header("server-timing", meter.toServerTiming()).send();
    }
    reply.type("application/json; charset=utf-8");
    // A body may ask what the URL does not say.
    const question = request.method === "GET" ? `${window.endMs} ${rightsKey} ${request.url}` : null;
    const found = question === null ? null : shared.find(question, version);
    if (found) return reply.header("server-timing", meter.toServerTiming()).send(found);
    const pieces = answerQuestion(parsed.question, {
      stream: (query) => meter.stream(accountId, query),
      rollUp: (query) => meter.rollUp(accountId, query),
    });
    const body = toBody(pieces);
    if (question !== null && Buffer.isBuffer(body)) shared.note(question, version, body);
    return reply.header("server-timing", meter.toServerTiming()).send(body);
  }
}

/** An answer of one piece is sent whole; a longer one as it is read, and computed no faster than that. */
function toBody(pieces: Generator<Buffer, void>): Buffer | Readable {
  const first = pieces.next();
  if (first.done) throw new Error("an answer has at least one piece");
  const second = pieces.next();
  return second.done ? first.value : Readable.from(inTurns([first.value, second.value], pieces));
}

/**
 * Lets other requests have their turn between two pieces. Not a generator: one that nobody begins to read would not end
 * what it reads from.
 */
function inTurns(begun: Buffer[], pieces: Generator<Buffer, void>): AsyncIterable<Buffer> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        await setImmediate();
        const value = begun.shift();
        return value ? { value, done: false } : pieces.next();
      },
      return: async () => pieces.return(),
    }),
  };
}

/** A parameter that stands in the URL and in the body was given twice. */
function joinParameters(query: RawParameters, body: unknown): RawParameters {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new HttpProblem(400, "wrong parameters", ["body: expected a JSON object of parameters"]);
  }
  const joined: Record<string, unknown> = { ...body };
  for (const [name, value] of Object.entries(query)) joined[name] = Object.hasOwn(joined, name) ? [value, joined[name]] : value;
  return joined;
}
