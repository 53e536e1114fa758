import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import { POSITION_HEADER } from "./position.ts";

const PREFLIGHT_AGE_S = 600;

/** Lets pages of these origins ask, with a credential that they have themselves: no cookie goes along. */
export async function addCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  await app.register(cors, {
    origin: [...origins],
    methods: ["GET", "POST"],
    allowedHeaders: ["accept", "authorization", "content-type", "if-none-match", POSITION_HEADER],
    exposedHeaders: ["etag", "retry-after", "server-timing", "x-request-id", POSITION_HEADER],
    maxAge: PREFLIGHT_AGE_S,
  });
}
