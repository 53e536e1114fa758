import { NO_FILTER, type Dimension, type Engine, type ListedSegment } from "@segmeter/engine";
import { cellsOf } from "@segmeter/reference";
import { DAY_MS, type CountedDay, type CountedSegment } from "./counted-segments.ts";
import type { Difference } from "./differences.ts";
import { numberDifferences } from "./number-differences.ts";

const HOUR_MS = 3_600_000;

const GROUPINGS: readonly (readonly Dimension[])[] = [
  [],
  ["agent"],
  ["skill", "agent"],
  ["interval"],
  ["interval", "agent"],
  ["interval", "skill", "agent"],
];

/** Holds one day of an engine against the reference: every segment, and every number made of them. */
export function* differencesOfDay(engine: Engine, { accountId, startMs, segments }: CountedDay): Generator<Difference> {
  const window = { startMs, endMs: startMs + DAY_MS };
  yield* segmentDifferences(accountId, segments, engine.list(accountId, window, NO_FILTER));
  const asked = { accountId, window, segments: segments.map(({ segment }) => segment), groupings: GROUPINGS, intervalMs: HOUR_MS };
  yield* numberDifferences(asked, (query) => cellsOf(engine.ask(accountId, query), query));
}

function* segmentDifferences(
  accountId: string,
  counted: readonly CountedSegment[],
  listed: Iterable<ListedSegment>,
): Generator<Difference> {
  const missing = new Map<string, number>();
  const ids = new Map<number, string>();
  for (const { key, segment } of counted) {
    ids.set(key, segment.conversationId);
    const text = textOf(key, segment);
    missing.set(text, (missing.get(text) ?? 0) + 1);
  }
  for (const segment of listed) {
    const text = textOf(segment.conversationKey, segment);
    const count = missing.get(text) ?? 0;
    if (count > 1) missing.set(text, count - 1);
    else if (count === 1) missing.delete(text);
    else yield toDifference(accountId, "engine", text, ids);
  }
  for (const [text, count] of missing) for (let i = 0; i < count; i++) yield toDifference(accountId, "log", text, ids);
}

function textOf(key: number, segment: Omit<ListedSegment, "conversationKey">): string {
  const { agentId, groupId, userType, skillId, source, startMs, endMs, startReason, endReason } = segment;
  const { outcome, responseCount, responseMs, firstResponseMs } = segment;
  return JSON.stringify([
    key,
    {
      agentId,
      groupId,
      userType,
      skillId,
      source,
      startMs,
      endMs,
      startReason,
      endReason,
      outcome,
      responseCount,
      responseMs,
      firstResponseMs,
    },
  ]);
}

function toDifference(accountId: string, onlyIn: "log" | "engine", text: string, ids: ReadonlyMap<number, string>): Difference {
  const [conversationKey, segment] = JSON.parse(text) as [number, object];
  return { kind: "segment", accountId, onlyIn, conversationKey, conversationId: ids.get(conversationKey) ?? null, segment };
}
