import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Ends connections while the server closes, so that it need not wait for their timeouts. Node itself ends those on which
 * nothing is under way any more at the beginning; there are also those on which nothing was asked yet, and those whose
 * last answer is still to come.
 */
export function endConnections(app: FastifyInstance): void {
  const unasked = new Map<string, Socket>();
  let isClosing = false;
  app.server.on("connection", (socket: Socket) => {
    const peer = peerOf(socket);
    unasked.set(peer, socket);
    socket.once("close", () => unasked.delete(peer));
  });
  for (const asked of ["request", "upgrade"]) app.server.on(asked, ({ socket }: IncomingMessage) => unasked.delete(peerOf(socket)));
  app.addHook("preClose", async () => {
    isClosing = true;
    for (const socket of unasked.values()) socket.destroy();
  });
  app.addHook("onSend", (_request, reply, _payload, next) => {
    if (isClosing) reply.header("connection", "close");
    next();
  });
}

/** The same for a connection and for what TLS makes of it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
