import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventLogArbitrary } from "./log-arbitrary.ts";
import { queryArbitrary } from "./query-arbitrary.ts";
import { referenceAnswer, referenceSegments } from "@segmeter/reference";

const ASKED = fc.sample(
  eventLogArbitrary().chain((log) => queryArbitrary({ log }).map((query) => ({ query, segments: referenceSegments(log) }))),
  { numRuns: 500, seed: 1 },
);

describe("random queries", () => {
  it("have windows of 1 to 1440 whole minutes", () => {
    for (const { window } of ASKED.map(({ query }) => query)) {
      const minutes = (window.endMs - window.startMs) / 60_000;
      expect(minutes).toSatisfy(Number.isInteger);
      expect(minutes).toBeGreaterThanOrEqual(1);
      expect(minutes).toBeLessThanOrEqual(1440);
    }
  });

  it("have intervals of at least five minutes that divide the window, when grouped by interval only", () => {
    for (const { window, grouping, intervalMs } of ASKED.map(({ query }) => query)) {
      expect(intervalMs !== undefined).toBe(grouping.includes("interval"));
      if (intervalMs === undefined) continue;
      expect(intervalMs).toBeGreaterThanOrEqual(300_000);
      expect((window.endMs - window.startMs) % intervalMs).toBe(0);
    }
  });

  it("have every order of every choice of dimensions", () => {
    expect(new Set(ASKED.map(({ query }) => query.grouping.join(" "))).size).toBe(16);
  });

  it("often find segments, and often have one end exactly on an edge of the window", () => {
    const found = ASKED.filter(({ query, segments }) => referenceAnswer(segments, { ...query, grouping: ["agent"] }).length > 0);
    const edged = ASKED.filter(({ query, segments }) =>
      segments.some(({ endMs }) => endMs === query.window.startMs || endMs === query.window.endMs),
    );
    expect(found.length / ASKED.length).toBeGreaterThan(0.25);
    expect(edged.length / ASKED.length).toBeGreaterThan(0.1);
  });
});
