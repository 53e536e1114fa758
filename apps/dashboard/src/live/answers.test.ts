import { GraphqlError, HttpError, NetworkError, ProtocolError, TimeoutError, type SegmeterError } from "@segmeter/hooks";
import { describe, expect, test } from "vitest";
import { toConnection, toTrouble } from "./answers.ts";

const refusal = (code: string, causes: readonly string[] = []): GraphqlError =>
  new GraphqlError([{ message: "the message", code, causes, path: null }]);

describe("what a fault is to whoever looks at the screen", () => {
  for (const [name, error, trouble] of [
    ["a forbidden account", refusal("FORBIDDEN"), { kind: "forbidden", accountId: "demo" }],
    ["a credential that holds no longer", refusal("UNAUTHENTICATED"), { kind: "loggedOut" }],
    ["a wrong argument", refusal("BAD_USER_INPUT", ["timeframe: …"]), { kind: "refused", causes: ["timeframe: …"] }],
    ["a page older than the gateway", refusal("GRAPHQL_VALIDATION_FAILED"), { kind: "refused", causes: ["the message"] }],
    ["something else", new ProtocolError("no GraphQL"), { kind: "failed", causes: ["no GraphQL"] }],
  ] satisfies [string, SegmeterError, object][]) {
    test(`${name}, for good`, () => {
      expect(toTrouble({ status: "failed", data: undefined, error, lastValueAtMs: null }, "demo")).toEqual(trouble);
    });
  }

  for (const [name, error, trouble] of [
    ["no network", new NetworkError("gone"), { kind: "unreachable" }],
    ["silence", new TimeoutError(1000), { kind: "unreachable" }],
    ["a gateway that starts", new HttpError(503, "starting", [], 1000), { kind: "failed", causes: ["starting"] }],
    ["a gateway that is full", refusal("TOO_MANY_SUBSCRIPTIONS"), { kind: "failed", causes: ["the message"] }],
  ] satisfies [string, SegmeterError, object][]) {
    test(`${name}, while it is tried again`, () => {
      expect(toTrouble({ status: "connecting", data: undefined, error, lastValueAtMs: null }, "demo")).toEqual(trouble);
    });
  }

  test("nothing, while figures can be shown in spite of it", () => {
    const error = new NetworkError("gone");
    expect(toTrouble({ status: "stale", data: {}, error, lastValueAtMs: 5 }, "demo")).toBe(null);
    expect(toConnection({ status: "stale", data: {}, error, lastValueAtMs: 5 })).toEqual({ state: "reconnecting", sinceMs: 5 });
    expect(toTrouble({ status: "connecting", data: {}, error, lastValueAtMs: 5 }, "demo")).toBe(null);
  });
});
