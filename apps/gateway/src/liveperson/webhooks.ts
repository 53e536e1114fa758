import { parseEvent, type ConversationEvent } from "@segmeter/engine";
import { parseNotification, type ConversationNotice } from "@segmeter/liveperson";
import type { FastifyInstance } from "fastify";
import { HttpProblem, refuseOtherMethods } from "../http/problem.ts";
import type { Intake, IntakeResult } from "../intake.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import type { AgentDirectories } from "./agent-directories.ts";
import { isSigned } from "./signature.ts";
import type { SnapshotJournal } from "./snapshot-journal.ts";

export const WEBHOOKS_PATH = "/liveperson/webhooks/:accountId";
const BODY_BYTES_MAX = 4 * 1024 * 1024;

export interface WebhookParts {
  readonly intake: Intake;
  readonly journal: SnapshotJournal;
  readonly directories: AgentDirectories;
  /** The secret that each account's notifications are signed with. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly instruments: Instruments;
  readonly now: () => number;
}

interface WebhookAnswer extends IntakeResult {
  readonly passedOver: number;
  /** What could not be read; it would be no better if it came again. */
  readonly faults: readonly string[];
}

/** `POST /liveperson/webhooks/{accountId}`: takes the notifications of an account's connector app, and nobody else's. */
export function addWebhooks(app: FastifyInstance, { intake, journal, directories, secrets, instruments, now }: WebhookParts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, bytes, done) => done(null, bytes));

  app.post<{ Params: { accountId: string }; Body: Buffer | undefined }>(
    WEBHOOKS_PATH,
    { bodyLimit: BODY_BYTES_MAX },
    async (request): Promise<WebhookAnswer> => {
      const { accountId } = request.params;
      const bytes = request.body ?? Buffer.alloc(0);
      const secret = secrets.get(accountId);
      // An account that is not known is refused as a wrong signature is.
      if (secret === undefined || !isSigned(bytes, request.headers["x-liveperson-signature"], secret)) {
        throw new HttpProblem(401, "expected X-Liveperson-Signature to sign the body with this account's secret");
      }
      const directory = directories.of(accountId);
      const { conversations, messages, passedOverCount, faults } = parseNotification(parseJson(bytes), directory);
      const said = check(messages, now());
      // What is yet to come, or has no proper id, is not kept for judging others.
      const sound = conversations.map((notice) => soundPart(notice, now()));
      const { events, saved } = journal.add(
        accountId,
        sound.map(({ notice }) => notice),
        directory,
      );
      const states = check(events, now());
      const trace = request.span?.spanContext();
      const [result] = await Promise.all([intake.submit(accountId, [...states.events, ...said.events], trace), saved]);
      const all = [...faults, ...sound.flatMap((each) => each.faults), ...states.faults, ...said.faults];
      instruments.onRejected(all.length);
      if (all.length > 0) request.log.warn({ accountId, faults: all.slice(0, FAULTS_LOGGED_MAX) }, "a notification was not taken whole");
      return { ...result, passedOver: passedOverCount, faults: all };
    },
  );
  refuseOtherMethods(app, WEBHOOKS_PATH, ["POST"]);
}

const FAULTS_LOGGED_MAX = 20;
/** An event wherever its conversation and its time are good. */
const PROBE = { eventId: "state", type: "AGENT_UNASSIGNED" };

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new HttpProblem(400, "the body cannot be parsed; none of it was taken", [`body: ${(error as Error).message}`]);
  }
}

interface SoundPart {
  readonly notice: ConversationNotice;
  readonly faults: readonly string[];
}

function soundPart({ conversationId, boundaries, snapshot }: ConversationNotice, nowMs: number): SoundPart {
  const openings = boundaries.map((boundary) => ({ boundary, parsed: parseEvent(boundary.event, nowMs) }));
  const state = snapshot && parseEvent({ ...PROBE, conversationId, at: snapshot.at }, nowMs);
  return {
    notice: {
      conversationId,
      boundaries: openings.flatMap(({ boundary, parsed }) => (parsed.ok ? boundary : [])),
      snapshot: state?.ok ? snapshot : null,
    },
    faults: [
      ...openings.flatMap(({ boundary, parsed }) => (parsed.ok ? [] : `${boundary.event.type}: ${parsed.message}`)),
      ...(state === null || state.ok ? [] : [`state of a conversation: ${state.message}`]),
    ],
  };
}

/** Ids come from outside: what is none by the contract is named, and the rest goes on. */
function check(values: readonly ConversationEvent[], nowMs: number): { readonly events: ConversationEvent[]; readonly faults: string[] } {
  const events: ConversationEvent[] = [];
  const faults: string[] = [];
  for (const value of values) {
    const parsed = parseEvent(value, nowMs);
    if (parsed.ok) events.push(parsed.event);
    else faults.push(`${value.type}: ${parsed.message}`);
  }
  return { events, faults };
}
