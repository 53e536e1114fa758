import { describe, expect, it } from "vitest";
import { RecentConversations, type KnownConversation } from "../src/sqlite/recent-conversations.ts";

const COUNT_MAX = 6;

/** Meets conversations of one account, of one event each, by number. */
function meet(...keys: readonly number[]): RecentConversations {
  const recent = new RecentConversations(COUNT_MAX);
  for (const key of keys) if (!isKnown(recent, key)) recent.add(`c${key}`, conversationOf(key, ["a"]), 1);
  return recent;
}

function conversationOf(key: number, eventIds: readonly string[]): KnownConversation {
  return { key, idsCrc: key, eventIds: new Set(eventIds), lastAt: 0 };
}

function isKnown(recent: RecentConversations, key: number): boolean {
  return recent.get(`c${key}`)?.key === key;
}

/** After meeting some: those that are still known. To ask for one is to meet it, so each is asked for on its own. */
function knownAfter(...keys: readonly number[]): number[] {
  return [1, 2, 3, 4, 5, 6, 7].filter((key) => isKnown(meet(...keys), key));
}

describe("the conversations met lately", () => {
  it("are known until they would be too many, the oldest going first", () => {
    expect(knownAfter(1, 2, 3, 4, 5, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(knownAfter(1, 2, 3, 4, 5, 6, 7)).toEqual([4, 5, 6, 7]);
  });

  it("stay known when they are met again", () => {
    expect(knownAfter(1, 2, 3, 4, 1, 5, 6, 7)).toEqual([1, 4, 5, 6, 7]);
  });

  it("take as much room as they have events, and more with each", () => {
    const recent = meet(1);
    recent.add("c2", conversationOf(2, ["a", "b"]), 2);
    recent.add("c3", conversationOf(3, ["a", "b"]), 2);
    recent.add("c4", conversationOf(4, ["a"]), 1);
    expect([4, 3].map((key) => isKnown(recent, key))).toEqual([true, true]);

    recent.add("c4", conversationOf(4, ["a", "b", "c"]), 2);
    recent.add("c5", conversationOf(5, ["a"]), 1);
    expect([1, 2, 5].map((key) => isKnown(recent, key))).toEqual([false, false, true]);
  });

  it("are unknown once they are deleted, however long ago they were met", () => {
    const recent = meet(1, 2, 3, 4);
    for (const key of [1, 4]) recent.delete(`c${key}`);

    expect([1, 2, 3, 4].map((key) => isKnown(recent, key))).toEqual([false, true, true, false]);
  });
});
