import { createHash } from "node:crypto";
import {
  Engine,
  IMAGE_LAYOUT,
  METRIC_NAMES,
  NO_FILTER,
  type ConversationEvent,
  type History,
  type Image,
  type Query,
} from "@segmeter/engine";
import { cellsOf, referenceAnswer, referenceSegments } from "@segmeter/reference";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineFeed, GOLDEN_CASES } from "../src/index.ts";
import { logAndQuery, PATHS } from "./every-path.ts";

const ACCOUNT = "account";
const YEAR_MS = 365 * 86_400_000;

describe("an image of an engine", () => {
  test("gives an engine that answers, counts and goes on as one that has seen every event", () => {
    fc.assert(
      fc.property(logAndQuery, fc.nat(), fc.nat(), fc.nat(9), ({ log, query }, at, later, readEvery) => {
        const [first, second] = [at % (log.length + 1), later % (log.length + 1)].toSorted((a, b) => a - b) as [number, number];
        const engine = new Engine();
        const feed = new EngineFeed(engine);
        feed.post(ACCOUNT, log.slice(0, first));
        const before = eventCounts(feed.histories);
        const image = engine.image();
        const pieces: Uint8Array[] = [];
        const reading = image.pieces()[Symbol.iterator]();
        for (const [i, event] of log.slice(first, second).entries()) {
          feed.post(ACCOUNT, [event]);
          if (i % (readEvery + 1) === 0) take(reading, pieces);
        }
        while (take(reading, pieces));
        image.close();

        const restored = new Engine();
        for (const piece of pieces) restored.restore(piece);
        bringUpToDate(restored, before, feed.histories);
        expectSame(restored, query, log.slice(0, second));
        expect(restored.openConversationCount).toBe(engine.openConversationCount);

        feed.continueWith(restored).post(ACCOUNT, log.slice(second));
        expectSame(restored, query, log);
      }),
      { numRuns: 400 },
    );
  });

  test("lets go of conversations that have been removed since", () => {
    fc.assert(
      fc.property(logAndQuery, fc.integer({ min: 1, max: 3 }), ({ log, query }, every) => {
        const engine = new Engine();
        const feed = new EngineFeed(engine);
        feed.post(ACCOUNT, log);
        const restored = restore(engine.image());
        const removed = feed.histories.filter(({ key }) => key % every === 0);
        for (const _ of restored.takeBack(new Set(removed.map(({ key }) => key))));

        const removedIds = new Set(removed.map(({ events }) => events[0]!.conversationId));
        const kept = log.filter(({ conversationId }) => !removedIds.has(conversationId));
        expectSame(restored, query, kept);
      }),
      { numRuns: 100 },
    );
  });

  test("holds nothing of what was forgotten, and of all else as much", () => {
    fc.assert(
      fc.property(logAndQuery, ({ log, query }) => {
        const engine = new Engine();
        new EngineFeed(engine).post(ACCOUNT, log);
        engine.forget(query.window.startMs);
        const restored = restore(engine.image());

        expectSame(restored, query, log);
        expect(restored.forgottenBeforeMs).toBe(query.window.startMs);
        const all = { startMs: -Infinity, endMs: Infinity };
        expect(Math.min(...Array.from(restored.list(ACCOUNT, all, NO_FILTER), ({ endMs }) => endMs))).toBeGreaterThanOrEqual(
          query.window.startMs,
        );
      }),
      { numRuns: 100 },
    );
  });

  test("is made of bounded pieces, however long a lane, and knows lanes with segments of many years", () => {
    const engine = new Engine();
    const log = Array.from({ length: 50_000 }, (_, i) => conversationOf(i, i % 2 === 0 ? "long" : `agent ${i % 100}`)).flat();
    const feed = new EngineFeed(engine);
    for (const accountId of ["x", ACCOUNT]) feed.post(accountId, log);
    const image = engine.image();
    const pieces = [...image.pieces()];
    image.close();
    const bytes = pieces.map(({ byteLength }) => byteLength);
    expect(Math.max(...bytes)).toBeLessThan(2 ** 20);
    expect(image.byteCount / bytes.reduce((sum, count) => sum + count, 0)).toBeCloseTo(1, 1);

    const restored = new Engine();
    for (const piece of pieces) restored.restore(piece);
    const window = { startMs: 50 * YEAR_MS, endMs: 50 * YEAR_MS + 3_600_000 };
    const query: Query = { window, filter: NO_FILTER, grouping: ["agent"], metrics: METRIC_NAMES };
    for (const path of PATHS)
      for (const accountId of ["x", ACCOUNT])
        expect(cellsOf(restored.ask(accountId, query, path), query)).toEqual(cellsOf(engine.ask(accountId, query, path), query));
    expect(restored.countEnded("x", window)).toBe(50_000);
  });

  test("has another layout where other rows are made of the same events", () => {
    const engine = new Engine();
    const feed = new EngineFeed(engine);
    for (const { name, events } of GOLDEN_CASES) feed.post(name, events);
    const hash = createHash("sha256");
    for (const piece of engine.image().pieces()) hash.update(piece);
    // If this fails because the fold or a piece has changed, raise IMAGE_VERSION too; if golden cases have, it need not be.
    expect([IMAGE_LAYOUT, hash.digest("hex").slice(0, 16)]).toEqual(["1 little-endian", "a4ea662f19f3d8ed"]);
  });
});

function take(reading: Iterator<Uint8Array>, pieces: Uint8Array[]): boolean {
  const next = reading.next();
  if (!next.done) pieces.push(next.value);
  return !next.done;
}

function restore(image: Image): Engine {
  const restored = new Engine();
  for (const piece of image.pieces()) restored.restore(piece);
  image.close();
  return restored;
}

function eventCounts(histories: readonly History[]): ReadonlyMap<number, number> {
  return new Map(histories.map(({ key, events }) => [key, events.length]));
}

/** @param before how many events each conversation had when the image was made */
function bringUpToDate(engine: Engine, before: ReadonlyMap<number, number>, histories: readonly History[]): void {
  const changed = histories.filter(({ key, events }) => before.get(key) !== events.length);
  for (const _ of engine.takeBack(new Set(changed.map(({ key }) => key))));
  engine.add(changed);
  engine.show();
}

function expectSame(engine: Engine, query: Query, log: readonly ConversationEvent[]): void {
  const expected = referenceAnswer(referenceSegments(log), query);
  for (const path of PATHS) expect(cellsOf(engine.ask(ACCOUNT, query, path), query)).toEqual(expected);
}

/** One segment, ending within the hour after 50 years. */
function conversationOf(i: number, agentId: string): ConversationEvent[] {
  const endMs = 50 * YEAR_MS + ((i * 7919) % 3600) * 1000;
  const startMs = endMs - (i % 100 === 0 ? 40 * YEAR_MS : 1_000);
  const event = { conversationId: `c${i}`, sequence: 0 };
  const assigned = { groupId: null, userType: "HUMAN", skillId: null, takeover: false } as const;
  return [
    { ...event, eventId: "1", at: startMs, type: "AGENT_ASSIGNED", agentId, ...assigned },
    { ...event, eventId: "2", at: endMs, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
  ];
}
