import { SENDERS, UNASSIGNMENT_REASONS } from "@segmeter/engine";
import type { ConversationEvent, Window } from "@segmeter/engine";
import * as fc from "fast-check";
import type { EventBody } from "./event-body.ts";

export interface LogOptions {
  /** Default 4, at most 5: there are no more ids. */
  readonly conversationCountMax?: number;
  /** All events lie in it; default `LOG_RANGE`. */
  readonly range?: Window;
}

/** The day of the generated logs. */
export const LOG_RANGE: Window = { startMs: 1_763_769_600_000, endMs: 1_763_856_000_000 };

/** Small pools, so that ids meet again; some look like numbers, some like what objects inherit. */
export const ID_POOLS = {
  conversations: ["c", "1", "01", "__proto__", "💬"],
  agents: ["1", "2", "10", "02", "__proto__", "Zoë ✓"],
  skills: ["1", "2", "10", "constructor", "数"],
  groups: ["1", "7", "__proto__"],
  sources: ["WEB", "APP", "UNKNOWN", "ÉCRAN"],
};

/**
 * Logs of one account, in order of arrival: mostly well-formed lives, with ties, late events, duplicates (some of them
 * with another content) and some outright nonsense.
 */
export function eventLogArbitrary({ conversationCountMax = 4, range = LOG_RANGE }: LogOptions = {}): fc.Arbitrary<ConversationEvent[]> {
  return fc
    .record({
      conversations: fc.uniqueArray(conversationArbitrary(range), {
        minLength: 1,
        maxLength: conversationCountMax,
        selector: ([event]) => event?.conversationId,
        size: "max",
      }),
      delaysMs: fc.oneof(fc.constant([0]), fc.array(DELAY_MS, { minLength: 1, maxLength: 17 })),
      duplicates: fc.array(DUPLICATE, { maxLength: 4 }),
    })
    .map(({ conversations, delaysMs, duplicates }) => {
      const arrivals = conversations.flat().map((event, index) => ({ event, arrivalMs: event.at + cyclic(delaysMs, index) }));
      const log = arrivals.toSorted((a, b) => a.arrivalMs - b.arrivalMs).map(({ event }) => event);
      return duplicates.reduce(withDuplicate, log);
    });
}

/** Of a gap, a tie is as likely as seconds or minutes; hours are rare. */
const GAP_MS = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(1000) },
  { weight: 3, arbitrary: fc.nat(120_000) },
  { weight: 1, arbitrary: fc.nat(7_200_000) },
);

const DELAY_MS = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(60_000) },
  { weight: 1, arbitrary: fc.nat(86_400_000) },
);

const agentId = fc.constantFrom(...ID_POOLS.agents);
const skillId = fc.option(fc.constantFrom(...ID_POOLS.skills), { freq: 2 });
const sender = fc.constantFrom(...SENDERS);

const assigned = fc.record({
  type: fc.constant("AGENT_ASSIGNED" as const),
  agentId,
  groupId: fc.option(fc.constantFrom(...ID_POOLS.groups)),
  userType: fc.constantFrom("HUMAN" as const, "HUMAN" as const, "BOT" as const),
  skillId,
  takeover: fc.constantFrom(false, false, false, true),
});

const unassigned = fc.record({
  type: fc.constant("AGENT_UNASSIGNED" as const),
  skillId,
  reason: fc.option(fc.constantFrom(...UNASSIGNMENT_REASONS), { freq: 2 }),
});

const opened = fc.record({
  type: fc.constantFrom("CONVERSATION_STARTED" as const, "CONVERSATION_RESUMED" as const),
  source: fc.option(fc.constantFrom(...ID_POOLS.sources)),
  skillId,
});

const closed = fc.record({
  type: fc.constant("CONVERSATION_CLOSED" as const),
  closedBy: fc.constantFrom("CONSUMER" as const, ...SENDERS),
});

const message = fc
  .record({ sentBy: sender, agentId })
  .map(({ sentBy, agentId: author }) => ({ type: "MESSAGE_SENT" as const, sentBy, agentId: sentBy === "AGENT" ? author : null }));

const anyBody: fc.Arbitrary<EventBody> = fc.oneof(opened, assigned, assigned, unassigned, message, message, closed);

/** Said under an assignment: by the assigned agent, by the consumer, by anybody. */
type Said = "AGENT" | "CONSUMER" | EventBody;
const said: fc.Arbitrary<Said> = fc.oneof(fc.constantFrom("AGENT" as const, "CONSUMER" as const), message);

/** An assignment, what is said under it, and how it ends; without an ending, by whatever comes next. */
const visit = fc
  .record({
    assignment: assigned,
    talk: fc.oneof({ weight: 4, arbitrary: fc.array(said, { maxLength: 6 }) }, { weight: 1, arbitrary: fc.constant<Said[]>([]) }),
    ending: fc.array(unassigned, { maxLength: 1 }),
  })
  .map(({ assignment, talk, ending }): EventBody[] => {
    const messages = talk.map((one) => (typeof one === "string" ? messageOf(one, assignment.agentId) : one));
    return [assignment, messages, ending].flat();
  });

const life: fc.Arbitrary<EventBody[]> = fc
  .tuple(
    opened,
    fc.array(message, { maxLength: 2 }),
    fc.array(visit, { maxLength: 4 }).map((visits) => visits.flat()),
    fc.option(closed, { freq: 8, nil: [] }),
  )
  .map((parts) => parts.flat());

const lives = fc.array(life, { minLength: 1, maxLength: 3 }).map((bodies) => bodies.flat());

const bodies: fc.Arbitrary<EventBody[]> = fc.oneof(
  { weight: 4, arbitrary: lives },
  {
    weight: 2,
    arbitrary: fc
      .tuple(lives, fc.array(fc.tuple(fc.nat(), anyBody), { minLength: 1, maxLength: 3 }))
      .map(([wellFormed, strays]) => strays.reduce((all, [place, stray]) => all.toSpliced(place % (all.length + 1), 0, stray), wellFormed)),
  },
  { weight: 1, arbitrary: fc.array(anyBody, { minLength: 1, maxLength: 20, size: "max" }) },
);

function conversationArbitrary({ startMs, endMs }: Window): fc.Arbitrary<ConversationEvent[]> {
  return fc
    .record({
      conversationId: fc.constantFrom(...ID_POOLS.conversations),
      bodies,
      firstMs: fc.integer({ min: startMs, max: endMs - 1 }),
      gapsMs: fc.array(GAP_MS, { minLength: 1, maxLength: 13, size: "max" }),
      sequences: fc.option(fc.array(fc.nat(2), { minLength: 1, maxLength: 7 }), { freq: 2 }),
    })
    .map((conversation) => {
      let at = conversation.firstMs;
      return conversation.bodies.map((body, index) => {
        if (index > 0) at = Math.min(at + cyclic(conversation.gapsMs, index), endMs - 1);
        return {
          eventId: index === 0 ? "__proto__" : String(index),
          conversationId: conversation.conversationId,
          at,
          sequence: conversation.sequences ? cyclic(conversation.sequences, index) : index,
          ...body,
        };
      });
    });
}

/** An event of the log again, somewhere in it; with a body: the same ids, but another content at another time. */
const DUPLICATE = fc.record({ original: fc.nat(), place: fc.nat(), body: fc.option(anyBody, { freq: 2 }) });
type Duplicate = typeof DUPLICATE extends fc.Arbitrary<infer Value> ? Value : never;

function withDuplicate(log: ConversationEvent[], { original, place, body }: Duplicate): ConversationEvent[] {
  const event = cyclic(log, original);
  const { eventId, conversationId, sequence } = event;
  const duplicate = body ? { eventId, conversationId, at: cyclic(log, place).at, sequence, ...body } : event;
  return log.toSpliced(place % (log.length + 1), 0, duplicate);
}

function messageOf(sentBy: "AGENT" | "CONSUMER", author: string): EventBody {
  return { type: "MESSAGE_SENT", sentBy, agentId: sentBy === "AGENT" ? author : null };
}

function cyclic<Value>(values: readonly Value[], index: number): Value {
  return values[index % values.length]!;
}
