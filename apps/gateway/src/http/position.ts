import type { JetStreamLog } from "@segmeter/event-log/jetstream";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Intake } from "../intake.ts";
import { HttpProblem } from "./problem.ts";

/** Of an answer: up to where it knows everything. Of a request: up to where its answer has to. */
export const POSITION_HEADER = "segmeter-position";
/** How old an answer is, in ms, where the stream is out of reach or far ahead. */
const AGE_HEADER = "segmeter-age-ms";
const AGE_SHOWN_MS = 5_000;
const WAIT_MS_MAX = 5_000;
const RETRY_AFTER_S = 1;

export type Stream = Pick<JetStreamLog, "position" | "state">;

/**
 * Lets requests name a position, for every route that is added to `app` after it: they are answered once it is reached.
 * Nothing that is made while an answer is being written changes its position: both happen without others having a turn.
 *
 * @param stream null: this machine is alone
 */
export function addPositions(app: FastifyInstance, intake: Intake, stream: Stream | null): void {
  app.addHook("preHandler", (request, reply, next) => {
    const text = request.headers[POSITION_HEADER];
    if (text === undefined) next();
    else void wait(text, reply, next);
  });
  app.addHook("onSend", (_request, reply, payload, next) => {
    reply.header(POSITION_HEADER, intake.position);
    const ageMs = stream?.state.ageMs ?? 0;
    if (ageMs > AGE_SHOWN_MS) reply.header(AGE_HEADER, Math.round(ageMs));
    next(null, payload);
  });

  async function wait(text: string | readonly string[], reply: FastifyReply, next: (fault?: Error) => void): Promise<void> {
    const position = typeof text === "string" && /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (Number.isNaN(position)) {
      next(new HttpProblem(400, "wrong position", [`${POSITION_HEADER}: expected a position, got ${String(text)}`]));
    } else if (await intake.reaches(position, WAIT_MS_MAX)) {
      next();
    } else {
      reply.header("retry-after", RETRY_AFTER_S);
      next(new HttpProblem(503, `position ${position} is not reached here yet: this node is at ${intake.position}`));
    }
  }
}
