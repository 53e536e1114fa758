import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { PUSH_DOORS, type PushClient } from "./push-clients.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const START_MS = Date.UTC(2026, 10, 22, 8, 0, 0);
const TOTAL = "totalAgentConversationSegments";
const COUNT = `subscription ($id: ID!, $minutes: Int! = 60) { agentSegments(accountId: $id, timeframe: $minutes, everyMs: 250) { metrics { ${TOTAL} } } }`;

const nowMs = START_MS;
let gateway: TestGateway;
beforeAll(async () => (gateway = await startTestGateway({ now: () => nowMs })));
afterAll(() => gateway.close());

const clients: PushClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

for (const { name, connect } of PUSH_DOORS) {
  const open = (): PushClient => {
    const client = connect(gateway);
    clients.push(client);
    return client;
  };
  /** Accounts of their own, so that tests do not see one another. */
  const accountOf = (subject: string): string => `${name.replace("-", "_")}_${subject}`;

  describe(`over ${name}`, () => {
    test("the first answer comes at once, and another one when an event has changed it", async () => {
      const id = accountOf("first");
      const pushed = open().subscribe(COUNT, { id });
      expect(await pushed.next()).toEqual({ data: { agentSegments: { metrics: { [TOTAL]: 0 } } } });
      await gateway.postEvents(id, segment("a", nowMs - 1000));
      expect(await pushed.next()).toEqual({ data: { agentSegments: { metrics: { [TOTAL]: 1 } } } });
    });
  });
}

function segment(conversationId: string, endMs: number, agentId = "1"): object[] {
  return [
    { eventId: "1", conversationId, at: endMs - 1000, type: "AGENT_ASSIGNED", agentId, skillId: "s" },
    { eventId: "2", conversationId, at: endMs, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
