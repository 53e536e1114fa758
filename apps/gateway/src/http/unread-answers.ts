import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { OverloadError } from "../intake.ts";

/** Of all answers together that have been written, and not been read yet. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;
/** For what was written at once, however slowly it is read: ten megabytes leave at 0.7 Mbit/s in two minutes. */
const UNREAD_MS_MAX = 120_000;
/** While there are too many: ten megabytes at 4 Mbit/s. What is pushed to whoever holds still would go on making more. */
const CROWDED_MS_MAX = 20_000;
const LOOK_EVERY_MS = 250;

interface Unread {
  /** What has left, and since when it has been no more. */
  leftBytes: number;
  sinceMs: number;
}

/**
 * Bounds what answers take of memory that their askers do not read. Those who are silent as well are dropped before; here is
 * looked at what leaves, so that nobody holds an answer by sending something now and then.
 *
 * @returns a hook for the routes that are not to be asked while too much waits
 */
export function boundUnreadAnswers(
  app: FastifyInstance,
  { heldBytesMax = HELD_BYTES_MAX, unreadMsMax = UNREAD_MS_MAX, crowdedMsMax = CROWDED_MS_MAX } = {},
): () => Promise<void> {
  const sockets = new Map<Socket, Unread>();
  let heldBytes = 0;
  const add = (socket: Socket): void => {
    sockets.set(socket, { leftBytes: 0, sinceMs: performance.now() });
    socket.once("close", () => sockets.delete(socket));
  };
  app.server.on("connection", add);
  app.server.on("secureConnection", add);

  const looking = setInterval(() => {
    const nowMs = performance.now();
    const stalledMsMax = heldBytes > heldBytesMax ? Math.min(crowdedMsMax, unreadMsMax) : unreadMsMax;
    heldBytes = 0;
    for (const [socket, unread] of sockets) {
      const { writableLength, bytesWritten } = socket;
      heldBytes += writableLength;
      const leftBytes = bytesWritten - writableLength;
      if (writableLength === 0 || leftBytes !== unread.leftBytes) Object.assign(unread, { leftBytes, sinceMs: nowMs });
      else if (nowMs - unread.sinceMs > stalledMsMax) socket.destroy();
    }
  }, LOOK_EVERY_MS).unref();
  app.addHook("onClose", async () => clearInterval(looking));
  return async () => {
    if (heldBytes > heldBytesMax) throw new OverloadError("too many answers wait to be read already");
  };
}
