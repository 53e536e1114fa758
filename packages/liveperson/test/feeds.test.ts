import type { ConversationEvent, Segment } from "@segmeter/engine";
import { parseEvent } from "@segmeter/engine";
import { referenceSegments } from "@segmeter/reference";
import { deliveryArbitrary, LIVEPERSON_AGENTS, livePersonConversationArbitrary, type LivePersonConversation } from "@segmeter/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentDirectory, parseAgents, toHistoryEvents } from "../src/index.ts";
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

/** Both feeds give it a name from the same words: it is no judgement. */
function isTold({ type }: ConversationEvent): boolean {
  return type !== "AGENT_ASSIGNED" && type !== "AGENT_UNASSIGNED";
}

function delivered(options: {
  readonly hasLosses: boolean;
}): fc.Arbitrary<{ readonly delivery: readonly unknown[] } & LivePersonConversation> {
  return livePersonConversationArbitrary().chain((conversation) =>
    deliveryArbitrary(conversation.bodies, options).map((delivery) => Object.assign({ delivery }, conversation)),
  );
}

/** The events of webhooks, in the order of their arrival. */
function notified(bodies: readonly unknown[]): readonly ConversationEvent[] {
  const { events, faults } = told(bodies, DIRECTORY);
  expect(faults).toEqual([]);
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
