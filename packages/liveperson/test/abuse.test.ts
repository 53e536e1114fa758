import { livePersonConversationArbitrary } from "@segmeter/testkit";
import { referenceSegments } from "@segmeter/reference";
import { parseEvent } from "@segmeter/engine";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseAgents, toHistoryEvents } from "../src/index.ts";
import { NOBODY, told } from "./told.ts";

/** Where in a value something else stands than should: the keys that lead there are taken as far as they go. */
const DAMAGE = fc.record({
  steps: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
  value: fc.oneof(fc.jsonValue(), fc.constantFrom(-1, "null", 2 ** 53, "__proto__")),
});
type Damage = typeof DAMAGE extends fc.Arbitrary<infer Value> ? Value : never;

const damagedConversation = fc.record({
  conversation: livePersonConversationArbitrary(),
  damages: fc.array(DAMAGE, { minLength: 1, maxLength: 4 }),
});

test("whatever JSON comes is translated or named, and never ends the translation", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = structuredClone(value);
      told([value, { changes: [value] }, { body: value }, { body: { changes: [{ result: value }, { event: value }] } }]);
      const { events, faults } = toHistoryEvents(value, NOBODY);
      expect(events.length + faults.length).toBeGreaterThan(0);
      parseAgents(value);
      expect(value).toEqual(json);
    }),
    { numRuns: 500 },
  );
});

test("a record or a notification that is damaged in some places gives sound events, and no agent whom it does not name", () => {
  fc.assert(
    fc.property(damagedConversation, ({ conversation: { record, bodies }, damages }) => {
      const damagedRecord = damages.reduce(damaged, structuredClone(record));
      const damagedBodies = bodies.map((body, index) => damaged(structuredClone(body), damages[index % damages.length]!));
      const history = toHistoryEvents(damagedRecord, NOBODY).events;
      const { events } = told(damagedBodies);
      for (const event of [...history, ...events]) {
        const parsed = parseEvent(event, Number.MAX_SAFE_INTEGER);
        expect(parsed.ok ? parsed.event : event).toEqual(event);
      }
      const said = JSON.stringify([damagedRecord, damagedBodies]);
      for (const { agentId } of referenceSegments([...history, ...events])) expect(said).toContain(JSON.stringify(agentId).slice(1, -1));
    }),
    { numRuns: 300 },
  );
});

function damaged(whole: unknown, { steps, value }: Damage): unknown {
  let place = whole;
  for (const [index, step] of steps.entries()) {
    if (typeof place !== "object" || place === null) break;
    const keys = Object.keys(place);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) break;
    const inner = (place as Record<string, unknown>)[key];
    if (index === steps.length - 1 || typeof inner !== "object" || inner === null) {
      (place as Record<string, unknown>)[key] = value;
      break;
    }
    place = inner;
  }
  return whole;
}
