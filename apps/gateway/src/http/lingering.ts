import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";

/** Nothing comes for so long: there is no more to come. Whoever goes on has the time that a request has. */
const SILENT_MS_MAX = 5_000;

/**
 * Reads on where a body is refused while it comes, and its connection is to end. Were it closed at once, the system would
 * take back what the sender has not read yet, the answer too: all that a sender would learn is that the connection broke.
 */
export function lingerOverBodies(app: FastifyInstance): void {
  app.addHook("onSend", ({ raw }, _reply, _payload, next) => {
    if (!raw.complete) linger(raw);
    next();
  });
}

function linger(request: IncomingMessage): void {
  const { socket } = request;
  const destroySoon = socket.destroySoon.bind(socket);
  // What Node calls behind the last answer of a connection.
  socket.destroySoon = () => {
    socket.destroySoon = destroySoon;
    if (request.complete) return destroySoon();
    socket.end();
    socket.setTimeout(SILENT_MS_MAX);
  };
}
