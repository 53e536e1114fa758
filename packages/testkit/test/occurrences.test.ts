import { compareIds, Engine } from "@segmeter/engine";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { referenceSegments } from "@segmeter/reference";
import { EngineFeed, eventLogArbitrary } from "../src/index.ts";

const ACCOUNT = "account";

test("the values that can be filtered by are those of the reference's segments, whatever was taken back on the way", () => {
  fc.assert(
    fc.property(eventLogArbitrary(), (log) => {
      const segments = referenceSegments(log);
      const valuesOf = (field: "agentId" | "skillId" | "groupId" | "source"): string[] =>
        [...new Set(segments.map((segment) => segment[field]))].filter((value) => value !== null).toSorted(compareIds);
      expect(fed(log).filterValues(ACCOUNT)).toEqual({
        agentIds: valuesOf("agentId"),
        skillIds: valuesOf("skillId"),
        groupIds: valuesOf("groupId"),
        sources: valuesOf("source"),
      });
    }),
    { numRuns: 300 },
  );
});

test("as many segments ended in a time range as the reference has there", () => {
  const logAndRange = eventLogArbitrary().chain((log) => {
    const times = log.map(({ at }) => at);
    const moment = fc.integer({ min: Math.min(0, ...times), max: Math.max(0, ...times) + 1 });
    return fc.record({ log: fc.constant(log), startMs: moment, endMs: moment });
  });
  fc.assert(
    fc.property(logAndRange, ({ log, startMs, endMs }) => {
      const ended = referenceSegments(log).filter((segment) => segment.endMs >= startMs && segment.endMs < endMs);
      expect(fed(log).countEnded(ACCOUNT, { startMs, endMs })).toBe(ended.length);
    }),
    { numRuns: 300 },
  );
});

test("what ended before the retention can no more be filtered by", () => {
  const engine = new Engine();
  const feed = new EngineFeed(engine);
  const close = (conversationId: string, agentId: string, at: number): void =>
    feed.post(ACCOUNT, [
      {
        type: "AGENT_ASSIGNED",
        eventId: "1",
        conversationId,
        at: at - 1,
        sequence: 0,
        agentId,
        groupId: null,
        userType: "HUMAN",
        skillId: agentId,
        takeover: false,
      },
      { type: "CONVERSATION_CLOSED", eventId: "2", conversationId, at, sequence: 0, closedBy: "AGENT" },
    ]);
  close("a", "1", 1000);
  close("b", "2", 2000);
  engine.forget(1500);
  expect(engine.filterValues(ACCOUNT)).toMatchObject({ agentIds: ["2"], skillIds: ["2"] });
});

function fed(log: Parameters<typeof referenceSegments>[0]): Engine {
  const engine = new Engine();
  const feed = new EngineFeed(engine);
  for (let at = 0; at < log.length; at += 3) feed.post(ACCOUNT, log.slice(at, at + 3));
  return engine;
}
