import type { FastifyInstance } from "fastify";
import { requireEverything, requireScope } from "../access/guard.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { refuseOtherMethods } from "./problem.ts";

export const METRICS_PATH = "/metrics";

/**
 * `/metrics`, as Prometheus reads it. It counts over all accounts, so it takes a credential for all of them where any is
 * needed; it answers also while the log is read.
 */
export function addMetrics(app: FastifyInstance, instruments: Instruments): void {
  app.get(METRICS_PATH, { onRequest: [requireScope("monitor"), requireEverything] }, async (_request, reply) =>
    reply.type(instruments.contentType).send(await instruments.toText()),
  );
  refuseOtherMethods(app, METRICS_PATH, ["GET"]);
}
