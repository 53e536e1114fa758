import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const ACCOUNT = "a";
const MINUTE_MS = 60_000;
const NOW_MS = 1_763_801_400_000;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ now: () => NOW_MS, retentionHours: Infinity });
  await gateway.postEvents(ACCOUNT, Array.from({ length: 300 }, (_, i) => closed(`c${i}`, String(i), NOW_MS - 90 * MINUTE_MS)).flat());
});
afterAll(() => gateway.close());

describe("an answer over a window that is past", () => {
  const PAST = `/operations/api/account/${ACCOUNT}/msgagentsegments?v=2&fromMillis=${NOW_MS - 120 * MINUTE_MS}&toMillis=${NOW_MS - 60 * MINUTE_MS}`;

  test("is 304 to whoever holds it, without a pass of the engine", async () => {
    const first = await get(PAST);
    expect(first.status).toBe(200);
    const again = await get(PAST, { "if-none-match": first.headers["etag"]! });
    expect([again.status, again.body.length, again.headers["server-timing"]]).toEqual([304, 0, 'engine;dur=0.000;desc="0 passes"']);
  });

  test("is sent whole again after a late event has corrected it, and not because of what happened elsewhere in time", async () => {
    const { headers } = await get(PAST);
    const etag = headers["etag"]!;
    await gateway.postEvents(ACCOUNT, closed("elsewhere", "1", NOW_MS - 10 * 60 * MINUTE_MS));
    expect((await get(PAST, { "if-none-match": etag })).status).toBe(304);
    await gateway.postEvents(ACCOUNT, [
      { eventId: "late", conversationId: "c7", at: NOW_MS - 90 * MINUTE_MS + 1, type: "MESSAGE_SENT", sentBy: "AGENT", agentId: "7" },
    ]);
    const corrected = await get(PAST, { "if-none-match": etag });
    expect(corrected.status).toBe(200);
    expect(corrected.headers["etag"]).not.toBe(etag);
  });

  test("is named only once it is past: what ends now may still grow", async () => {
    const { headers } = await get(`/operations/api/account/${ACCOUNT}/msgagentsegments?v=1&timeframe=60`);
    expect(headers["etag"]).toBeUndefined();
  });
});

describe("a persisted GraphQL query", () => {
  const QUERY = `{ account(id: "${ACCOUNT}") { agentSegments(timeframe: 60, endingAt: "${new Date(NOW_MS).toISOString()}") { metrics { totalAgentConversationSegments } } } }`;

  test("is asked by its hash alone once it is known, and is 304 to whoever holds its answer", async () => {
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(QUERY))).toString("hex");
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
    const unknown = await gateway.post("/graphql", { extensions });
    expect(unknown.body.errors[0].extensions.code).toBe("PERSISTED_QUERY_NOT_FOUND");
    await gateway.post("/graphql", { query: QUERY, extensions });

    const path = `/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`;
    const first = await get(path, { "apollo-require-preflight": "1" });
    expect(JSON.parse(first.body.toString()).data.account.agentSegments.metrics).toEqual({ totalAgentConversationSegments: 0 });
    const again = await get(path, { "apollo-require-preflight": "1", "if-none-match": first.headers["etag"]! });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });
});

describe("a large answer", () => {
  const LARGE = `/operations/api/account/${ACCOUNT}/msgagentsegments?v=1&timeframe=1440`;

  test("comes packed to those who take it so, and says the same", async () => {
    const plain = await get(LARGE);
    const gzip = await get(LARGE, { "accept-encoding": "gzip" });
    const brotli = await get(LARGE, { "accept-encoding": "gzip, br" });
    expect([plain.headers["content-encoding"], gzip.headers["content-encoding"], brotli.headers["content-encoding"]]).toEqual([
      undefined,
      "gzip",
      "br",
    ]);
    expect(gunzipSync(gzip.body)).toEqual(plain.body);
    expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
    expect(gzip.body.length).toBeLessThan(plain.body.length / 4);
  });

  test("comes plain when it is small after all", async () => {
    const small = await get(`${LARGE}&agentIds=1`, { "accept-encoding": "gzip, br" });
    expect(small.headers["content-encoding"]).toBeUndefined();
  });
});

function closed(conversationId: string, agentId: string, at: number): object[] {
  return [
    { eventId: "a", conversationId, at: at - 1000, type: "AGENT_ASSIGNED", agentId },
    { eventId: "z", conversationId, at: at + 1000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string | undefined>;
  readonly body: Buffer;
}

/** As it comes over the wire: `fetch` unpacks by itself. */
function get(path: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    request(gateway.url + path, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode!, headers: response.headers as Record<string, string>, body: Buffer.concat(chunks) });
      });
    })
      .on("error", reject)
      .end();
  });
}
