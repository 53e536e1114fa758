import { compareIds, END_REASONS, METRIC_NAMES, OUTCOMES, START_REASONS } from "@segmeter/engine";
import type { ConversationEvent, Dimension, MetricName, Segment } from "@segmeter/engine";
import { referenceAnswer, referenceSegments, type ReferenceCell } from "@segmeter/reference";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GOLDEN_CASES } from "../src/golden.ts";
import { eventLogArbitrary } from "../src/log-arbitrary.ts";
import { queryArbitrary } from "../src/query-arbitrary.ts";

const logAndQuery = eventLogArbitrary().chain((log) => fc.record({ log: fc.constant(log), query: queryArbitrary({ log }) }));

const OUTCOME_COUNTS: readonly MetricName[] = [
  "interactiveAgentSegments",
  "agentSegmentsAbandonedByConsumers",
  "agentSegmentsWithNonResponsiveConsumers",
  "agentSegmentsWithNonResponsiveAgents",
];
const COUNTS: readonly MetricName[] = ["totalAgentConversationSegments", ...OUTCOME_COUNTS];

describe("the reference agrees with what was worked out by hand", () => {
  it.each(GOLDEN_CASES)("$name", ({ events, segments, answers }) => {
    expect(referenceSegments(events)).toEqual(segments);
    for (const { query, cells } of answers) expect(referenceAnswer(segments, query)).toEqual(cells);
  });

  it("has every start reason, end reason and outcome to agree on", () => {
    const segments = GOLDEN_CASES.flatMap((golden) => golden.segments);
    expect(new Set(segments.map(({ startReason }) => startReason))).toEqual(new Set(START_REASONS));
    expect(new Set(segments.map(({ endReason }) => endReason))).toEqual(new Set(END_REASONS));
    expect(new Set(segments.map(({ outcome }) => outcome))).toEqual(new Set(OUTCOMES));
  });
});

describe("whatever the log, the reference", () => {
  it("parts every total into the four outcomes, and the whole into its agents and intervals", () => {
    fc.assert(
      fc.property(logAndQuery, ({ log, query }) => {
        const segments = referenceSegments(log);
        const answer = (grouping: Dimension[]) =>
          referenceAnswer(segments, { ...query, grouping, intervalMs: 60_000, metrics: METRIC_NAMES });
        const [whole] = answer([]);
        for (const name of COUNTS) {
          expect(total(answer(["agent"]), [name])).toBe(whole!.metrics[name]);
          expect(total(answer(["interval", "agent"]), [name])).toBe(whole!.metrics[name]);
        }
        expect(total([whole!], OUTCOME_COUNTS)).toBe(whole!.metrics.totalAgentConversationSegments);
      }),
      { numRuns: 100 },
    );
  });

  it("lists cells once each, in the order of the grouping", () => {
    fc.assert(
      fc.property(logAndQuery, ({ log, query }) => {
        const cells = referenceAnswer(referenceSegments(log), { ...query, grouping: ["agent", "interval"], intervalMs: 60_000 });
        for (const [index, cell] of cells.slice(1).entries()) {
          const before = cells[index]!;
          expect(compareIds(before.agent!, cell.agent!) || before.interval! - cell.interval!).toBeLessThan(0);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("is changed by no order of arrival where time and sequence tell, and by no duplicate", () => {
    const arrival = eventLogArbitrary().chain((log) => {
      const told = inTheirOwnOrder(log);
      return fc.record({
        told: fc.constant(told),
        again: fc.shuffledSubarray(told),
        shuffled: fc.shuffledSubarray(told, { minLength: told.length }),
      });
    });
    fc.assert(
      fc.property(arrival, ({ told, again, shuffled }) => {
        expect(sorted(referenceSegments([...shuffled, ...again]))).toEqual(sorted(referenceSegments(told)));
      }),
      { numRuns: 100 },
    );
  });
});

function total(cells: readonly ReferenceCell[], names: readonly MetricName[]): number {
  return cells.flatMap(({ metrics }) => names.map((name) => metrics[name]!)).reduce((sum, value) => sum + value, 0);
}

/** The log without duplicates, each event with a sequence of its own. */
function inTheirOwnOrder(log: readonly ConversationEvent[]): ConversationEvent[] {
  const first = new Map(log.toReversed().map((event) => [JSON.stringify([event.conversationId, event.eventId]), event]));
  return Array.from(first.values(), (event, sequence) => Object.assign({}, event, { sequence }));
}

function sorted(segments: readonly Segment[]): string[] {
  return segments.map((segment) => JSON.stringify(segment)).toSorted();
}
