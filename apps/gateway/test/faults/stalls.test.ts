import { METRIC_NAMES } from "@segmeter/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { createTestFolder } from "../test-gateway.ts";
import { ACCOUNT } from "./load.ts";

/** Of work, not of waiting for a processor; a slow machine takes three times as long as a quick one. */
const STALL_MS_MAX = 300;
const MIB = 1024 * 1024;
const JSON_TYPE = { "content-type": "application/json" };

const INGEST = `/v1/accounts/${ACCOUNT}/events`;
const REST = `/operations/api/account/${ACCOUNT}/msgagentsegments`;
const IDS = Array.from({ length: 55_000 }, (_, i) => String(i));
const OPERATION = `query ($ids: [ID!]) { account(id: "${ACCOUNT}") { agentSegments(timeframe: 60, filter: { agentIds: $ids }) {
  agents(ids: $ids) { id metrics { totalAgentConversationSegments } }
} } }`;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: GatewayProcess;

beforeAll(async () => {
  folder = await createTestFolder();
  gateway = await spawnGateway({ DATA_DIR: folder.path });
});

afterAll(async () => {
  await gateway.kill();
  await folder.remove();
});

interface Sent {
  readonly path: string;
  readonly type?: string;
  readonly body: string;
  readonly status: number;
}

const LARGE: Readonly<Record<string, Sent>> = {
  "an array of 14 MiB of events": { path: INGEST, body: JSON.stringify(eventsOf(1_350)), status: 200 },
  "14 MiB of events, one a line": {
    path: INGEST,
    type: "application/x-ndjson",
    body: eventsOf(1_350)
      .map((event) => JSON.stringify(event))
      .join("\n"),
    status: 200,
  },
  "events in other letters than English ones": { path: INGEST, body: JSON.stringify(eventsOf(400, "漢")), status: 200 },
  "an array of eight million numbers": { path: INGEST, body: `[${"1,".repeat(7.9 * MIB)}1]`, status: 413 },
  "an array in an array, and so on": { path: INGEST, body: "[".repeat(15.9 * MIB), status: 400 },
  "a string that does not end": { path: INGEST, body: `["${'\\"'.repeat(7.9 * MIB)}`, status: 400 },
  "all the ids that a GraphQL request can hold": {
    path: "/graphql",
    body: JSON.stringify({ query: OPERATION, variables: { ids: IDS } }),
    status: 200,
  },
  "a GraphQL text in one string": {
    path: "/graphql",
    body: JSON.stringify({ query: `{ account(id: """${" x\n".repeat(MIB / 10)}""") { id } }` }),
    status: 200,
  },
  "all the ids that a REST request can hold": {
    path: REST,
    body: JSON.stringify({ v: "1", timeframe: "60", agentIds: Array.from({ length: 8 }, () => IDS).join() }),
    status: 200,
  },
};

for (const [name, { path, type = "application/json", body, status }] of Object.entries(LARGE)) {
  test(`${name}: whoever else asks is answered in between`, async () => {
    const ask = async (): Promise<number> => {
      const response = await fetch(gateway.url + path, { method: "POST", headers: { "content-type": type }, body });
      await response.arrayBuffer();
      return response.status;
    };
    // Code that has not run yet is slower than it will ever be again.
    expect(await ask()).toBe(status);
    await gateway.stalls();
    expect(await ask()).toBe(status);
    expect((await gateway.stalls()).workedMs).toBeLessThan(STALL_MS_MAX);
  });
}

test("an answer about as long as GraphQL gives one holds up nobody for long either", { timeout: 60_000 }, async () => {
  const at = Date.now() - 55 * 60_000;
  for (let part = 0; part < 10; part++) {
    const events = Array.from({ length: 1_700 }, (_, i) => {
      const [conversationId, beginMs] = [`${part}-${i}`, at + part * 5 * 60_000];
      return [
        { eventId: "a", conversationId, at: beginMs, type: "AGENT_ASSIGNED", agentId: String(i) },
        { eventId: "b", conversationId, at: beginMs + 1_000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
      ];
    });
    const body = JSON.stringify(events.flat());
    const { status } = await fetch(`${gateway.url}/v1/accounts/wide/events`, { method: "POST", headers: JSON_TYPE, body });
    expect(status).toBe(200);
  }
  const metrics = `metrics { ${METRIC_NAMES.join(" ")} }`;
  const query = `{ account(id: "wide") { agentSegments(timeframe: 60) { agents { id intervals(minutes: 6) { ${metrics} } } } } }`;
  const ask = async (): Promise<number> => {
    const answer = await fetch(`${gateway.url}/graphql`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ query }) });
    expect(answer.status).toBe(200);
    return (await answer.arrayBuffer()).byteLength;
  };
  expect(await ask()).toBeGreaterThan(7 * MIB);
  await gateway.stalls();
  await ask();
  expect((await gateway.stalls()).workedMs).toBeLessThan(STALL_MS_MAX);
});

/** Events of ten thousand characters each. */
function eventsOf(count: number, letter = "x"): object[] {
  const at = Date.now() - 3_600_000;
  return Array.from({ length: count }, (_, i) => ({
    eventId: String(i),
    conversationId: `c${i % 100}`,
    at: at + i,
    type: "MESSAGE_SENT",
    sentBy: "CONSUMER",
    text: letter.repeat(10_000),
  }));
}
