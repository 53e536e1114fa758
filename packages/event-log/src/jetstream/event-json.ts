import type { ConversationEvent } from "@segmeter/engine";
import { toLabel, type JsonBytes, type Label } from "@segmeter/json-bytes";

/**
 * Writes an event as it could have been posted: a JSON object without the fields that are as if they were absent.
 *
 *     {"eventId":"7","conversationId":"c1","at":1763801515118,"type":"MESSAGE_SENT","sentBy":"CONSUMER"}
 */
export function writeEvent(out: JsonBytes, event: ConversationEvent): void {
  out.label(EVENT_ID);
  out.string(event.eventId);
  out.label(CONVERSATION_ID);
  out.string(event.conversationId);
  out.label(AT);
  out.number(event.at);
  if (event.sequence !== 0) {
    out.label(SEQUENCE);
    out.number(event.sequence);
  }
  out.label(TYPE_LABELS[event.type]);
  switch (event.type) {
    case "CONVERSATION_STARTED":
    case "CONVERSATION_RESUMED":
      writeWord(out, SOURCE, event.source);
      writeWord(out, SKILL_ID, event.skillId);
      break;
    case "AGENT_ASSIGNED":
      writeWord(out, AGENT_ID, event.agentId);
      writeWord(out, GROUP_ID, event.groupId);
      if (event.userType !== "HUMAN") writeWord(out, USER_TYPE, event.userType);
      writeWord(out, SKILL_ID, event.skillId);
      if (event.takeover) out.label(TAKEOVER);
      break;
    case "AGENT_UNASSIGNED":
      writeWord(out, SKILL_ID, event.skillId);
      writeWord(out, REASON, event.reason);
      break;
    case "MESSAGE_SENT":
      writeWord(out, SENT_BY, event.sentBy);
      writeWord(out, AGENT_ID, event.agentId);
      break;
    case "CONVERSATION_CLOSED":
      writeWord(out, CLOSED_BY, event.closedBy);
      break;
    default:
      event satisfies never;
  }
  out.label(END);
}

function writeWord(out: JsonBytes, name: Label, word: string | null): void {
  if (word === null) return;
  out.label(name);
  out.string(word);
}

const [EVENT_ID, END, TAKEOVER] = [toLabel('{"eventId":'), toLabel("}"), toLabel(',"takeover":true')];
const [CONVERSATION_ID, AT, SEQUENCE] = [nameLabel("conversationId"), nameLabel("at"), nameLabel("sequence")];
const [SOURCE, SKILL_ID, AGENT_ID, GROUP_ID] = [nameLabel("source"), nameLabel("skillId"), nameLabel("agentId"), nameLabel("groupId")];
const [USER_TYPE, REASON, SENT_BY, CLOSED_BY] = [nameLabel("userType"), nameLabel("reason"), nameLabel("sentBy"), nameLabel("closedBy")];
const TYPE_LABELS: Readonly<Record<ConversationEvent["type"], Label>> = {
  CONVERSATION_STARTED: toLabel(',"type":"CONVERSATION_STARTED"'),
  CONVERSATION_RESUMED: toLabel(',"type":"CONVERSATION_RESUMED"'),
  AGENT_ASSIGNED: toLabel(',"type":"AGENT_ASSIGNED"'),
  AGENT_UNASSIGNED: toLabel(',"type":"AGENT_UNASSIGNED"'),
  MESSAGE_SENT: toLabel(',"type":"MESSAGE_SENT"'),
  CONVERSATION_CLOSED: toLabel(',"type":"CONVERSATION_CLOSED"'),
};

function nameLabel(name: string): Label {
  return toLabel(`,"${name}":`);
}
