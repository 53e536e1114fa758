import type { JetStreamLog } from "@segmeter/event-log/jetstream";
import type { FastifyInstance } from "fastify";
import type { Intake } from "../intake.ts";
import { HttpProblem } from "./problem.ts";

/** Of an answer: up to where it knows everything. Of a request: up to where its answer has to. */
export const POSITION_HEADER = "segmeter-position";
/** How old an answer is, in ms, where the stream is out of reach or far ahead. */
const AGE_HEADER = "segmeter-age-ms";
const AGE_SHOWN_MS = 5_000;
const WAIT_MS_MAX = 5_000;

export type Stream = Pick<JetStreamLog, "position" | "state">;

/**
 * Lets requests name a position, for every route that is added to `app` after it: they are answered once it is reached.
 * An answer that others have a turn before it is sent has said where it was made already.
 *
 * @param stream null: this machine is alone
 */
export function addPositions(app: FastifyInstance, intake: Intake, stream: Stream | null): void {
  app.addHook("preHandler", (request, _reply, next) => {
    const text = request.headers[POSITION_HEADER];
    if (text === undefined) next();
    else void wait(text, next);
  });
  app.addHook("onSend", (_request, reply, payload, next) => {
    if (!reply.hasHeader(POSITION_HEADER)) reply.header(POSITION_HEADER, intake.position);
    const ageMs = stream?.state.ageMs ?? 0;
    if (ageMs > AGE_SHOWN_MS) reply.header(AGE_HEADER, Math.round(ageMs));
    next(null, payload);
  });

  async function wait(text: string | string[], next: (fault?: Error) => void): Promise<void> {
    try {
      await untilReached(intake, text);
    } catch (error) {
      return next(error as Error);
    }
    next();
  }
}

/**
 * Waits for what a request names.
 *
 * @param named `"4711"` in a header, or a number
 * @returns the position
 * @throws HttpProblem if it is none, or is not reached for a while: then the node is late, and the request in order
 */
export async function untilReached(intake: Intake, named: unknown): Promise<number> {
  const position = typeof named === "string" && /^\d{1,16}$/.test(named) ? Number(named) : named;
  if (!Number.isSafeInteger(position) || (position as number) < 0)
    throw new HttpProblem(400, "wrong position", [`${POSITION_HEADER}: expected a position, got ${String(named)}`]);
  if (await intake.reaches(position as number, WAIT_MS_MAX)) return position as number;
  throw new HttpProblem(503, `position ${String(position)} is not reached here yet: this node is at ${intake.position}`, [
    `${POSITION_HEADER}: expected at most ${intake.position} here and now, got ${String(position)}`,
  ]);
}
