import { describe, expect, test } from "vitest";
import { accountIdFault, compareIds } from "../src/index.ts";

describe("compareIds", () => {
  /** Each in its order. */
  const ORDERS: readonly (readonly [string, readonly string[]])[] = [
    ["numbers by value", ["0", "2", "9", "10", "99", "100", "9007199254740993", "9007199254740994"]],
    ["numbers before all else", ["10", "9999", "", " 1", "-1", "1.5", "1a", "a"]],
    ["the rest by code unit", ["A", "B", "Z", "__proto__", "a", "aa", "b", "é"]],
    ["a surrogate pair before the last of the basic plane", ["z", "💬", "\uFFFD"]],
    ["of numbers with leading zeros the longer later", ["2", "02", "10", "007", "010"]],
    ["digits of other scripts are no numbers", ["7", "a", "٣"]],
  ];

  for (const [fact, ordered] of ORDERS) {
    test(`orders ${fact}`, () => {
      expect(ordered.toReversed().toSorted(compareIds)).toEqual(ordered);
      for (const [i, a] of ordered.entries())
        for (const [j, b] of ordered.entries()) expect(Math.sign(compareIds(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
    });
  }
});

describe("an account id", () => {
  test("is 1 to 20 letters, digits or underscores", () => {
    for (const id of ["a", "0", "_", "demo", "A_9", "x".repeat(20), "__proto__", "constructor"]) expect(accountIdFault(id)).toBeNull();
    for (const id of ["", "x".repeat(21), "a b", "a-b", "é", "a\n", "../a", "a,b", 7, null, undefined, ["a"]])
      expect(accountIdFault(id)).toMatch(/^expected 1 to 20 letters, digits or underscores, got /);
  });
});
