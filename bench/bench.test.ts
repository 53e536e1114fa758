import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BENCHMARKS } from "./benchmarks.ts";
import type { Row } from "./benchmark.ts";
import { conversationsOf, DAY_END_MS, DAY_START_MS } from "./dataset.ts";
import { quantileOf } from "./measure.ts";
import { arePeersInstalled } from "./peers.ts";
import { toJson, toTable } from "./report.ts";
import { createSizedCentre } from "./sized-centre.ts";
import { BUSIEST_MS, measureSize } from "./sizing-run.ts";
import { Stage } from "./stage.ts";

const SEGMENTS = 1_000;
/** Processes are started by the dozen: on a busy machine that takes a while. */
const HANGS_MS = 120_000;
const withPeers = arePeersInstalled();
const HOW = withPeers ? "with its peers" : "without the peers that npm run bench installs";

describe("every benchmark runs, small", () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage({ segmentCount: SEGMENTS, rounds: 1, budgetMs: 0, withPeers, tell: () => undefined });
  });
  afterAll(() => stage.close());

  for (const { name, needsPeers = false, missing = null, run } of BENCHMARKS) {
    test.runIf((withPeers || !needsPeers) && missing === null)(
      `${name} finds the same numbers on both sides, ${missing ?? HOW}`,
      async () => {
        const rows = await run(stage);
        expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) expectWhole(row);
      },
      HANGS_MS,
    );
  }
});

/** Nothing here is about time: on a busy machine a target may well be missed. */
function expectWhole(row: Row): void {
  expect(row.checksum ?? "").not.toContain("DIFFERS");
  expect(Object.keys(JSON.parse(toJson(row)) as object)).toEqual(
    expect.arrayContaining(["name", "oursMs", "peer", "peerMs", "ratio", "target", "ok"]),
  );
  expect(toTable([row]).split("\n")).toHaveLength(3);
  if (row.peerMs !== null) expect(row.peerMs).toBeGreaterThan(0);
}

test("the sizing measures all it tells of", async () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.resolve("@segmeter/gateway")));
  const sizing = await measureSize({ agentCount: 600, hours: 0.05, seconds: 2, main, tell: () => undefined });
  expect(sizing.eventCount).toBe(createSizedCentre(600).eventsBetween(BUSIEST_MS - 180_000, BUSIEST_MS).length);
  expect(new Set(createSizedCentre(600).agentIds).size).toBe(600);
  for (const [name, value] of Object.entries(sizing)) expect([name, value > 0]).toEqual([name, true]);
});

describe("the data of the bench", () => {
  const histories = [...conversationsOf(SEGMENTS)].flat();
  const events = histories.flatMap((history) => history.events);

  test("is the same every time", () => {
    expect([...conversationsOf(SEGMENTS)].flat()).toEqual(histories);
  });

  test("has two segments a conversation, all of them within the day", () => {
    expect(SEGMENTS / histories.length).toBeCloseTo(2, 0);
    expect(Math.min(...events.map(({ at }) => at))).toBeGreaterThanOrEqual(DAY_START_MS);
    expect(Math.max(...events.map(({ at }) => at))).toBeLessThan(DAY_END_MS);
  });

  test("has one bot in ten agents", () => {
    const assigned = events.filter((event) => event.type === "AGENT_ASSIGNED");
    expect(assigned.filter(({ userType }) => userType === "BOT").length / assigned.length).toBeCloseTo(0.1, 1);
  });
});

test("a quantile is one of the values", () => {
  expect(quantileOf([3, 1, 2], 0.5)).toBe(2);
  expect(quantileOf([3, 1, 2], 0.99)).toBe(3);
});
