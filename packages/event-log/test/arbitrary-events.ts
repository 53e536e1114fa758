import type { ConversationEvent } from "@segmeter/engine";
import * as fc from "fast-check";

const CONTROL_CHARACTERS = /\p{Cc}/gu;
const ID_LENGTH_MAX = 128;

/** 1 to 128 characters of any script, none of them a control character. */
const anyId: fc.Arbitrary<string> = fc
  .string({ unit: "binary", minLength: 1, maxLength: ID_LENGTH_MAX })
  .map((id) => id.replaceAll(CONTROL_CHARACTERS, ""))
  .filter((id) => id !== "");

/** From a few, so that conversations and duplicates come about. */
const anyOfFewIds: fc.Arbitrary<string> = fc.constantFrom("1", "2", "a", "A", "à", "a\u0300", "話", "🗨️");

const anyCount = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));
const anyIdOrNull = fc.option(anyId);
const anySender = fc.constantFrom("CONSUMER" as const, "AGENT" as const, "SYSTEM" as const);

const header = { eventId: fc.oneof(anyOfFewIds, anyId), conversationId: fc.oneof(anyOfFewIds, anyId), at: anyCount, sequence: anyCount };

export const anyEvent: fc.Arbitrary<ConversationEvent> = fc.oneof(
  fc.record({
    ...header,
    type: fc.constantFrom("CONVERSATION_STARTED" as const, "CONVERSATION_RESUMED" as const),
    source: anyIdOrNull,
    skillId: anyIdOrNull,
  }),
  fc.record({
    ...header,
    type: fc.constant("AGENT_ASSIGNED" as const),
    agentId: anyId,
    groupId: anyIdOrNull,
    userType: fc.constantFrom("HUMAN" as const, "BOT" as const),
    skillId: anyIdOrNull,
    takeover: fc.boolean(),
  }),
  fc.record({
    ...header,
    type: fc.constant("AGENT_UNASSIGNED" as const),
    skillId: anyIdOrNull,
    reason: fc.option(fc.constantFrom("AGENT_TRANSFER" as const, "SKILL_TRANSFER" as const, "BACK_TO_QUEUE" as const)),
  }),
  fc.record({ ...header, type: fc.constant("MESSAGE_SENT" as const), sentBy: anySender, agentId: anyIdOrNull }),
  fc.record({ ...header, type: fc.constant("CONVERSATION_CLOSED" as const), closedBy: anySender }),
);
