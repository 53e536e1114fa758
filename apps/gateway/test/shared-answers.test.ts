import { LOG_RANGE, eventLogArbitrary, queryArbitrary } from "@segmeter/testkit";
import { MINUTE_MS, type Window } from "@segmeter/engine";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestAnswer, type TestGateway } from "./test-gateway.ts";

let nowMs = LOG_RANGE.endMs + 1440 * MINUTE_MS;
let gateway: TestGateway;
let accountCount = 0;
beforeAll(async () => (gateway = await startTestGateway({ now: () => nowMs, retentionHours: Infinity })));
afterAll(() => gateway.close());

describe("a question that comes again", () => {
  const caseArbitrary = eventLogArbitrary().chain((log) =>
    fc.record({ log: fc.constant(log), query: queryArbitrary({ log }), middle: fc.nat(log.length) }),
  );

  test("is answered as if it were the first time, whatever comes in between", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async ({ log, query: { window }, middle }) => {
        const accountId = `a${accountCount++}`;
        for (const events of [log.slice(0, middle), log.slice(middle)]) {
          await gateway.postEvents(accountId, events);
          const anew = await gateway.post(pathOf(accountId), parametersOf(window));
          const again = [await ask(accountId, window), await ask(accountId, window), await ask(accountId, window)];
          expect(again.map(({ text }) => text)).toEqual([anew.text, anew.text, anew.text]);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("takes no pass from the third time on, as long as nothing has come into its window", async () => {
    const window = { startMs: nowMs - 60 * MINUTE_MS, endMs: nowMs };
    const passes = async (): Promise<string> => (await ask("b", window)).headers.get("server-timing")!.split("desc=")[1]!;
    await gateway.postEvents("b", closed("1", nowMs - 30 * MINUTE_MS));
    expect([await passes(), await passes(), await passes()]).toEqual(['"1 passes"', '"1 passes"', '"0 passes"']);
    await gateway.postEvents("b", closed("2", nowMs - 600 * MINUTE_MS));
    expect(await passes()).toBe('"0 passes"');
    await gateway.postEvents("b", closed("3", nowMs - 20 * MINUTE_MS));
    expect(await passes()).toBe('"1 passes"');
  });

  test("is another one when the clock has moved its window", async () => {
    await gateway.postEvents("c", closed("1", nowMs - 5));
    const path = `${pathOf("c")}?v=1&timeframe=60&metrics=totalAgentConversationSegments`;
    const count = async (): Promise<number> => (await gateway.get(path)).body.metricsTotal.totalAgentConversationSegments;
    expect([await count(), await count(), await count()]).toEqual([1, 1, 1]);
    nowMs += 60 * MINUTE_MS;
    expect(await count()).toBe(0);
  });
});

function pathOf(accountId: string): string {
  return `/operations/api/account/${accountId}/msgagentsegments`;
}

function parametersOf({ startMs, endMs }: Window): Record<string, string> {
  return { v: "2", fromMillis: String(startMs), toMillis: String(endMs) };
}

function ask(accountId: string, window: Window): Promise<TestAnswer> {
  return gateway.get(`${pathOf(accountId)}?${new URLSearchParams(parametersOf(window)).toString()}`);
}

function closed(conversationId: string, endMs: number): object[] {
  return [
    { eventId: "a", conversationId, at: endMs - 1000, type: "AGENT_ASSIGNED", agentId: "1" },
    { eventId: "z", conversationId, at: endMs, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
