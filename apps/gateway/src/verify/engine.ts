import { METRIC_NAMES, NO_FILTER, type Dimension, type Engine, type ListedSegment, type Query } from "@segmeter/engine";
import { cellsOf, referenceAnswer } from "@segmeter/reference";
import { DAY_MS, type CountedDay, type CountedSegment } from "./counted-segments.ts";
import { cellDifferences, isAt, placeOf, type Difference } from "./differences.ts";

const HOUR_MS = 3_600_000;
const NAMED_CONVERSATIONS_MAX = 5;

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
  const counted = segments.map(({ segment }) => segment);
  for (const grouping of GROUPINGS) {
    const query: Query = {
      window,
      filter: NO_FILTER,
      grouping,
      ...(grouping.includes("interval") && { intervalMs: HOUR_MS }),
      metrics: METRIC_NAMES,
    };
    const found = cellsOf(engine.ask(accountId, query), query);
    for (const { cell, metric, ...values } of cellDifferences(referenceAnswer(counted, query), found, METRIC_NAMES)) {
      const conversationIds = conversationsAt(counted, cell, HOUR_MS);
      yield { kind: "number", accountId, window, place: placeOf(cell), metric, ...values, conversationIds };
    }
  }
}

/** The first few of the conversations that make up a part. */
export function conversationsAt(
  segments: readonly CountedSegment["segment"][],
  cell: Parameters<typeof placeOf>[0],
  intervalMs: number,
): string[] {
  const ids = new Set<string>();
  for (const segment of segments) {
    const isInInterval = cell.interval === undefined || (segment.endMs >= cell.interval && segment.endMs < cell.interval + intervalMs);
    if (isInInterval && isAt(cell, segment)) ids.add(segment.conversationId);
    if (ids.size === NAMED_CONVERSATIONS_MAX) break;
  }
  return [...ids];
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
