import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";

/**
 * Ends connections while the server closes, so that it need not wait for their timeouts. Node itself ends those on which
 * nothing is under way any more at the beginning; there are also those on which nothing was asked yet, and those whose
 * last answer is still to come.
 */
export function endConnections(app: FastifyInstance): void {
  const unasked = new Set<Socket>();
  let isClosing = false;
  const opened = app.server instanceof TlsServer ? "secureConnection" : "connection";
  app.server.on(opened, (socket: Socket) => {
    unasked.add(socket);
    socket.once("close", () => unasked.delete(socket));
  });
  for (const asked of ["request", "upgrade"]) app.server.on(asked, ({ socket }: IncomingMessage) => unasked.delete(socket));
  app.addHook("preClose", async () => {
    isClosing = true;
    for (const socket of unasked) socket.destroy();
  });
  app.addHook("onSend", async (_request, reply) => {
    if (isClosing) reply.header("connection", "close");
  });
}
