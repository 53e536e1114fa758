import type { FastifyInstance } from "fastify";
import type { Intake } from "../intake.ts";
import type { Stream } from "./position.ts";
import { refuseOtherMethods } from "./problem.ts";

/** `ready` from the moment that the whole log is in the engine until the gateway begins to stop. */
export interface Readiness {
  state: "starting" | "ready" | "stopping";
  /** While it starts. */
  doing: string;
  /** How far that has come, 0 to 1. */
  progress: number;
}

/**
 * `/healthz`: the process answers. `/readyz`: its numbers are whole; in a cluster, how the node stands to the stream too.
 *
 * @param stream null: this machine is alone
 */
export function addHealth(app: FastifyInstance, readiness: Readiness, intake: Intake, stream: Stream | null): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) => {
    const { state, doing, progress } = readiness;
    const isReady = state === "ready";
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: state, progress, ...(stream && { ...(!isReady && { doing }), ...toStanding(intake, stream) }) });
  });
  for (const url of ["/healthz", "/readyz"]) refuseOtherMethods(app, url, ["GET"]);
}

function toStanding({ position }: Intake, { state: { isConnected, streamPosition, ageMs } }: Stream): object {
  return { position, stream: { connected: isConnected, position: streamPosition, ageMs: Math.round(ageMs) } };
}
