import { createHash, randomUUID } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import fresh from "fresh";

/** Versions are counted anew by every process. */
const PROCESS = randomUUID();

/**
 * Names an answer by what it is made of, which is cheaper than making it.
 *
 * @param rightsKey of the caller: others are answered otherwise, and learn nothing from the number
 */
export function etagOfVersion(version: number, rightsKey: string): string {
  return `"${createHash("sha256").update(`${PROCESS} ${version} ${rightsKey}`).digest("base64url")}"`;
}

/** Sets the `ETag`, and says whether the caller holds that answer already: then the rest of it need not be made. */
export function isHeld(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  reply.header("etag", etag);
  return (request.method === "GET" || request.method === "HEAD") && fresh(request.headers, { etag });
}

/** A route's hook that names every good answer to a GET by its bytes, and answers 304 to whoever holds it. */
export async function nameByBytes(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (request.method !== "GET" || reply.statusCode !== 200 || !Buffer.isBuffer(payload)) return payload;
  if (!isHeld(request, reply, `"${createHash("sha256").update(payload).digest("base64url")}"`)) return payload;
  reply.code(304);
  return null;
}
