import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Engine, METRIC_NAMES, NO_FILTER, type ConversationEvent, type Query } from "../src/index.ts";
import { takeArea, wordsAt } from "../src/memory.ts";

setFlagsFromString("--expose_gc");
const collectGarbage = runInNewContext("gc") as () => void;

const ACCOUNT = "account";
const FILLED = 1_000_000;
const QUERY: Query = { window: { startMs: 0, endMs: 60_000 }, filter: NO_FILTER, grouping: [], metrics: METRIC_NAMES };

// An area is free again when nobody holds it, so what kernels are told may not lie in one of which only the address was kept.
test("what is told to a kernel lies in nobody else's memory, whatever is collected and whatever is taken then", async () => {
  const engine = new Engine();
  engine.load([{ key: 1, accountId: ACCOUNT, events: EVENTS }]);
  const numbers = (): unknown[] => METRIC_NAMES.map((name) => engine.ask(ACCOUNT, QUERY).metric(name)[0]);
  const before = numbers();
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await setImmediate();
  }
  const taken = Array.from({ length: 1_000 }, (_, i) => takeArea(8 + 8 * (i % 64)));
  for (const { address, bytes } of taken) wordsAt(address, bytes / 4).fill(FILLED);
  expect(numbers()).toEqual(before);
  const changed = taken.filter(({ address, bytes }) => wordsAt(address, bytes / 4).some((word) => word !== FILLED));
  expect(changed).toEqual([]);
});

const event = { conversationId: "c", sequence: 0 };
const EVENTS: readonly ConversationEvent[] = [
  { ...event, eventId: "1", at: 0, type: "CONVERSATION_STARTED", source: "WEB", skillId: "1" },
  { ...event, eventId: "2", at: 1, type: "AGENT_ASSIGNED", agentId: "7", groupId: null, userType: "HUMAN", skillId: null, takeover: false },
  { ...event, eventId: "3", at: 1_000, type: "MESSAGE_SENT", sentBy: "AGENT", agentId: "7" },
  { ...event, eventId: "4", at: 2_000, type: "MESSAGE_SENT", sentBy: "CONSUMER", agentId: null },
  { ...event, eventId: "5", at: 5_000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
];
