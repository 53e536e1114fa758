import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Turn } from "../intake.ts";
import { VERSION } from "../version.ts";

/** Of the others, which no path has, anybody could make series that nobody looks at. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** From what a poll takes to what a day of all agents takes, in s. */
const REQUEST_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PASS_BUCKETS_S = [0.00001, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const TURN_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** A number that somebody else keeps, read whenever the others are. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  /** A counter only grows. */
  readonly type: "gauge" | "counter";
  readonly read: () => number | Promise<number>;
}

/** What a request was, for as far as it is told apart. */
export interface AnsweredRequest {
  /** As the router has it: `/v1/accounts/:accountId/events`. What is no path of ours is `none`. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  /** null: it was handed on to another protocol, goes on, or ended before it had a route. */
  readonly durationMs: number | null;
}

/**
 * What the gateway tells of itself, in the form that Prometheus reads. Labels have values out of lists that the code is the
 * author of: routes, methods, statuses, outcomes, codes. What callers name — accounts, agents, conversations, credentials —
 * is none: each would be a series for ever, and anybody who may send events could fill the memory here and of whoever reads.
 */
export class Instruments {
  readonly #registry = new Registry();
  readonly #requests = this.#counter("http_requests_total", "Requests answered over HTTP.", ["route", "method", "status"]);
  readonly #requestSeconds = this.#histogram(
    "http_request_duration_seconds",
    "From a request's headers to the end of its answer.",
    REQUEST_BUCKETS_S,
    ["route", "method"],
  );
  readonly #refusedConnections = this.#counter("refused_connections_total", "Connections ended because what came was no request.");
  readonly #graphqlErrors = this.#counter("graphql_errors_total", "Errors in GraphQL answers over HTTP.", ["code"]);
  readonly #passSeconds = this.#histogram("engine_pass_seconds", "What the engine works on one pass over segments.", PASS_BUCKETS_S);
  readonly #events = this.#counter("events_total", "Events sent by outcome.", ["outcome"]);
  readonly #appendSeconds = this.#histogram("append_seconds", "What the log takes to have a turn of events on disk.", TURN_BUCKETS_S);
  readonly #foldSeconds = this.#histogram("fold_seconds", "From there until every answer knows it.", TURN_BUCKETS_S);
  readonly #appendFailures = this.#counter("append_failures_total", "Turns that the log could not take; nothing of them was acknowledged.");

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({ name: "segmeter_build_info", help: "What runs here.", labelNames: ["version", "node"], registers: [this.#registry] }).set(
      { version: VERSION, node: process.versions.node },
      1,
    );
    // Series that are there from the beginning can be told apart from what is not counted.
    for (const outcome of ["accepted", "duplicate", "rejected"]) this.#events.inc({ outcome }, 0);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  addReadings(readings: readonly Reading[]): void {
    for (const { name, help, type, read } of readings) {
      const shared = { name: `segmeter_${name}`, help, registers: [] };
      const instrument =
        type === "gauge"
          ? new Gauge({
              ...shared,
              async collect() {
                this.set(await read());
              },
            })
          : new Counter({
              ...shared,
              async collect() {
                const value = await read();
                this.reset();
                this.inc(value);
              },
            });
      this.#registry.registerMetric(instrument);
    }
  }

  toText(): Promise<string> {
    return this.#registry.metrics();
  }

  onAnswered({ route, method: asked, status, durationMs }: AnsweredRequest): void {
    const method = METHODS.has(asked) ? asked : "other";
    this.#requests.inc({ route, method, status });
    if (durationMs !== null) this.#requestSeconds.observe({ route, method }, durationMs / 1000);
  }

  onRefusedConnection(): void {
    this.#refusedConnections.inc();
  }

  onGraphqlError(code: string): void {
    this.#graphqlErrors.inc({ code });
  }

  readonly onPass = (_beganMs: number, engineMs: number): void => this.#passSeconds.observe(engineMs / 1000);

  onRejected(count: number): void {
    this.#events.inc({ outcome: "rejected" }, count);
  }

  onTurn({ accepted, duplicates, beganMs, appendedMs, endedMs }: Turn): void {
    if (appendedMs === null) {
      this.#appendFailures.inc();
      return;
    }
    this.#events.inc({ outcome: "accepted" }, accepted);
    this.#events.inc({ outcome: "duplicate" }, duplicates);
    this.#appendSeconds.observe((appendedMs - beganMs) / 1000);
    this.#foldSeconds.observe((endedMs - appendedMs) / 1000);
  }

  #counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: `segmeter_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string = never>(name: string, help: string, buckets: number[], labelNames: Label[] = []): Histogram<Label> {
    return new Histogram({ name: `segmeter_${name}`, help, labelNames, buckets, registers: [this.#registry] });
  }
}
