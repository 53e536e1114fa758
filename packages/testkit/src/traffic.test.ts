import { END_REASONS, OUTCOMES, parseEvent, START_REASONS } from "@segmeter/engine";
import type { Segment, UserType } from "@segmeter/engine";
import { describe, expect, it } from "vitest";
import { referenceSegments } from "@segmeter/reference";
import { createTraffic } from "./traffic.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FROM_MS = 1_763_812_345_678;

const DAY = createTraffic({ seed: 1 }).eventsBetween(FROM_MS, FROM_MS + DAY_MS);
const SEGMENTS = referenceSegments(DAY);

describe("traffic", () => {
  it("is the same for the same seed and period, whatever was asked before", () => {
    const traffic = createTraffic({ seed: 1 });
    traffic.eventsBetween(FROM_MS - DAY_MS, FROM_MS - DAY_MS + MINUTE_MS);
    expect(JSON.stringify(traffic.eventsBetween(FROM_MS, FROM_MS + DAY_MS))).toBe(JSON.stringify(DAY));
  });

  it("is the same in steps as in one piece", () => {
    const traffic = createTraffic({ seed: 1 });
    const hour = traffic.eventsBetween(FROM_MS, FROM_MS + 60 * MINUTE_MS);
    for (const stepMs of [997, 10 * MINUTE_MS]) {
      const steps: unknown[] = [];
      for (let atMs = FROM_MS; atMs < FROM_MS + 60 * MINUTE_MS; atMs += stepMs) {
        steps.push(...traffic.eventsBetween(atMs, Math.min(atMs + stepMs, FROM_MS + 60 * MINUTE_MS)));
      }
      expect(steps).toEqual(hour);
    }
  });

  it("shares no ids with that of another seed", () => {
    const ids = new Set(DAY.map(({ conversationId }) => conversationId));
    const others = createTraffic({ seed: 2 }).eventsBetween(FROM_MS, FROM_MS + 60 * MINUTE_MS);
    expect(others.filter(({ conversationId }) => ids.has(conversationId))).toEqual([]);
  });

  it("lies in the period asked for, by event time, no event twice", () => {
    expect(DAY.every(({ at }, index) => at >= (DAY[index - 1]?.at ?? FROM_MS) && at < FROM_MS + DAY_MS)).toBe(true);
    expect(new Set(DAY.map(({ conversationId, eventId }) => `${conversationId} ${eventId}`)).size).toBe(DAY.length);
  });

  it("is made of events that the contract accepts as they are", () => {
    for (const event of DAY.slice(0, 5000)) expect(parseEvent(JSON.parse(JSON.stringify(event)), event.at)).toEqual({ ok: true, event });
  });

  it("is that of a mid-sized contact centre", () => {
    expect(new Set(DAY.map(({ conversationId }) => conversationId)).size).toSatisfy(within(6000, 9000));
    expect(DAY.length).toSatisfy(within(80_000, 130_000));
    expect(new Set(SEGMENTS.map(({ agentId }) => agentId)).size).toBe(60);
    expect(new Set(SEGMENTS.map(({ groupId }) => groupId)).size).toBe(5);
    expect(new Set(SEGMENTS.map(({ skillId }) => skillId ?? "none"))).toContain("28");
    expect(new Set(SEGMENTS.filter(({ userType }) => userType === "BOT").map(({ agentId }) => agentId)).size).toBe(6);
    for (const source of ["WEB", "APP", "WHATSAPP", "SMS", "FACEBOOK"]) expect(SEGMENTS.map((segment) => segment.source)).toContain(source);
  });

  it("never stops, not even at night", () => {
    const minutes = new Set(DAY.map(({ at }) => Math.floor((at - FROM_MS) / MINUTE_MS)));
    expect(minutes.size).toBe(1440);
  });

  it("has every start reason, end reason and outcome within a day", () => {
    expect(new Set(SEGMENTS.map(({ startReason }) => startReason))).toEqual(new Set(START_REASONS));
    expect(new Set(SEGMENTS.map(({ endReason }) => endReason))).toEqual(new Set(END_REASONS));
    expect(new Set(SEGMENTS.map(({ outcome }) => outcome))).toEqual(new Set(OUTCOMES));
  });

  it("has people answer in human time, and bots at once", () => {
    expect(medianFirstResponseMs("HUMAN")).toSatisfy(within(30_000, 120_000));
    expect(medianFirstResponseMs("BOT")).toSatisfy(within(1000, 3000));
  });

  it("gives nobody more than a few conversations at once", () => {
    for (const segments of Map.groupBy(SEGMENTS, ({ agentId }) => agentId).values()) expect(mostAtOnce(segments)).toBeLessThanOrEqual(15);
  });

  it("has conversations of at most an hour, the longest of them closed by the system", () => {
    const lives = [...Map.groupBy(DAY, ({ conversationId }) => conversationId).values()];
    const longest = lives.toSorted((a, b) => b.at(-1)!.at - b[0]!.at - (a.at(-1)!.at - a[0]!.at))[0]!;
    expect(longest.at(-1)).toMatchObject({ at: longest[0]!.at + 60 * MINUTE_MS - 1, type: "CONVERSATION_CLOSED", closedBy: "SYSTEM" });
  });

  it("refuses a period that ends before it begins, or is not in whole ms", () => {
    const traffic = createTraffic({ seed: 1 });
    expect(() => traffic.eventsBetween(2, 1)).toThrow("ascending order, got 2 and 1");
    expect(() => traffic.eventsBetween(0, 0.5)).toThrow(RangeError);
  });
});

function within(low: number, high: number): (value: number) => boolean {
  return (value) => value >= low && value <= high;
}

function medianFirstResponseMs(userType: UserType): number {
  const times = SEGMENTS.filter((segment) => segment.userType === userType).map(({ firstResponseMs }) => firstResponseMs);
  const known = times.filter((time) => time !== null).toSorted((a, b) => a - b);
  return known[known.length >> 1]!;
}

function mostAtOnce(segments: readonly Segment[]): number {
  return Math.max(...segments.map(({ startMs }) => segments.filter((other) => other.startMs <= startMs && startMs < other.endMs).length));
}
