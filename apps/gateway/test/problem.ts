import { expect } from "vitest";
import type { TestAnswer } from "./test-gateway.ts";

/** Every error is JSON of one shape, and tells nothing of our code. */
export function expectProblem({ headers, text, body }: TestAnswer): void {
  expect(headers.get("content-type")).toMatch(/^application\/json\b/);
  expect(Object.keys(body)).toEqual(["message", "causes", "requestId"]);
  expect(headers.get("x-request-id")).toBe(body.requestId);
  expect(body.message).toMatch(/\S/);
  for (const cause of body.causes) expect(cause).toMatch(/^[\w.[\]]+: \S/);
  expect(text).not.toMatch(/node_modules|\.[jt]s:|\\n +at |FST_|ERR_/);
}

/** What is the same however often it is asked. */
export function nameless(text: string): string {
  return text.replaceAll(/,"requestId":"[^"]*"/g, "");
}
