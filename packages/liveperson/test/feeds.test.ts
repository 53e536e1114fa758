import type { ConversationEvent, Segment } from "@segmeter/engine";
import { parseEvent } from "@segmeter/engine";
import { referenceSegments } from "@segmeter/reference";
import {
  deliveryArbitrary,
  historySkewArbitrary,
  LIVEPERSON_AGENTS,
  livePersonConversationArbitrary,
  type LivePersonConversation,
} from "@segmeter/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentDirectory, parseAgents, Timelines, toHistoryEvents, toKept } from "../src/index.ts";
import { told } from "./told.ts";

const DIRECTORY = new AgentDirectory(parseAgents(LIVEPERSON_AGENTS).entries);
const RUNS = { numRuns: 400 };

describe("a conversation told by both feeds", () => {
  test("gives by its history the segments that it had, and no fault is found", () => {
    fc.assert(
      fc.property(livePersonConversationArbitrary(), ({ record, truth }) => {
        const { events, faults } = toHistoryEvents(record, DIRECTORY);
        expect(faults).toEqual([]);
        expect(segmentsOf(events)).toEqual(referenceSegments(truth));
      }),
      RUNS,
    );
  });

  test("gives the same by its webhooks, in whatever order and however often they come", () => {
    fc.assert(
      fc.property(delivered({ hasLosses: false }), ({ delivery, truth }) => {
        expect(segmentsOf(notified(delivery))).toEqual(referenceSegments(truth));
      }),
      RUNS,
    );
  });

  test("gives the same by its history over webhooks of which some were lost, before or after them", () => {
    fc.assert(
      fc.property(delivered({ hasLosses: true }), fc.boolean(), ({ delivery, record, truth }, isHistoryFirst) => {
        const { events } = toHistoryEvents(record, DIRECTORY);
        const log = isHistoryFirst ? [...events, ...notified(delivery)] : [...notified(delivery), ...events];
        expect(segmentsOf(log)).toEqual(referenceSegments(truth));
      }),
      RUNS,
    );
  });

  test("is told by both feeds in the same events, as far as messages, openings and closings go", () => {
    fc.assert(
      fc.property(livePersonConversationArbitrary(), ({ bodies, record }) => {
        const known = new Map(notified(bodies).map((event) => [event.eventId, event]));
        for (const event of toHistoryEvents(record, DIRECTORY).events.filter(isTold)) expect(known.get(event.eventId)).toEqual(event);
      }),
      RUNS,
    );
  });
});

/** How far apart both feeds date the same change, at most, beside a tenth of it as jitter. */
const SKEW_MS = 2_000;

describe("a conversation that both feeds date differently", () => {
  test("has by its history the segments that it had, though the sections of the record differ among themselves", () => {
    fc.assert(
      fc.property(livePersonConversationArbitrary(historySkewArbitrary(SKEW_MS)), ({ record, truth }) => {
        const { events, faults } = toHistoryEvents(record, DIRECTORY);
        expect(faults).toEqual([]);
        expectSameWork(segmentsOf(events), referenceSegments(truth));
      }),
      RUNS,
    );
  });

  test("has the same by both, whatever came first and though webhooks were lost; the history again brings nothing new", () => {
    fc.assert(
      fc.property(delivered({ hasLosses: true, skewMs: SKEW_MS }), PLACE, ({ delivery, record, truth }, place) => {
        const timelines = new Timelines();
        const log = withRecordAt(place, record, delivery, timelines);
        expectSameWork(segmentsOf(log), referenceSegments(truth));
        const known = new Set(log.map(({ eventId }) => eventId));
        expect(imported(record, timelines).filter(({ eventId }) => !known.has(eventId))).toEqual([]);
      }),
      RUNS,
    );
  });

  test("has the same when its history was taken on the way too, and what was known is restored in between", () => {
    fc.assert(
      fc.property(
        delivered({ hasLosses: true, skewMs: SKEW_MS }),
        fc.tuple(PLACE, PLACE),
        ({ delivery, record, recordBefore, truth }, places) => {
          const [first, second] = places.map((place) => Math.floor(place * delivery.length)).toSorted((a, b) => a - b) as [number, number];
          const timelines = new Timelines();
          const before = [...notified(delivery.slice(0, first), timelines), ...imported(recordBefore, timelines)];
          const restored = restoredFrom(timelines);
          const log = [
            ...before,
            ...notified(delivery.slice(first, second), restored),
            ...imported(record, restored),
            ...notified(delivery.slice(second), restored),
          ];
          expectSameWork(segmentsOf(log), referenceSegments(truth));
        },
      ),
      RUNS,
    );
  });

  test("goes on by its webhooks where a record that was taken on the way ends", () => {
    fc.assert(
      fc.property(delivered({ hasLosses: false, skewMs: SKEW_MS }), PLACE, ({ delivery, recordBefore, truth }, place) => {
        const timelines = new Timelines();
        const log = withRecordAt(place, recordBefore, delivery, timelines);
        expectSameWork(segmentsOf(log), referenceSegments(truth));
      }),
      RUNS,
    );
  });
});

/** How far into a delivery. */
const PLACE = fc.double({ min: 0, max: 1, noNaN: true });

/** As a gateway that was started again has them. */
function restoredFrom(timelines: Timelines): Timelines {
  const restored = new Timelines();
  for (const kept of timelines.keepSince(0)) restored.restore(toKept(JSON.parse(JSON.stringify(kept)))!);
  return restored;
}

/**
 * The same agents, for the same reasons, in the same order; at the same moments but for the skew. What was answered when may
 * come out otherwise by it, and so may the source, if a message is dated before the start.
 */
function expectSameWork(segments: readonly Segment[], truth: readonly Segment[]): void {
  expect(segments.map(workOf)).toEqual(truth.map(workOf));
  for (const [index, { startMs, endMs }] of segments.entries()) {
    expect(Math.abs(startMs - truth[index]!.startMs)).toBeLessThanOrEqual(WITHIN_MS);
    expect(Math.abs(endMs - truth[index]!.endMs)).toBeLessThanOrEqual(WITHIN_MS);
  }
}

/** Twice the skew, as sections of one record may differ by it either way, with their jitter. */
const WITHIN_MS = 2 * (SKEW_MS + SKEW_MS / 10);

function workOf({ agentId, groupId, userType, skillId, startReason, endReason }: Segment): unknown {
  return { agentId, groupId, userType, skillId, startReason, endReason };
}

/** Both feeds give it a name from the same words: it is no judgement. */
function isTold({ type }: ConversationEvent): boolean {
  return type !== "AGENT_ASSIGNED" && type !== "AGENT_UNASSIGNED";
}

function delivered(options: {
  readonly hasLosses: boolean;
  readonly skewMs?: number;
}): fc.Arbitrary<{ readonly delivery: readonly unknown[] } & LivePersonConversation> {
  return livePersonConversationArbitrary(historySkewArbitrary(options.skewMs ?? 0)).chain((conversation) =>
    deliveryArbitrary(conversation.bodies, options).map((delivery) => Object.assign({ delivery }, conversation)),
  );
}

/** The events of webhooks, in the order of their arrival. */
function notified(bodies: readonly unknown[], timelines = new Timelines()): readonly ConversationEvent[] {
  const { events, faults } = told(bodies, DIRECTORY, timelines);
  expect(faults).toEqual([]);
  return events;
}

function imported(record: unknown, timelines: Timelines): readonly ConversationEvent[] {
  const { events, kept } = timelines.tell(toHistoryEvents(record, DIRECTORY).events, DIRECTORY, 0);
  for (const each of kept) timelines.restore(each);
  return events;
}

/** As the gateway has them: every event is one, and duplicates change nothing. */
function segmentsOf(events: readonly ConversationEvent[]): Segment[] {
  return referenceSegments(
    events.map((event) => {
      const parsed = parseEvent(event, Number.MAX_SAFE_INTEGER);
      expect(parsed).toEqual({ ok: true, event });
      return event;
    }),
  );
}

/** The events of webhooks, among which a record of the history is imported. */
function withRecordAt(place: number, record: unknown, delivery: readonly unknown[], timelines: Timelines): readonly ConversationEvent[] {
  const at = Math.floor(place * delivery.length);
  return [...notified(delivery.slice(0, at), timelines), ...imported(record, timelines), ...notified(delivery.slice(at), timelines)];
}
