import { Engine, METRIC_NAMES, NO_FILTER, type ConversationEvent, type ExecutionPath, type Query, type Segment } from "@segmeter/engine";
import { cellsOf, referenceAnswer, referenceSegments } from "@segmeter/reference";
import { expect, test } from "vitest";
import { createRandom, createTraffic, EngineFeed } from "../src/index.ts";

const ACCOUNT = "account";
const HOUR_MS = 3_600_000;
const PATHS: readonly (ExecutionPath | undefined)[] = ["calendar", "scan"];
/** The busiest hour of a day, and a part of the one before. */
const SPAN = { startMs: Date.UTC(2026, 10, 20, 10, 40), endMs: Date.UTC(2026, 10, 20, 12) };
const BATCH_EVENTS = 700;
/** One of so many events comes when all others have. */
const LATE_EVERY = 23;
const WINDOWS = 40;

// From hours that are not parted to those that are parted into the most buckets.
test.each([1_000, 4_000, 25_000, 60_000, 110_000])(
  "the total of any time range is the reference's at %i conversations a day, however their rows came and went",
  (conversationsPerDay) => {
    const events = createTraffic({ seed: 7, conversationsPerDay }).eventsBetween(SPAN.startMs, SPAN.endMs);
    const inTime = events.filter((_, i) => i % LATE_EVERY !== 0);
    const late = events.filter((_, i) => i % LATE_EVERY === 0);
    const engine = new Engine();
    const feed = new EngineFeed(engine);
    for (const log of [inTime, late]) for (const batch of batchesOf(log)) feed.post(ACCOUNT, batch);
    const segments = referenceSegments(events);
    expectTotals(engine, segments);

    const loaded = new Engine();
    const half = Math.floor(feed.histories.length / 2);
    loaded.load(feed.histories.slice(0, half));
    expectTotals(loaded, referenceSegments(feed.histories.slice(0, half).flatMap((history) => history.events)));
    loaded.load(feed.histories.slice(half));
    expectTotals(loaded, segments);

    const restored = new Engine();
    const image = engine.image();
    for (const piece of image.pieces()) restored.restore(piece);
    image.close();
    expectTotals(restored, segments);

    // Hours shrink step by step, to next to nothing.
    for (const every of [2, 20, 500]) {
      const removed = feed.histories.filter(({ key }) => key % every !== 0);
      for (const _ of restored.takeBack(new Set(removed.map(({ key }) => key)))) {
        // Others may have their turn.
      }
      const kept = feed.histories.filter(({ key }) => key % every === 0).flatMap((history) => history.events);
      expectTotals(restored, referenceSegments(kept));
    }
  },
);

function expectTotals(engine: Engine, segments: readonly Segment[]): void {
  const { next } = createRandom(segments.length);
  const moment = (): number => SPAN.startMs + Math.floor(next() * (SPAN.endMs - SPAN.startMs));
  for (let i = 0; i < WINDOWS; i++) {
    const first = moment();
    // Short ones too, within a bucket.
    const second = i % 4 === 0 ? first + Math.floor(next() * 20_000) : moment();
    const window = { startMs: Math.min(first, second), endMs: Math.max(first, second) + 1 };
    const query: Query = { window, filter: NO_FILTER, grouping: [], metrics: METRIC_NAMES };
    const expected = referenceAnswer(segments, query);
    for (const path of PATHS) expect(cellsOf(engine.ask(ACCOUNT, query, path), query)).toEqual(expected);
    expect(engine.countEnded(ACCOUNT, window)).toBe(segments.filter(({ endMs }) => endMs >= window.startMs && endMs < window.endMs).length);
  }
  const around = { startMs: SPAN.startMs - HOUR_MS, endMs: SPAN.endMs + HOUR_MS };
  expect(engine.countEnded(ACCOUNT, around)).toBe(segments.length);
}

function* batchesOf(events: readonly ConversationEvent[]): Generator<readonly ConversationEvent[]> {
  for (let at = 0; at < events.length; at += BATCH_EVENTS) yield events.slice(at, at + BATCH_EVENTS);
}
