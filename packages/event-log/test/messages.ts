import type { ConversationEvent } from "@segmeter/engine";
import type { ConversationHistory, EventLog } from "../src/index.ts";

/** A consumer's message: `message("c1", "7", 1000)`. */
export function message(conversationId: string, eventId: string, at = 0): ConversationEvent {
  return { eventId, conversationId, at, sequence: 0, type: "MESSAGE_SENT", sentBy: "CONSUMER", agentId: null };
}

/** The messages numbered `[from, to)`, in turn by conversation `c0`, `c1`…; each is sent at its number. */
export function messages(from: number, to: number, conversationCount = 10): ConversationEvent[] {
  return Array.from({ length: to - from }, (_, index) => from + index).map((number) =>
    message(`c${number % conversationCount}`, String(number), number),
  );
}

export async function readChunks(log: EventLog, afterKey?: number): Promise<ConversationHistory[][]> {
  const chunks: ConversationHistory[][] = [];
  for await (const chunk of log.readAll(afterKey)) chunks.push(chunk);
  return chunks;
}

export async function readWhole(log: EventLog, afterKey?: number): Promise<ConversationHistory[]> {
  return (await readChunks(log, afterKey)).flat();
}
