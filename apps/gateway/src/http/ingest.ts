import { setImmediate } from "node:timers/promises";
import { accountIdFault, parseEvent, type ConversationEvent } from "@segmeter/engine";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireScope } from "../access/guard.ts";
import type { IntakeResult } from "../intake.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { READERS, unparsable } from "./event-values.ts";
import { HttpProblem, refuseOtherMethods } from "./problem.ts";

export const INGEST_PATH = "/v1/accounts/:accountId/events";
export const INGEST_EVENTS_MAX = 10_000;
export const INGEST_BYTES_MAX = 16 * 1024 * 1024;

/** After so much work on one body, whoever else waits gets a turn. */
const TURN_MS = 5;

interface Body {
  readonly read: () => Iterable<unknown[]>;
}

interface Rejection {
  /** Of the event among those sent, from 0; blank lines do not count. */
  readonly index: number;
  readonly eventId: string | null;
  readonly message: string;
}

interface IngestAnswer extends IntakeResult {
  readonly rejected: readonly Rejection[];
}

export interface IngestParts {
  readonly path: string;
  /** Settles once the events are on disk, and counted. */
  readonly take: (accountId: string, events: readonly ConversationEvent[], request: FastifyRequest) => Promise<IntakeResult>;
  readonly instruments: Instruments;
  readonly now: () => number;
}

/** `POST /v1/accounts/{accountId}/events`, and whatever takes events as it does. Contract, section 6. */
export function addIngest(app: FastifyInstance, { path, take, instruments, now }: IngestParts): void {
  app.removeAllContentTypeParsers();
  for (const [type, read] of Object.entries(READERS)) {
    app.addContentTypeParser(type, { parseAs: "buffer" }, (_request, bytes: Buffer, done) => {
      // It is not looked at before it is known to be wanted.
      const body: Body = { read: () => read(bytes) };
      done(null, body);
    });
  }

  app.post<{ Params: { accountId: string }; Body: Body | undefined }>(
    path,
    { bodyLimit: INGEST_BYTES_MAX, onRequest: requireScope("ingest") },
    async (request): Promise<IngestAnswer> => {
      const { accountId } = request.params;
      const accountFault = accountIdFault(accountId);
      if (accountFault !== null) throw new HttpProblem(400, "wrong account", [`accountId: ${accountFault}`]);

      if (!request.body) throw unparsable("expected events, got nothing");
      const { events, rejected } = await parseEvents(request.body.read(), now());
      instruments.onRejected(rejected.length);
      return { ...(await take(accountId, events, request)), rejected };
    },
  );
  refuseOtherMethods(app, path, ["POST"]);
}

/** Nothing is known of what is taken before all of it has been read. */
async function parseEvents(
  values: Iterable<unknown[]>,
  nowMs: number,
): Promise<{ readonly events: ConversationEvent[]; readonly rejected: Rejection[] }> {
  const events: ConversationEvent[] = [];
  const rejected: Rejection[] = [];
  let index = 0;
  let turnEndMs = performance.now() + TURN_MS;
  for (const some of values) {
    for (const value of some) {
      if (index === INGEST_EVENTS_MAX) {
        throw new HttpProblem(413, `expected at most ${INGEST_EVENTS_MAX} events a request, got more; none was taken`);
      }
      const parsed = parseEvent(value, nowMs);
      if (parsed.ok) events.push(parsed.event);
      else rejected.push({ index, eventId: parsed.eventId, message: parsed.message });
      index += 1;
    }
    if (performance.now() < turnEndMs) continue;
    await setImmediate();
    turnEndMs = performance.now() + TURN_MS;
  }
  return { events, rejected };
}
