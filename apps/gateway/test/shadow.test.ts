import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellsOf } from "../src/cli/shadow.ts";
import { runCli, type CliResult } from "./cli-process.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";

const NOW_MS = 1_763_769_600_000;
const MINUTE_MS = 60_000;

/** Two minutes of an agent's work under skill 3, until so many minutes ago. */
function segment(id: string, agentId: string, minutesAgo: number): object[] {
  const endMs = NOW_MS - minutesAgo * MINUTE_MS;
  const start = { eventId: "1", conversationId: id, at: endMs - 3 * MINUTE_MS, type: "CONVERSATION_STARTED", skillId: "3" };
  return [
    start,
    { eventId: "2", conversationId: id, at: endMs - 2 * MINUTE_MS, type: "AGENT_ASSIGNED", agentId },
    { eventId: "3", conversationId: id, at: endMs, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

const ALL = [...segment("a", "11", 1), ...segment("b", "11", 7), ...segment("c", "12", 2)];
const KEYS = { consumerKey: "k", consumerSecret: "s", token: "t", tokenSecret: "u" };

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let whole: TestGateway;
let same: TestGateway;
let lacking: TestGateway;
let guarded: TestGateway;
beforeAll(async () => {
  folder = await createTestFolder();
  await writeFile(join(folder.path, "oauth.json"), JSON.stringify([{ ...KEYS, accounts: ["demo"] }]));
  await writeFile(join(folder.path, "keys.json"), JSON.stringify(KEYS));
  const liveperson = { webhookSecrets: new Map(), publicHost: null, oauthKeysFile: join(folder.path, "oauth.json") };
  [whole, same, lacking, guarded] = await Promise.all([
    startTestGateway({ now: () => NOW_MS }),
    startTestGateway({ now: () => NOW_MS }),
    startTestGateway({ now: () => NOW_MS }),
    startTestGateway({ access: { mode: "required", tokens: null, requestsPerSecond: 100 }, liveperson }),
  ]);
  await whole.postEvents("demo", ALL);
  await same.postEvents("demo", ALL);
  // All but the one of agent 12.
  await lacking.postEvents("demo", ALL.slice(0, 6));
});
afterAll(async () => {
  await Promise.all([whole, same, lacking, guarded].map((gateway) => gateway.close()));
  await folder.remove();
});

describe("segmeter shadow", () => {
  test("finds no difference between services that know the same, however often they are asked", async () => {
    const { exitCode, stdout, stderr } = await run(whole.url, `${same.url}/`, "--times", "2", "--every", "1");
    // Two agents and the total; under a skill, without and the total; with intervals 3 of the older, 5 of the newer, 5 in all.
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "0 differences, in 6 questions of 42 parts\n" });
  });

  test("tells every part that differs, down to agents and intervals", async () => {
    const { exitCode, stdout } = await run(whole.url, lacking.url);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { query: string; part: string; metric: string | null; here: unknown; there: unknown });
    expect(exitCode).toBe(1);
    const missing = lines.filter(({ metric }) => metric === null);
    expect(missing.map(({ query, part, there }) => [new URLSearchParams(query).get("interval"), part, there])).toEqual([
      [null, "agentsMetrics / metricsPerAgent / 12", null],
      [null, "metricsPerSkill / 3 / metricsPerAgent / 12", null],
      [null, "agentsMetrics / metricsPerAgent / 12", null],
      ["5", "metricsByIntervals / 1 / metricsData / metricsPerSkill / 3 / metricsPerAgent / 12", null],
      ["5", "metricsByIntervals / 1 / metricsData / agentsMetrics / metricsPerAgent / 12", null],
      ["5", "timeframeSummary / metricsPerSkill / 3 / metricsPerAgent / 12", null],
      ["5", "timeframeSummary / agentsMetrics / metricsPerAgent / 12", null],
    ]);
    const totals = lines.filter(({ metric }) => metric === "totalAgentConversationSegments");
    expect(totals.map(({ part, here, there }) => [part, here, there])).toEqual([
      ["metricsTotal", 3, 2],
      ["metricsTotal", 3, 2],
      ["metricsByIntervals / 1 / metricsData / metricsTotal", 2, 1],
      ["timeframeSummary / metricsTotal", 3, 2],
    ]);
  });

  test("says which of them does not answer, and why", async () => {
    expect(await run(same.url, guarded.url)).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(new RegExp(`^segmeter: ${guarded.url}/operations/\\S+ answered 401: expected a credential`)),
    });
    expect(await run("http://127.0.0.1:1", same.url)).toMatchObject({
      exitCode: 1,
      stderr: /^segmeter: nobody answers at http:\/\/127\.0\.0\.1:1/,
    });
  });

  test("signs what it asks of the other, as the original's clients do", async () => {
    const keys = join(folder.path, "keys.json");
    const { exitCode, stdout, stderr } = await run(same.url, guarded.url, "--against-keys", keys);
    expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^\d+ differences, in 3 questions/) });
    expect(stdout).toContain('"there":null');
    const many = join(folder.path, "many.json");
    await writeFile(many, JSON.stringify([KEYS]));
    expect(await run(same.url, guarded.url, "--against-keys", many)).toMatchObject({
      exitCode: 1,
      stderr: `segmeter: ${many}: expected an object of consumerKey, consumerSecret, token and tokenSecret\n`,
    });
  });

  test("takes intervals by their time, whichever way they are listed", () => {
    const newestFirst = { metricsByIntervals: [interval(20, 2), interval(10, 1)] };
    const oldestFirst = { metricsByIntervals: [interval(11, 1), interval(21, 2)] };
    expect(cellsOf(newestFirst)).toEqual(cellsOf(oldestFirst));
  });
});

function interval(timestamp: number, count: number): object {
  return { timestamp, metricsData: { metricsTotal: { totalAgentConversationSegments: count } } };
}

function run(url: string, against: string, ...args: string[]): Promise<CliResult> {
  return runCli(["shadow", "--account", "demo", "--url", url, "--against", against, "--timeframe", "10", ...args]);
}
