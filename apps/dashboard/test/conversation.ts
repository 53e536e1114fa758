interface ConversationOptions {
  readonly id: string;
  readonly agentId: string;
  readonly endMs: number;
  readonly skillId?: string;
  /** From the assignment to the agent's first message; null: none is sent. */
  readonly responseMs?: number | null;
}

/** The events of a conversation with one segment. */
export function conversation({ id, agentId, endMs, skillId = "21", responseMs = 4000 }: ConversationOptions): object[] {
  const startMs = endMs - 60_000;
  const event = (step: number, at: number, rest: object): object => ({ eventId: `${id}-${step}`, conversationId: id, at, ...rest });
  return [
    event(0, startMs, { type: "CONVERSATION_STARTED", source: "WEB", skillId }),
    event(1, startMs, { type: "AGENT_ASSIGNED", agentId, groupId: "3", sequence: 1 }),
    ...(responseMs === null ? [] : [event(2, startMs + responseMs, { type: "MESSAGE_SENT", sentBy: "AGENT", agentId })]),
    event(3, endMs, { type: "CONVERSATION_CLOSED", closedBy: "AGENT" }),
  ];
}
