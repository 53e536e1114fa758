import { accountIdFault, describe, parseEvent, type ConversationEvent } from "@segmeter/engine";
import type { FastifyInstance } from "fastify";
import { requireScope } from "../access/guard.ts";
import type { Intake, IntakeResult } from "../intake.ts";
import { HttpProblem, refuseOtherMethods } from "./problem.ts";

export const INGEST_PATH = "/v1/accounts/:accountId/events";
export const INGEST_EVENTS_MAX = 10_000;
export const INGEST_BYTES_MAX = 16 * 1024 * 1024;

/** How the text of each content type is read. */
const READERS: Readonly<Record<string, (text: string) => unknown[]>> = {
  "application/json": readArray,
  "application/x-ndjson": readLines,
};

/** A body that is not looked at before it is known to be wanted. */
interface Body {
  readonly read: () => unknown[];
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

/** `POST /v1/accounts/{accountId}/events`. Contract, section 6. */
export function addIngest(app: FastifyInstance, intake: Intake, now: () => number): void {
  app.removeAllContentTypeParsers();
  for (const [type, read] of Object.entries(READERS)) {
    app.addContentTypeParser(type, { parseAs: "buffer" }, (_request, bytes: Buffer, done) => {
      const body: Body = { read: () => read(toText(bytes)) };
      done(null, body);
    });
  }

  app.post<{ Params: { accountId: string }; Body: Body | undefined }>(
    INGEST_PATH,
    { bodyLimit: INGEST_BYTES_MAX, onRequest: requireScope("ingest") },
    async (request): Promise<IngestAnswer> => {
      const { accountId } = request.params;
      const accountFault = accountIdFault(accountId);
      if (accountFault !== null) throw new HttpProblem(400, "wrong account", [`accountId: ${accountFault}`]);

      if (!request.body) throw unparsable("expected events, got nothing");
      const values = request.body.read();
      if (values.length > INGEST_EVENTS_MAX) {
        throw new HttpProblem(413, `expected at most ${INGEST_EVENTS_MAX} events a request, got ${values.length}; none was taken`);
      }
      const { events, rejected } = parseEvents(values, now());
      return { ...(await intake.submit(accountId, events)), rejected };
    },
  );
  refuseOtherMethods(app, INGEST_PATH, ["POST"]);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** @returns the text without a byte order mark */
function toText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw unparsable("expected UTF-8");
  }
}

function readArray(text: string): unknown[] {
  const values = parseJson(text, "the body");
  if (!Array.isArray(values)) throw unparsable(`expected a JSON array of events, got ${describe(values)}`);
  return values;
}

function readLines(text: string): unknown[] {
  const values: unknown[] = [];
  text.split("\n").forEach((line, i) => {
    if (line.trim() !== "") values.push(parseJson(line, `line ${i + 1}`));
  });
  return values;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unparsable(`${where} is not JSON: ${(error as SyntaxError).message}`);
  }
}

function unparsable(why: string): HttpProblem {
  return new HttpProblem(400, "the body cannot be parsed; none of it was taken", [`body: ${why}`]);
}

function parseEvents(values: readonly unknown[], nowMs: number): { readonly events: ConversationEvent[]; readonly rejected: Rejection[] } {
  const events: ConversationEvent[] = [];
  const rejected: Rejection[] = [];
  values.forEach((value, index) => {
    const parsed = parseEvent(value, nowMs);
    if (parsed.ok) events.push(parsed.event);
    else rejected.push({ index, eventId: parsed.eventId, message: parsed.message });
  });
  return { events, rejected };
}
