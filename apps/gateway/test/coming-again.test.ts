import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { AwayError, createPost, type GatewayAnswer } from "../src/cli/coming-again.ts";
import { withServer } from "./with-server.ts";

const TRIES = 9;
/** As often as in earnest, and sooner. */
const QUICK = { retries: TRIES - 1, minTimeout: 1, maxTimeout: 1 };

type Answer = (response: ServerResponse) => unknown;
const taken: Answer = (response) => response.end("taken");
const full: Answer = (response) => response.writeHead(503).end('{"message":"full","causes":[]}');
const limited: Answer = (response) => response.writeHead(429, { "retry-after": "0" }).end("slow down");
const broken: Answer = (response) => response.destroy();

interface Outcome {
  /** An error is one of a gateway that is away, by its message. */
  readonly results: readonly (GatewayAnswer | string)[];
  readonly waits: readonly string[];
  readonly requestCount: number;
}

describe("what a command posts to a gateway", () => {
  test("is posted again while it answers 503 or 429, or breaks off, and each wait is told", async () => {
    const { results, waits, requestCount } = await postTo([full, limited, broken, taken], 1);
    expect(results).toEqual([{ status: 200, text: "taken" }]);
    expect(waits.slice(0, 2)).toEqual(["the gateway answered 503: full", "the gateway answered 429: slow down"]);
    expect(waits.slice(2)).toEqual([expect.stringMatching(/^no gateway answers at \S+ \(.+\)/)]);
    expect(requestCount).toBe(4);
  });

  test("is given up after so many tries, and what follows is tried as often", async () => {
    const { results, waits, requestCount } = await postTo(Array(2 * TRIES).fill(full) as Answer[], 2);
    expect(results).toEqual(Array(2).fill(`the gateway answered 503: full; given up after ${TRIES} tries`));
    expect(waits).toHaveLength(2 * (TRIES - 1));
    expect(requestCount).toBe(2 * TRIES);
  });

  test("is not posted again after another answer", async () => {
    const { results, waits, requestCount } = await postTo([(response) => response.writeHead(400).end("wrong")], 1);
    expect([results, waits, requestCount]).toEqual([[{ status: 400, text: "wrong" }], [], 1]);
  });

  test("waits for no gateway that has never answered", async () => {
    const { results, waits, requestCount } = await postTo([broken], 1);
    expect(results).toEqual([expect.stringMatching(/^no gateway answers at \S+ \(.+\); start one with: npm run serve$/)]);
    expect([waits, requestCount]).toEqual([[], 1]);
  });
});

/** Posts so often to a server that answers each request as the list has it. */
async function postTo(answers: readonly Answer[], times: number): Promise<Outcome> {
  const waits: string[] = [];
  const results: (GatewayAnswer | string)[] = [];
  let requestCount = 0;
  await withServer(
    (_received, response) => answers[requestCount++]!(response),
    async (url) => {
      const post = createPost({ url, token: undefined }, (reason) => waits.push(reason), QUICK);
      for (let i = 0; i < times; i++) results.push(await post("/path", "text/plain", "body").catch(messageOf));
    },
  );
  return { results, waits, requestCount };
}

function messageOf(error: unknown): string {
  if (error instanceof AwayError) return error.message;
  throw error;
}
