import type { FastifyInstance } from "fastify";
import { refuseOtherMethods } from "./problem.ts";

/** `ready` from the moment that the whole log is in the engine until the gateway begins to stop. */
export interface Readiness {
  state: "starting" | "ready" | "stopping";
  /** How far the log has been read, 0 to 1. */
  progress: number;
}

/** `/healthz`: the process answers. `/readyz`: its numbers are whole. */
export function addHealth(app: FastifyInstance, readiness: Readiness): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) => {
    const { state, progress } = readiness;
    return reply.code(state === "ready" ? 200 : 503).send({ status: state, progress });
  });
  for (const url of ["/healthz", "/readyz"]) refuseOtherMethods(app, url, ["GET"]);
}
