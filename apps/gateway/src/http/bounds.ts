import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { OverloadError } from "../intake.ts";
import { HttpProblem } from "./problem.ts";

/** A screen of a large centre takes a few connections; a process may open so many files. */
const CONNECTIONS_MAX = 10_000;
const HEADERS_MS_MAX = 10_000;
/** For the whole of a request, however large: 16 MiB come at 1.1 Mbit/s in two minutes. */
const REQUEST_MS_MAX = 120_000;
/** Nothing is read of an answer for so long: who asked has gone, or means no good. */
const STALLED_MS_MAX = 30_000;

/** Of bodies that are being received, and of requests that are being answered. */
const HELD_BYTES_MAX = 128 * 1024 * 1024;
/** The largest that any door takes; one that does not say how long it is may become as long. */
const REQUEST_BYTES_MAX = 16 * 1024 * 1024;

/** Refuses a body before it is read when there are too many already: memory is bounded, however many come at once. */
export function boundBodies(app: FastifyInstance): void {
  let heldBytes = 0;
  app.addHook("onRequest", async ({ headers }, reply) => {
    const isUntold = headers["transfer-encoding"] !== undefined;
    const bytes = isUntold ? REQUEST_BYTES_MAX : Math.min(Number(headers["content-length"] ?? 0), REQUEST_BYTES_MAX);
    if (bytes === 0) return;
    if (heldBytes + bytes > HELD_BYTES_MAX) throw new OverloadError("too many bodies are being received already");
    heldBytes += bytes;
    reply.raw.once("close", () => (heldBytes -= bytes));
  });
}

/** Takes bodies only as they are. */
export function refuseCodings(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ headers }, reply) => {
    const coding = headers["content-encoding"];
    if (coding === undefined || coding === "" || coding.toLowerCase() === "identity") return;
    reply.header("accept-encoding", "identity");
    throw new HttpProblem(415, "bodies are taken as they are, not packed", [
      `content-encoding: expected none, got ${JSON.stringify(coding)}`,
    ]);
  });
}

/** Node looks for those that are too slow every so often. */
export const LOOK_EVERY_MS = 1_000;

/** Drops whoever is too slow to ask, or to read, and whoever comes when there are too many. */
export function boundConnections(app: FastifyInstance): void {
  const { server } = app;
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = HEADERS_MS_MAX;
  server.requestTimeout = REQUEST_MS_MAX;
  // Streams that are pushed to keep themselves alive, and a connection at rest ends earlier.
  server.timeout = STALLED_MS_MAX;
  server.on("timeout", (socket: Socket) => socket.destroy());
}
