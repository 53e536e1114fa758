import type { ConversationEvent, Segment } from "@segmeter/engine";
import { referenceSegments } from "@segmeter/reference";
import { AgentDirectory, parseNotification, Timelines } from "../src/index.ts";

export const NOBODY = new AgentDirectory([]);

export interface Told {
  readonly events: readonly ConversationEvent[];
  readonly segments: readonly Segment[];
  readonly faults: readonly string[];
  readonly passedOverCount: number;
}

/** What notifications come to, one after another. */
export function told(bodies: readonly unknown[], directory = NOBODY, timelines = new Timelines()): Told {
  const notices = bodies.map((body) => parseNotification(body, directory));
  const events = notices.flatMap(({ conversations, messages }) => [
    ...conversations.flatMap((notice) => timelines.add(notice, directory).events),
    ...messages,
  ]);
  return {
    events,
    segments: referenceSegments(events),
    faults: notices.flatMap(({ faults }) => faults),
    passedOverCount: notices.reduce((sum, notice) => sum + notice.passedOverCount, 0),
  };
}

const UNTOLD = new Set(["eventId", "conversationId", "sequence", "type", "at"]);

/** An event in a line, without its name and rank; what is null or false is left out: `AGENT_ASSIGNED 1528371195521 agentId=29c3…`. */
function lineOf(event: ConversationEvent): string {
  const fields = Object.entries(event).filter(([name, value]) => !UNTOLD.has(name) && value !== null && value !== false);
  return [event.type, event.at, ...fields.map(([name, value]) => `${name}=${String(value)}`)].join(" ");
}

export function linesOf(events: readonly ConversationEvent[]): string[] {
  return events.toSorted((a, b) => a.at - b.at || a.sequence - b.sequence).map(lineOf);
}
