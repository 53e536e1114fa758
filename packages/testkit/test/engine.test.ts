import {
  Engine,
  METRIC_NAMES,
  NO_FILTER,
  type Block,
  type ConversationEvent,
  type Dimension,
  type EngineOptions,
  type Query,
  type History,
  type Segment,
} from "@segmeter/engine";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellsOf, referenceAnswer, referenceSegments, type ReferenceCell } from "@segmeter/reference";
import { EngineFeed, eventLogArbitrary, GOLDEN_CASES } from "../src/index.ts";
import { logAndQuery, PATHS } from "./every-path.ts";

const ACCOUNT = "account";
const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS;
const ALL_TIME = { startMs: -Infinity, endMs: Infinity };

const batchSizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 });
const readyConversationsMax = fc.constantFrom(0, 1, 2, 1000);
const engineOptions = fc.record({ readyConversationsMax, stepEvents: fc.constantFrom(1, 3, 1000) });

describe("the engine", () => {
  for (const { name, events, segments, answers } of GOLDEN_CASES) {
    test(`golden: ${name}`, () => {
      const { engine, feed } = fed(events, [1]);
      expect(sorted(listed(engine, feed))).toEqual(sorted(segments));
      for (const { query, cells } of answers) expect(cellsOf(engine.ask(ACCOUNT, query), query)).toEqual(cells);
    });
  }

  test("answers as the reference does, whatever the batches, by every execution path", () => {
    fc.assert(
      fc.property(logAndQuery, batchSizes, engineOptions, ({ log, query }, sizes, options) => {
        const { engine } = fed(log, sizes, options);
        const expected = referenceAnswer(referenceSegments(log), query);
        for (const path of PATHS) expect(cellsOf(engine.ask(ACCOUNT, query, path), query)).toEqual(expected);
      }),
      { numRuns: 600 },
    );
  });

  test("rolls agents up to what each level is by itself, by every execution path", () => {
    fc.assert(
      fc.property(logAndQuery, batchSizes, ({ log, query }, sizes) => {
        const { engine } = fed(log, sizes);
        const segments = referenceSegments(log);
        const levels: readonly (readonly Dimension[])[] = [...(query.intervalMs ? INTERVAL_LEVELS : []), ["agent"], []];
        const expected = levels.map((grouping) => referenceAnswer(segments, { ...query, grouping }));
        for (const path of PATHS) {
          const found: ReferenceCell[] = [];
          for (const block of engine.rollUp(ACCOUNT, query, path)) found.push(...rolledUpCells(block, query));
          expect(levels.map((grouping) => found.filter((cell) => isOfLevel(cell, grouping)))).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("is exact about segments of many years, by every execution path, among others and corrected late", () => {
    const log = Array.from({ length: 100 }, (_, i) => conversationOf(i, i % 3 === 0 ? 40 * YEAR_MS : 1000)).flat();
    const window = { startMs: 50 * YEAR_MS, endMs: 50 * YEAR_MS + 60 * MINUTE_MS };
    const segments = referenceSegments(log);
    const late = log.filter(({ eventId }) => eventId === "4");
    for (const events of [log, [...log.filter((event) => !late.includes(event)), ...late]]) {
      const { engine, feed } = fed(events, [7]);
      const loaded = new Engine();
      loaded.load(feed.histories.toReversed());
      expect(sorted(listed(engine, feed))).toEqual(sorted(segments));
      for (const grouping of [[], ["agent"], ["skill"], ["agent", "interval"], ["interval", "skill", "agent"]] as const) {
        const intervalMs = (grouping as readonly string[]).includes("interval") ? { intervalMs: 5 * MINUTE_MS } : {};
        const query: Query = { window, filter: NO_FILTER, grouping, metrics: METRIC_NAMES, ...intervalMs };
        const expected = referenceAnswer(segments, query);
        for (const path of PATHS) {
          expect(cellsOf(engine.ask(ACCOUNT, query, path), query)).toEqual(expected);
          expect(cellsOf(loaded.ask(ACCOUNT, query, path), query)).toEqual(expected);
        }
      }
    }
  });

  test("is right after every batch, not only after the last", () => {
    fc.assert(
      fc.property(logAndQuery, readyConversationsMax, ({ log, query }, max) => {
        const engine = new Engine({ readyConversationsMax: max });
        const feed = new EngineFeed(engine);
        log.forEach((event, i) => {
          feed.post(ACCOUNT, [event]);
          expect(cellsOf(engine.ask(ACCOUNT, query), query)).toEqual(referenceAnswer(referenceSegments(log.slice(0, i + 1)), query));
        });
      }),
      { numRuns: 60 },
    );
  });

  test("holds exactly the reference's segments, each reachable one by one", () => {
    fc.assert(
      fc.property(eventLogArbitrary(), batchSizes, (log, sizes) => {
        const { engine, feed } = fed(log, sizes);
        expect(sorted(listed(engine, feed))).toEqual(sorted(referenceSegments(log)));
      }),
      { numRuns: 200 },
    );
  });

  test("counts the conversations that are open and the events that came late", () => {
    fc.assert(
      fc.property(eventLogArbitrary(), fc.integer({ min: 1, max: 12 }), engineOptions, (log, size, options) => {
        const engine = new Engine(options);
        const feed = new EngineFeed(engine);
        let lateCount = 0;
        for (let from = 0; from < log.length; from += size) {
          const batch = log.slice(from, from + size);
          lateCount += countLate(feed.histories, batch);
          feed.post(ACCOUNT, batch);
          expect(engine.openConversationCount).toBe(countOpen(feed.histories));
        }
        expect(engine.lateEventCount).toBe(lateCount);
        const loaded = new Engine();
        loaded.load(feed.histories);
        expect([loaded.openConversationCount, loaded.lateEventCount]).toEqual([engine.openConversationCount, 0]);
      }),
      { numRuns: 300 },
    );
  });

  test("gives the same answers when it is loaded from whole conversations", () => {
    fc.assert(
      fc.property(logAndQuery, batchSizes, ({ log, query }, sizes) => {
        const { engine, feed } = fed(log, sizes);
        const loaded = new Engine();
        for (const history of feed.histories) loaded.load([history]);
        expect(cellsOf(loaded.ask(ACCOUNT, query), query)).toEqual(cellsOf(engine.ask(ACCOUNT, query), query));
        expect(sorted(listed(loaded, feed))).toEqual(sorted(listed(engine, feed)));
      }),
      { numRuns: 200 },
    );
  });

  test("goes on from a loaded state as if it had seen every event", () => {
    fc.assert(
      fc.property(logAndQuery, fc.nat(), ({ log, query }, at) => {
        const middle = at % (log.length + 1);
        const before = fed(log.slice(0, middle), [5]);
        const restarted = new Engine();
        restarted.load(before.feed.histories);
        const feed = before.feed.continueWith(restarted);
        feed.post(ACCOUNT, log.slice(middle));
        expect(cellsOf(restarted.ask(ACCOUNT, query), query)).toEqual(referenceAnswer(referenceSegments(log), query));
      }),
      { numRuns: 200 },
    );
  });

  test("answers about what is kept as before when it has given up the rest", () => {
    fc.assert(
      fc.property(logAndQuery, fc.nat(), ({ log, query }, at) => {
        const middle = at % (log.length + 1);
        const engine = new Engine();
        const feed = new EngineFeed(engine);
        feed.post(ACCOUNT, log.slice(0, middle));
        engine.forget(query.window.startMs);
        feed.post(ACCOUNT, log.slice(middle));
        engine.forget(query.window.startMs);
        expect(cellsOf(engine.ask(ACCOUNT, query), query)).toEqual(referenceAnswer(referenceSegments(log), query));
      }),
      { numRuns: 300 },
    );
  });

  test("keeps accounts apart", () => {
    fc.assert(
      fc.property(logAndQuery, eventLogArbitrary(), ({ log, query }, other) => {
        const { engine, feed } = fed(log, [7]);
        feed.post("other", other);
        expect(cellsOf(engine.ask(ACCOUNT, query), query)).toEqual(referenceAnswer(referenceSegments(log), query));
      }),
      { numRuns: 60 },
    );
  });
});

/** One segment of one agent, ending within the hour after 50 years, with two responses. */
function conversationOf(i: number, durationMs: number): ConversationEvent[] {
  const endMs = 50 * YEAR_MS + ((i * 7919) % 3600) * 1000;
  const startMs = endMs - durationMs;
  const event = { conversationId: `c${i}`, sequence: 0 };
  const said = { ...event, type: "MESSAGE_SENT" } as const;
  return [
    { ...event, eventId: "1", at: startMs, type: "CONVERSATION_STARTED", source: "WEB", skillId: String(i % 2) },
    {
      ...event,
      eventId: "2",
      at: startMs,
      type: "AGENT_ASSIGNED",
      agentId: "1",
      groupId: null,
      userType: "HUMAN",
      skillId: null,
      takeover: false,
    },
    { ...said, eventId: "3", at: startMs + durationMs * 0.9, sentBy: "AGENT", agentId: "1" },
    { ...said, eventId: "4", at: startMs + durationMs * 0.95, sentBy: "CONSUMER", agentId: null },
    { ...said, eventId: "5", at: endMs, sentBy: "AGENT", agentId: "1" },
    { ...event, eventId: "6", at: endMs, sequence: 1, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}

function fed(log: readonly ConversationEvent[], sizes: readonly number[], options?: EngineOptions): { engine: Engine; feed: EngineFeed } {
  const engine = new Engine(options);
  const feed = new EngineFeed(engine);
  for (let at = 0, batch = 0; at < log.length; batch++) {
    const size = sizes[batch % sizes.length]!;
    feed.post(ACCOUNT, log.slice(at, at + size));
    at += size;
  }
  return { engine, feed };
}

const INTERVAL_LEVELS: readonly (readonly Dimension[])[] = [["interval", "agent"], ["interval"]];

/** The cells of a block of a roll-up, and the totals behind them, which are of no agent. */
function rolledUpCells({ cellCount, totalCount, intervals, agents, metric }: Block, { metrics }: Query): ReferenceCell[] {
  return Array.from({ length: cellCount + totalCount }, (_, cell) => ({
    ...(intervals && { interval: intervals.values[intervals.indexes[cell]!]! }),
    ...(cell < cellCount && { agent: agents!.values[agents!.indexes[cell]!]! }),
    metrics: Object.fromEntries(metrics.map((name) => [name, Number.isNaN(metric(name)[cell]) ? null : metric(name)[cell]!])),
  }));
}

function isOfLevel(cell: ReferenceCell, grouping: readonly Dimension[]): boolean {
  return "interval" in cell === grouping.includes("interval") && "agent" in cell === grouping.includes("agent");
}

/** Open: it was never closed, or opened after it was closed last. */
function countOpen(histories: readonly History[]): number {
  return histories.filter(({ events }) => {
    const types = inOrder(events).map(({ type }) => type);
    const sinceClosed = types.slice(types.lastIndexOf("CONVERSATION_CLOSED") + 1);
    return (
      sinceClosed.length === types.length || sinceClosed.some((type) => type === "CONVERSATION_STARTED" || type === "CONVERSATION_RESUMED")
    );
  }).length;
}

/** Late: it belongs before what was held when its batch came. */
function countLate(histories: readonly History[], batch: readonly ConversationEvent[]): number {
  const taken = new Set(histories.flatMap(({ events }) => events.map(nameOf)));
  return batch.filter((event) => {
    if (taken.has(nameOf(event))) return false;
    taken.add(nameOf(event));
    const held = histories.find(({ events }) => events[0]!.conversationId === event.conversationId);
    const last = held && inOrder(held.events).at(-1)!;
    return last !== undefined && (event.at < last.at || (event.at === last.at && event.sequence < last.sequence));
  }).length;
}

function inOrder(events: readonly ConversationEvent[]): ConversationEvent[] {
  return events.toSorted((a, b) => a.at - b.at || a.sequence - b.sequence);
}

function nameOf({ conversationId, eventId }: ConversationEvent): string {
  return JSON.stringify([conversationId, eventId]);
}

function listed(engine: Engine, feed: EngineFeed): Segment[] {
  return Array.from(engine.list(ACCOUNT, ALL_TIME, NO_FILTER), ({ conversationKey, ...segment }) => ({
    conversationId: feed.conversationIdOf(conversationKey),
    ...segment,
  }));
}

function sorted(segments: readonly Segment[]): string[] {
  return segments.map((segment) => JSON.stringify(segment, Object.keys(segment).toSorted())).toSorted();
}
