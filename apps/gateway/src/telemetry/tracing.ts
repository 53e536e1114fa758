import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import {
  defaultTextMapGetter,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type DiagLogger,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import type { FastifyBaseLogger } from "fastify";
import type { Turn } from "../intake.ts";
import { VERSION } from "../version.ts";

export interface TracingConfig {
  /** Where traces are sent to: OTLP over HTTP, as JSON. */
  readonly url: string;
  /** Of the requests whose caller has not decided it, 0 to 1. */
  readonly sampledShare: number;
}

export interface TracingOptions extends TracingConfig {
  readonly logger: FastifyBaseLogger;
  /** Whose `traceparent` is believed. */
  readonly isTrusted: (request: IncomingMessage) => boolean;
}

export interface EndedRequest {
  readonly requestId: string;
  /** Without what stands behind it. */
  readonly path: string;
  /** As the router has it. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
}

const EXPORT_MS_MAX = 5_000;
/** A stopping gateway does not wait longer for a collector. */
const GOODBYE_MS_MAX = 2_000;

/**
 * Sends traces: a span for each request, below it those of its engine passes and of the turn that stored its events. What
 * is under way is handed on by hand, so that nothing has to follow every promise. Nobody waits for the collector; what it
 * does not take in time is dropped.
 */
export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #propagator = new W3CTraceContextPropagator();
  readonly #isTrusted: TracingOptions["isTrusted"];

  constructor({ url, sampledShare, logger, isTrusted }: TracingOptions) {
    diag.setLogger(toDiagLogger(logger), DiagLogLevel.WARN);
    this.#isTrusted = isTrusted;
    this.#provider = new TracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ "service.name": "segmeter", "service.version": VERSION }))
        .merge(detectResources({ detectors: [envDetector] })),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampledShare) }),
      spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), exportTimeoutMillis: EXPORT_MS_MAX })],
    });
    this.#tracer = this.#provider.getTracer("segmeter", VERSION);
  }

  beginRequest(request: IncomingMessage): Span {
    const parent = this.#isTrusted(request) ? this.#propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter) : ROOT_CONTEXT;
    return this.#tracer.startSpan("request", { kind: SpanKind.SERVER }, parent);
  }

  endRequest(span: Span, { requestId, path, route, method, status }: EndedRequest): void {
    span.updateName(`${method} ${route}`);
    span.setAttributes({
      "http.request.method": method,
      "http.route": route,
      "url.path": path,
      "http.response.status_code": status,
      "segmeter.request_id": requestId,
    });
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  /** @param beganMs by `performance.now()` */
  onPass(request: Span, beganMs: number, engineMs: number): void {
    this.#span("engine pass", trace.setSpan(ROOT_CONTEXT, request), beganMs, beganMs + engineMs);
  }

  /** A turn belongs to the first of its requests, and is linked to the others. */
  onTurn({ traces, requestCount, accepted, duplicates, beganMs, appendedMs, endedMs }: Turn): void {
    const [first, ...others] = traces;
    if (first === undefined) return;
    const parent = trace.setSpanContext(ROOT_CONTEXT, first);
    const links = others.map((context) => ({ context }));
    const turn = this.#tracer.startSpan("intake turn", { startTime: beganMs, links }, parent);
    turn.setAttributes({
      "segmeter.requests": requestCount,
      "segmeter.accepted": accepted,
      "segmeter.duplicates": duplicates,
    });
    const within = trace.setSpan(ROOT_CONTEXT, turn);
    const append = this.#tracer.startSpan("log append", { startTime: beganMs }, within);
    if (appendedMs === null) for (const span of [append, turn]) span.setStatus({ code: SpanStatusCode.ERROR });
    append.end(appendedMs ?? endedMs);
    if (appendedMs !== null) this.#span("fold", within, appendedMs, endedMs);
    turn.end(endedMs);
  }

  /** Sends what is still to be sent. */
  async close(): Promise<void> {
    await Promise.race([this.#provider.shutdown().catch(() => undefined), delay(GOODBYE_MS_MAX, undefined, { ref: false })]);
  }

  #span(name: string, parent: Context, beganMs: number, endedMs: number): void {
    this.#tracer.startSpan(name, { startTime: beganMs }, parent).end(endedMs);
  }
}

function toDiagLogger(logger: FastifyBaseLogger): DiagLogger {
  const warn = (message: string): void => logger.warn({ reason: message }, "traces could not be sent");
  return { error: warn, warn, info: () => undefined, debug: () => undefined, verbose: () => undefined };
}
