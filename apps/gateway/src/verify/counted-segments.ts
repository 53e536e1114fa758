import { NO_FILTER, type Engine, type Segment } from "@segmeter/engine";
import type { ConversationHistory } from "@segmeter/event-log";
import { referenceSegments } from "@segmeter/reference";

export const DAY_MS = 86_400_000;
const EVER = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
/** So many segments of the reference are held at a time; the log is read once for each such share of it. */
const HELD_SEGMENTS_MAX = 500_000;

/** Reads the whole log, every conversation once, as often as it is asked. */
export type ReadLog = () => AsyncIterable<readonly ConversationHistory[]> | Iterable<readonly ConversationHistory[]>;

/** A segment by the reference, with the key that the log gave its conversation. */
export interface CountedSegment {
  readonly key: number;
  readonly segment: Segment;
}

/** What the reference counts of one account on one day (UTC). */
export interface CountedDay {
  readonly accountId: string;
  readonly startMs: number;
  readonly segments: readonly CountedSegment[];
}

/** How many segments of each account end on each day, by either. */
export type DayCounts = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Loads the log into an engine, and counts what ends when: by the reference, and where it has nothing, by the engine. */
export async function loadAndCount(readLog: ReadLog, engine: Engine, onRead: (eventCount: number) => void): Promise<DayCounts> {
  const counts = await countDays(readLog, (histories) => {
    engine.load(histories);
    onRead(histories.reduce((sum, { events }) => sum + events.length, 0));
  });
  for (const [accountId, days] of counts) {
    for (const { endMs } of engine.list(accountId, EVER, NO_FILTER)) if (!days.has(dayOf(endMs))) days.set(dayOf(endMs), 0);
  }
  return counts;
}

/** Counts what ends when, by the reference. */
export async function countDays(
  readLog: ReadLog,
  onRead: (histories: readonly ConversationHistory[]) => void,
): Promise<Map<string, Map<number, number>>> {
  const counts = new Map<string, Map<number, number>>();
  for await (const histories of readLog()) {
    onRead(histories);
    for (const { accountId, events } of histories) {
      const days = counts.get(accountId) ?? new Map<number, number>();
      counts.set(accountId, days);
      for (const { endMs } of referenceSegments(events)) days.set(dayOf(endMs), (days.get(dayOf(endMs)) ?? 0) + 1);
    }
  }
  return counts;
}

/** The reference's segments day by day, some days at a time. */
export async function* countedDays(readLog: ReadLog, counts: DayCounts): AsyncGenerator<CountedDay> {
  for (const share of sharesOf(counts)) {
    const days = new Map(share.map(({ accountId, startMs }) => [`${accountId} ${startMs}`, [] as CountedSegment[]]));
    for await (const histories of readLog()) {
      for (const { key, accountId, events } of histories) {
        for (const segment of referenceSegments(events)) days.get(`${accountId} ${dayOf(segment.endMs)}`)?.push({ key, segment });
      }
    }
    for (const { accountId, startMs } of share) yield { accountId, startMs, segments: days.get(`${accountId} ${startMs}`)! };
  }
}

interface DayToCount {
  readonly accountId: string;
  readonly startMs: number;
}

function* sharesOf(counts: DayCounts): Generator<DayToCount[]> {
  let share: DayToCount[] = [];
  let segmentCount = 0;
  for (const [accountId, days] of counts) {
    for (const [startMs, count] of [...days].toSorted(([a], [b]) => a - b)) {
      if (share.length > 0 && segmentCount + count > HELD_SEGMENTS_MAX) {
        yield share;
        [share, segmentCount] = [[], 0];
      }
      share.push({ accountId, startMs });
      segmentCount += count;
    }
  }
  if (share.length > 0) yield share;
}

function dayOf(ms: number): number {
  return ms - (ms % DAY_MS);
}
