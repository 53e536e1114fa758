import { END_REASONS, OUTCOMES, parseEvent, START_REASONS } from "@segmeter/engine";
import type { ConversationEvent } from "@segmeter/engine";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventLogArbitrary, LOG_RANGE } from "./log-arbitrary.ts";
import { referenceSegments } from "@segmeter/reference";

const LOGS = fc.sample(eventLogArbitrary(), { numRuns: 300, seed: 1 });
const SEGMENTS = LOGS.map((log) => referenceSegments(log));

/** How many of the logs a fact holds of, 0 to 1. */
function share(holds: (log: ConversationEvent[], index: number) => boolean): number {
  return LOGS.filter(holds).length / LOGS.length;
}

describe("random logs", () => {
  it.each(START_REASONS)("often have a closed segment started by %s", (reason) => {
    expect(share((_, index) => SEGMENTS[index]!.some(({ startReason }) => startReason === reason))).toBeGreaterThan(0.3);
  });

  it.each(END_REASONS)("often have a segment ended by %s", (reason) => {
    expect(share((_, index) => SEGMENTS[index]!.some(({ endReason }) => endReason === reason))).toBeGreaterThan(0.2);
  });

  it.each(OUTCOMES)("often have the outcome %s", (expected) => {
    expect(share((_, index) => SEGMENTS[index]!.some(({ outcome }) => outcome === expected))).toBeGreaterThan(0.3);
  });

  it("often correct a segment that was closed when its events had not all arrived", () => {
    expect(share((log, index) => isCorrected(log, SEGMENTS[index]!))).toBeGreaterThan(0.3);
  });

  it("often hold duplicates, some of them with another content", () => {
    expect(share((log) => idCount(log) < log.length)).toBeGreaterThan(0.3);
    expect(share((log) => idCount(log) < contentCount(log))).toBeGreaterThan(0.2);
  });

  it("often leave the order of equal times to arrival", () => {
    expect(share((log) => timeCount(log) < idCount(log))).toBeGreaterThan(0.3);
  });

  it("are made of events that the contract accepts, in the range asked for", () => {
    for (const event of LOGS.flat()) {
      expect(parseEvent(event, LOG_RANGE.endMs)).toEqual({ ok: true, event });
      expect(event.at).toBeGreaterThanOrEqual(LOG_RANGE.startMs);
    }
    const range = { startMs: 0, endMs: 1000 };
    const early = fc.sample(eventLogArbitrary({ range, conversationCountMax: 1 }), { numRuns: 50, seed: 1 });
    expect(early.flat().every(({ at }) => at >= 0)).toBe(true);
    expect(Math.max(...early.map((log) => new Set(log.map(({ conversationId }) => conversationId)).size))).toBe(1);
  });
});

/** Whether some beginning of the log gives a segment that the whole does not. */
function isCorrected(log: readonly ConversationEvent[], segments: readonly object[]): boolean {
  const final = new Set(segments.map((segment) => JSON.stringify(segment)));
  return log.some((_, index) => referenceSegments(log.slice(0, index)).some((segment) => !final.has(JSON.stringify(segment))));
}

function idCount(log: readonly ConversationEvent[]): number {
  return new Set(log.map(({ conversationId, eventId }) => JSON.stringify([conversationId, eventId]))).size;
}

function contentCount(log: readonly ConversationEvent[]): number {
  return new Set(log.map((event) => JSON.stringify(event))).size;
}

function timeCount(log: readonly ConversationEvent[]): number {
  return new Set(log.map(({ conversationId, at, sequence }) => JSON.stringify([conversationId, at, sequence]))).size;
}
