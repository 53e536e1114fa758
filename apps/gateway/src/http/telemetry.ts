import type { Span } from "@opentelemetry/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OnPass } from "../pass-meter.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import type { NameRequest } from "../telemetry/request-id.ts";
import type { Tracing } from "../telemetry/tracing.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** null: requests are not traced. */
    span: Span | null;
  }
}

export interface Telemetry {
  readonly instruments: Instruments;
  /** null: no traces are sent. */
  readonly tracing: Tracing | null;
  readonly nameRequest: NameRequest;
}

/** Says of every request under which name it goes, and what became of it. */
export function addTelemetry(app: FastifyInstance, { instruments, tracing }: Telemetry): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  // One line a request; of its URL only the path, since ids and tokens may stand behind it.
  app.addHook("onResponse", (request, reply, done) => {
    const { method, routeOptions } = request;
    const { statusCode: status, elapsedTime } = reply;
    instruments.onAnswered({ route: routeOptions.url ?? NO_ROUTE, method, status, durationMs: elapsedTime });
    request.log.info({ method, path: pathOf(request), status, durationMs: Math.round(elapsedTime * 1000) / 1000 }, "request");
    done();
  });
  app.decorateRequest("span", null);
  if (tracing !== null) trace(app, tracing);
}

/** What is no path of ours. */
export const NO_ROUTE = "none";

/** Also a request that is broken off ends its span. */
function trace(app: FastifyInstance, tracing: Tracing): void {
  app.addHook("onRequest", (request, reply, done) => {
    const span = tracing.beginRequest(request.raw);
    request.span = span;
    reply.raw.once("close", () => {
      const route = request.routeOptions.url ?? NO_ROUTE;
      tracing.endRequest(span, {
        requestId: request.id,
        path: pathOf(request),
        route,
        method: request.method,
        status: reply.raw.statusCode,
      });
    });
    done();
  });
}

/** Whom to tell of the passes of a request. */
export function passesOf({ span }: FastifyRequest, { instruments, tracing }: Telemetry): OnPass {
  if (span === null || tracing === null) return instruments.onPass;
  return (beganMs, engineMs) => {
    instruments.onPass(beganMs, engineMs);
    tracing.onPass(span, beganMs, engineMs);
  };
}

/** Without what stands behind it. */
export function pathOf({ url = "" }: { readonly url?: string | undefined }): string {
  return url.split("?", 1)[0]!;
}
