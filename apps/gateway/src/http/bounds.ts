import type { Socket } from "node:net";
import { pipeline, Transform } from "node:stream";
import { promisify } from "node:util";
import type { FastifyInstance } from "fastify";
import { OverloadError } from "../intake.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { HttpProblem } from "./problem.ts";

/** A screen of a large centre takes a few connections; a process may open so many files. */
const CONNECTIONS_MAX = 10_000;
const HEADERS_MS_MAX = 10_000;
/** For the whole of a request, however large: 16 MiB come at 1.1 Mbit/s in two minutes. */
const REQUEST_MS_MAX = 120_000;
/** Nothing is read of an answer for so long: who asked has gone, or means no good. */
const STALLED_MS_MAX = 30_000;

/** Of all bodies together: those that are being received, and those of requests that are being answered. */
const HELD_BYTES_MAX = 128 * 1024 * 1024;
/** Not worth counting: as many as there may be connections fit beside. */
const SMALL_BYTES = 4 * 1024;

/** Bounds what bodies take of memory, however many come at once. Whoever has sent nothing yet takes nothing from others. */
export function boundBodies(app: FastifyInstance, instruments: Instruments): void {
  let heldBytes = 0;
  instruments.addReadings([{ name: "held_body_bytes", help: "Of bodies larger than 4 KiB.", type: "gauge", read: () => heldBytes }]);
  app.addHook("onRequest", ({ headers }, _reply, next) => {
    const toldBytes = Number(headers["content-length"] ?? 0);
    const isTooMuch = toldBytes > SMALL_BYTES && heldBytes + Math.min(toldBytes, HELD_BYTES_MAX / 2) > HELD_BYTES_MAX;
    next(isTooMuch ? tooMuch() : undefined);
  });
  app.addHook("preParsing", ({ headers }, reply, payload, next) => {
    if (headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) <= SMALL_BYTES) return next(null, payload);
    let ownBytes = 0;
    let isAnswered = false;
    const counted: Transform & { receivedEncodedLength?: number } = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (isAnswered) return done();
        ownBytes += chunk.length;
        heldBytes += chunk.length;
        counted.receivedEncodedLength = ownBytes;
        if (heldBytes <= HELD_BYTES_MAX) return done(null, chunk);
        // What is still to come is not read any more.
        reply.header("connection", "close");
        return done(tooMuch());
      },
    });
    reply.raw.once("close", () => {
      isAnswered = true;
      heldBytes -= ownBytes;
      // What nobody has read stands before the next request of the connection.
      counted.resume();
    });
    return next(
      null,
      pipeline(payload, counted, () => undefined),
    );
  });
}

function tooMuch(): OverloadError {
  return new OverloadError("too many bodies are being received already");
}

/** Takes bodies only as they are. */
export function refuseCodings(app: FastifyInstance): void {
  app.addHook("onRequest", ({ headers }, reply, next) => {
    const coding = headers["content-encoding"];
    if (coding === undefined || coding === "" || coding.toLowerCase() === "identity") return next();
    reply.header("accept-encoding", "identity");
    const cause = `content-encoding: expected none, got ${JSON.stringify(coding)}`;
    return next(new HttpProblem(415, "bodies are taken as they are, not packed", [cause]));
  });
}

/** Node looks for those that are too slow every so often. */
export const LOOK_EVERY_MS = 1_000;

/** Drops whoever is too slow to ask, or to read, and whoever comes when there are too many. */
export function boundConnections(app: FastifyInstance, instruments: Instruments): void {
  const { server } = app;
  const countConnections = promisify(server.getConnections.bind(server));
  instruments.addReadings([{ name: "connections", help: "Connections that are open.", type: "gauge", read: countConnections }]);
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = HEADERS_MS_MAX;
  server.requestTimeout = REQUEST_MS_MAX;
  // Streams that are pushed to keep themselves alive, and a connection at rest ends earlier.
  server.timeout = STALLED_MS_MAX;
  server.on("timeout", (socket: Socket) => socket.destroy());
}
