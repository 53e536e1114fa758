import { giveBack } from "@segmeter/json-bytes";
import type { onSendHookHandler } from "fastify";

/** A route's hook: the memory that an answer was written in is written in again once the answer has left. */
export const reuseWhenSent: onSendHookHandler = (_request, reply, payload, next) => {
  if (Buffer.isBuffer(payload)) reply.raw.once("finish", () => giveBack(payload));
  next();
};
