import type { ConversationEvent } from "@segmeter/engine";
import { describe, expect, test } from "vitest";
import { Book } from "./book.ts";

const EVENTS: readonly ConversationEvent[] = ["1", "2", "3"].map((eventId) => ({
  eventId,
  conversationId: "c",
  at: Number(eventId),
  sequence: 0,
  type: "CONVERSATION_CLOSED",
  closedBy: "AGENT",
}));

/** What a log with these events is found to be, after the three were acknowledged. */
async function compare(events: readonly ConversationEvent[]): Promise<unknown> {
  const book = new Book();
  book.add("a", EVENTS);
  const { lostCount, doubleCount, alteredCount, examples } = await book.compare({
    readAll: async function* () {
      yield [{ key: 1, accountId: "a", events }];
    },
  });
  return { lostCount, doubleCount, alteredCount, exampleCount: examples.length };
}

describe("the client's book", () => {
  const [first, second, third] = EVENTS as [ConversationEvent, ConversationEvent, ConversationEvent];

  test("agrees with a log that holds what was acknowledged, in whatever order", async () => {
    expect(await compare([third, first, second])).toEqual({ lostCount: 0, doubleCount: 0, alteredCount: 0, exampleCount: 0 });
  });

  test("finds what is missing, what stands twice, and what is another event", async () => {
    expect(await compare([first, third])).toEqual({ lostCount: 1, doubleCount: 0, alteredCount: 0, exampleCount: 1 });
    expect(await compare([...EVENTS, second])).toEqual({ lostCount: 0, doubleCount: 1, alteredCount: 0, exampleCount: 1 });
    expect(await compare([first, second, { ...third, at: 4 }])).toEqual({ lostCount: 0, doubleCount: 0, alteredCount: 1, exampleCount: 1 });
  });
});
