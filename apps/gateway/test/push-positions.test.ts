import { setTimeout as delay } from "node:timers/promises";
import { METRIC_NAMES } from "@segmeter/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openClient } from "./open-client.ts";
import { PUSH_DOORS, type Pushed, type PushedResult } from "./push-clients.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 8, 0, 0);
/** Longer than any test. */
const NEVER_MS = 2_000_000_000;
const TOTAL = "totalAgentConversationSegments";

let gateway: TestGateway;
beforeAll(async () => (gateway = await startTestGateway({ now: () => NOW_MS })));
afterAll(() => gateway.close());

for (const { name, connect } of PUSH_DOORS) {
  /** An account of its own for every test. */
  const accountOf = (subject: string): string => `${name.replace("-", "_")}_${subject}`;

  const subscribe = (id: string, everyMs: number, extensions?: Record<string, unknown>): Pushed => {
    // What is refused is not asked again.
    return openClient(connect, gateway, { retryAttempts: 0 }).subscribe(
      `subscription ($id: ID!) { agentSegments(accountId: $id, timeframe: 60, everyMs: ${everyMs}) { metrics { ${TOTAL} } } }`,
      { id },
      extensions,
    );
  };

  describe(`over ${name}`, () => {
    test("whoever names a position is told one with every answer, and nobody else is", async () => {
      const id = accountOf("told");
      const [asking, others] = [subscribe(id, 250, { position: 0 }), subscribe(id, 250)];
      const before = await positionNow();
      expect([await asking.next(), await others.next()]).toEqual([counted(0, before), counted(0)]);
      const position = await post(id, "a");
      expect([await asking.next(), await others.next()]).toEqual([counted(1, position), counted(1)]);
    });

    test("a subscription that names a position begins with an answer that knows it, though equal ones are not due yet", async () => {
      const id = accountOf("anew");
      const first = subscribe(id, NEVER_MS);
      expect(await first.next()).toEqual(counted(0));
      const position = await post(id, "a");
      expect(await subscribe(id, NEVER_MS, { position }).next()).toEqual(counted(1, position));
      expect(await subscribe(id, NEVER_MS).next()).toEqual(counted(0));
      expect(first.waiting).toEqual([]);
    });

    test("who has begun ahead of the others goes on with them, and never back", async () => {
      const id = accountOf("ahead");
      const first = subscribe(id, 1_000);
      await first.next();
      for (let i = 1; i <= 3; i++) {
        const position = await post(id, String(i));
        const ahead = subscribe(id, 1_000, { position });
        expect(await ahead.next()).toEqual(counted(i, position));
        const { data, extensions } = await ahead.next();
        expect([data, extensions!.position >= position]).toEqual([counted(i).data, true]);
      }
    });

    test("a position that is still to come is waited for", async () => {
      const id = accountOf("wait");
      const position = (await positionNow()) + 2;
      const waiting = subscribe(id, NEVER_MS, { position });
      await delay(100);
      expect(waiting.waiting).toEqual([]);
      expect(await post(id, "a")).toBe(position);
      expect(await waiting.next()).toEqual(counted(1, position));
    });

    test("one that is none is refused", async () => {
      for (const position of [-1, 1.5, "x", null, {}]) {
        const { errors } = await subscribe("a", 1_000, { position }).next();
        expect(errors, JSON.stringify(position)).toHaveLength(1);
      }
    });

    test("a query is told its position too", async () => {
      const answer = await openClient(connect, gateway).subscribe("{ __typename }", {}, { position: 0 }).next();
      expect(answer).toEqual({ data: { __typename: "Query" }, extensions: { position: await positionNow() } });
    });
  });
}

test("a subscription whose position does not come is told so, in the way of its door", async () => {
  const query = 'subscription { agentSegments(accountId: "a", timeframe: 60) { start } }';
  const named = { query, extensions: { position: 999_999 } };
  const [webSocket] = PUSH_DOORS;
  const refused = openClient(webSocket!.connect, gateway).subscribe(query, {}, named.extensions);
  const streamed = await gateway.post("/graphql/stream", named);
  const message = expect.stringMatching(/^position 999999 is not reached here yet: this node is at \d+$/);
  expect([streamed.status, streamed.headers.get("retry-after"), streamed.body.message]).toEqual([503, "1", message]);
  const causes = [expect.stringMatching(/^segmeter-position: expected at most \d+ here and now, got 999999$/)];
  expect(streamed.body.causes).toEqual(causes);
  expect(await refused.next()).toEqual({ errors: [{ message, extensions: { code: "UNAVAILABLE", causes } }] });
});

test("an event stream's header says where its first answer was made, and takes a position as every path does", async () => {
  const position = await post("header", "a");
  const query = `subscription { agentSegments(accountId: "header", timeframe: 60) { metrics { ${TOTAL} } } }`;
  const response = await fetch(`${gateway.url}/graphql/stream?query=${encodeURIComponent(query)}`, {
    headers: { "segmeter-position": String(position) },
  });
  expect(response.headers.get("segmeter-position")).toBe(String(position));
  const { value } = await response.body!.getReader().read();
  expect(Buffer.from(value!).toString()).toContain(`"extensions":{"position":${position}}`);
  await response.body!.cancel().catch(() => undefined);
});

// Introspection is not compiled: it is written part by part.
test("the position of a long answer is that of its numbers, whatever comes while it is written", async () => {
  const AGENTS = 5_000;
  const agents = Array.from({ length: AGENTS }, (_, i) => segment(`first ${i}`, `an agent with a long name ${i}`)).flat();
  const base = Number((await gateway.postEvents("long", agents)).headers.get("segmeter-position"));
  const query = `{ __schema { queryType { name } } account(id: "long") { agentSegments(timeframe: 60) { metrics { ${TOTAL} } agents { id metrics { ${METRIC_NAMES.join(" ")} } } } } }`;
  let isOver = false;
  const posting = ["a", "b", "c"].map(async (poster) => {
    for (let i = 0; !isOver; i++) await gateway.postEvents("long", segment(`${poster} ${i}`, "an agent"));
  });
  for (let i = 0; i < 5; i++) {
    const { headers, text, body } = await gateway.graphql(query);
    expect(text.length).toBeGreaterThan(1024 * 1024);
    const total: number = body.data.account.agentSegments.metrics[TOTAL];
    expect(Number(headers.get("segmeter-position")) - base).toBe(2 * (total - AGENTS));
  }
  isOver = true;
  await Promise.all(posting);
});

async function positionNow(): Promise<number> {
  return Number((await gateway.graphql("{ __typename }")).headers.get("segmeter-position"));
}

/** @returns the position of a closed segment */
async function post(accountId: string, conversationId: string): Promise<number> {
  return Number((await gateway.postEvents(accountId, segment(conversationId, "1"))).headers.get("segmeter-position"));
}

function counted(count: number, position?: number): PushedResult {
  const data = { agentSegments: { metrics: { [TOTAL]: count } } };
  return position === undefined ? { data } : { data, extensions: { position } };
}

/** Two events. */
function segment(conversationId: string, agentId: string): object[] {
  return [
    { eventId: "1", conversationId, at: NOW_MS - 2000, type: "AGENT_ASSIGNED", agentId, skillId: "s" },
    { eventId: "2", conversationId, at: NOW_MS - 1000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
