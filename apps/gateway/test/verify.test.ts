import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { Engine, type ConversationEvent } from "@segmeter/engine";
import { createTraffic } from "@segmeter/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countedDays, loadAndCount } from "../src/verify/counted-segments.ts";
import type { Difference } from "../src/verify/differences.ts";
import { differencesOfDay } from "../src/verify/engine.ts";
import { runCli } from "./cli-process.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";
import { withServer, type Received } from "./with-server.ts";

const HOUR_MS = 3_600_000;
const ACCOUNT = "verified";

let gateway: TestGateway;
let folder: Awaited<ReturnType<typeof createTestFolder>>;
let events: readonly ConversationEvent[];

beforeAll(async () => {
  gateway = await startTestGateway();
  folder = await createTestFolder();
  const now = Date.now();
  events = createTraffic({ seed: 6, conversationsPerDay: 4_000 }).eventsBetween(now - 30 * HOUR_MS, now - 26 * HOUR_MS);
  for (let at = 0; at < events.length; at += 5_000) await gateway.postEvents(ACCOUNT, events.slice(at, at + 5_000));
});

afterAll(async () => {
  await gateway.close();
  await folder.remove();
});

describe("segmeter verify", () => {
  test(
    "finds no difference in a gateway that runs, in its backup, and in the folder that it is put back to",
    { timeout: 60_000 },
    async () => {
      const file = join(folder.path, "backup");
      const dataDir = join(folder.path, "restored");
      expect(await runCli(["verify", "--url", gateway.url])).toEqual({
        exitCode: 0,
        stdout: "",
        stderr: expect.stringMatching(/log: \d{4,} events, \d{3,} closed segments, 0 differences\n[^]*verified: no number differs\n$/),
      });
      expect(await runCli(["backup", file, "--url", gateway.url])).toMatchObject({ exitCode: 0 });
      expect(await runCli(["verify", "--backup", file])).toMatchObject({ exitCode: 0, stdout: "" });
      expect(await runCli(["restore", file, "--data-dir", dataDir])).toMatchObject({ exitCode: 0 });
      expect(await runCli(["verify", "--data-dir", dataDir])).toMatchObject({ exitCode: 0, stdout: "" });
    },
  );

  test(
    "names each number that a gateway answers otherwise than its log says, with conversations behind it",
    { timeout: 60_000 },
    async () => {
      const { exitCode, stdout, stderr } = await withServer(
        (received, response) => passOn(gateway.url, received, response, lie),
        (url) => runCli(["verify", "--url", url]),
      );
      expect(stderr).toMatch(/wrong: \d+ differences\n$/);
      expect(exitCode).toBe(1);
      const lines = stdout.trim().split("\n");
      expect(lines.length).toBeGreaterThan(3);
      for (const line of lines) {
        expect(line).toMatch(
          /^account verified, \S+ to \S+, (skill "\d+", )?agent "4501": totalAgentConversationSegments is \d+, by the log \d+ \(conversations "/,
        );
      }
    },
  );

  test("waits for a gateway that asks to come again, says so, and goes on where it was", { timeout: 60_000 }, async () => {
    let questionCount = 0;
    const { exitCode, stdout, stderr } = await withServer(
      (received, response) => {
        if (received.path === "/graphql" && ++questionCount === 2)
          return response.writeHead(503, { "retry-after": "0" }).end('{"message":"starting","causes":[]}');
        return passOn(gateway.url, received, response);
      },
      (url) => runCli(["verify", "--url", url]),
    );
    expect([exitCode, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/waiting: the gateway answered 503: starting\n[^]*verified: no number differs\n$/);
  });
});

describe("an engine that missed an event", () => {
  test("differs in the segments of that conversation, and in every number made of them", async () => {
    const byConversation = Map.groupBy(events, ({ conversationId }) => conversationId);
    const histories = Array.from(byConversation.values(), (own, i) => ({ key: i + 1, accountId: ACCOUNT, events: own }));
    const closed = histories.find(
      ({ events: own }) =>
        own.filter(({ type }) => type === "CONVERSATION_CLOSED").length === 1 &&
        own.some((event) => event.type === "AGENT_ASSIGNED" && event.skillId !== null),
    )!;
    const reading = () => [histories];
    const counts = await loadAndCount(reading, new Engine(), () => {});
    const engine = new Engine();
    const missed = { ...closed, events: closed.events.filter(({ type }) => type !== "CONVERSATION_CLOSED") };
    engine.load(histories.with(closed.key - 1, missed));

    const differences: Difference[] = [];
    for await (const day of countedDays(reading, counts)) differences.push(...differencesOfDay(engine, day));

    const segments = differences.filter((difference) => difference.kind === "segment");
    expect(segments).toEqual([
      expect.objectContaining({ onlyIn: "log", conversationKey: closed.key, conversationId: closed.events[0]!.conversationId }),
    ]);
    const totals = differences.filter(
      (difference) => difference.kind === "number" && difference.metric === "totalAgentConversationSegments",
    );
    // The whole, the agent, skill and agent; and the same three by hours.
    expect(totals).toHaveLength(6);
  });
});

/** An answer that counts one segment too many of an agent. */
function lie(text: string): string {
  return text.replaceAll(
    /("id":"4501","metrics":\{"totalAgentConversationSegments":)(\d+)/g,
    (_, before: string, count: string) => `${before}${Number(count) + 1}`,
  );
}

/** Passes a request on to a gateway, and its answer back as it is made of what the gateway answered. */
async function passOn(
  url: string,
  { method, path, headers, body }: Received,
  response: ServerResponse,
  alter = (text: string): string => text,
): Promise<void> {
  const contentType = headers["content-type"] ?? "application/json";
  const answer = await fetch(url + path, { method, headers: { "content-type": contentType }, body: body || "{}" });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const isText = answer.headers.get("content-type")?.includes("json");
  const altered = isText ? Buffer.from(alter(bytes.toString())) : bytes;
  response.writeHead(answer.status, { "content-length": altered.length });
  response.end(altered);
}
