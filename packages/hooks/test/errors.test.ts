import { expect, test } from "vitest";
import { GraphqlError, isRetryable } from "../src/index.ts";

test("what a gateway cannot answer now is tried again, what it will never answer is not", () => {
  const [now, never] = [
    ["INTERNAL_SERVER_ERROR", "TOO_MANY_REQUESTS", "TOO_MANY_SUBSCRIPTIONS", "UNAVAILABLE"],
    ["BAD_USER_INPUT", "FORBIDDEN", "GRAPHQL_VALIDATION_FAILED", "MISDIRECTED", "TOO_EXPENSIVE", "UNAUTHENTICATED"],
  ];
  expect(now.filter(isTriedAgain)).toEqual(now);
  expect(never.filter(isTriedAgain)).toEqual([]);
});

function isTriedAgain(code: string): boolean {
  return isRetryable(new GraphqlError([{ message: "", code, causes: [], path: null }]));
}
