import { Engine, METRIC_NAMES, NO_FILTER, type ConversationEvent, type RollUp } from "@segmeter/engine";
import { referenceAnswer, referenceSegments } from "@segmeter/reference";
import { expect, test } from "vitest";
import { EngineFeed } from "../src/index.ts";

const ACCOUNT = "account";
const WINDOW = { startMs: 0, endMs: 3_600_000 };
const LEVELS = [["interval", "agent"], ["interval"], ["agent"], []] as const;

// Cells are read two at a time, in memory that doubles, and totals behind them: of some numbers of agents, the last pair is half behind the memory.
test("agents and their totals are the reference's, whatever the number of agents", () => {
  for (const agentCount of [1, 2, 3, 61, 62, 63, 64, 126, 127, 128, 254, 255, 256]) {
    const log = Array.from({ length: agentCount }, (_, agent) => conversationOf(agent)).flat();
    const engine = new Engine();
    new EngineFeed(engine).post(ACCOUNT, log);
    const segments = referenceSegments(log);
    const query: RollUp = { window: WINDOW, filter: NO_FILTER, metrics: METRIC_NAMES, intervalMs: 1_800_000 };
    const expected = LEVELS.flatMap((grouping) =>
      referenceAnswer(segments, { ...query, grouping }).map(({ metrics }) => METRIC_NAMES.map((name) => metrics[name])),
    );
    const found = Array.from(engine.rollUp(ACCOUNT, query), ({ cellCount, totalCount, metric }) =>
      Array.from({ length: cellCount + totalCount }, (_, cell) =>
        METRIC_NAMES.map((name) => (Number.isNaN(metric(name)[cell]) ? null : metric(name)[cell])),
      ),
    ).flat();
    expect(found, `${agentCount} agents`).toEqual(expected);
  }
});

/** A segment whose numbers are no other agent's. */
function conversationOf(agent: number): ConversationEvent[] {
  const event = { conversationId: `c${agent}`, sequence: 0 };
  const agentId = `agent-${agent}`;
  return [
    { ...event, eventId: "1", at: 0, type: "CONVERSATION_STARTED", source: "WEB", skillId: "1" },
    { ...event, eventId: "2", at: 1, type: "AGENT_ASSIGNED", agentId, groupId: null, userType: "HUMAN", skillId: null, takeover: false },
    { ...event, eventId: "3", at: 1_000 + agent, type: "MESSAGE_SENT", sentBy: "AGENT", agentId },
    { ...event, eventId: "4", at: 2_000 + agent, type: "MESSAGE_SENT", sentBy: "CONSUMER", agentId: null },
    { ...event, eventId: "5", at: 5_000 + 7 * agent, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
