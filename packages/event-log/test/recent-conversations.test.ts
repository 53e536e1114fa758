import { describe, expect, it } from "vitest";
import { RecentConversations } from "../src/sqlite/recent-conversations.ts";

const COUNT_MAX = 6;

/** Meets conversations of one account, by number. */
function meet(...keys: readonly number[]): RecentConversations {
  const recent = new RecentConversations(COUNT_MAX);
  for (const key of keys) if (!isKnown(recent, key)) recent.add("x", `c${key}`, { key, idsCrc: key });
  return recent;
}

function isKnown(recent: RecentConversations, key: number): boolean {
  return recent.get("x", `c${key}`)?.key === key;
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

  it("are unknown once they are deleted, however long ago they were met", () => {
    const recent = meet(1, 2, 3, 4);
    for (const key of [1, 4]) recent.delete("x", `c${key}`);

    expect([1, 2, 3, 4].map((key) => isKnown(recent, key))).toEqual([false, true, true, false]);
  });
});
