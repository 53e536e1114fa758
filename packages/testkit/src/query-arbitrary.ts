import { DIMENSIONS, METRIC_NAMES, NO_FILTER, USER_TYPES } from "@segmeter/engine";
import type { ConversationEvent, Filter, Query, Window } from "@segmeter/engine";
import * as fc from "fast-check";
import { ID_POOLS, LOG_RANGE } from "./log-arbitrary.ts";
import { referenceSegments } from "@segmeter/reference";

export interface QueryOptions {
  /** Windows like to begin, end or be cut into intervals where its segments end, or 1 ms beside. */
  readonly log?: readonly ConversationEvent[];
  /** Where the other windows begin or end; default `LOG_RANGE`. */
  readonly range?: Window;
}

const MINUTE_MS = 60_000;
const WINDOW_MINUTES_MAX = 1440;
const INTERVAL_MINUTES_MIN = 5;

/** Every query that a surface may put to the engine, over the ids of `eventLogArbitrary` and some unknown ones. */
export function queryArbitrary({ log = [], range = LOG_RANGE }: QueryOptions = {}): fc.Arbitrary<Query> {
  return fc
    .record({
      minutes: fc.oneof(fc.constantFrom(1, 5, 10, 60, 720, 1440, 1440, 1440), fc.integer({ min: 1, max: WINDOW_MINUTES_MAX })),
      anchorMs: anchorArbitrary(log, range),
      minutesBefore: fc.oneof(fc.constant(0), fc.constant(WINDOW_MINUTES_MAX), fc.nat(WINDOW_MINUTES_MAX)),
      filter: filterArbitrary,
      dimensions: fc.shuffledSubarray([...DIMENSIONS]),
      divisor: fc.nat(),
      metrics: fc.shuffledSubarray([...METRIC_NAMES]),
    })
    .map(({ minutes, anchorMs, minutesBefore, filter, dimensions, divisor, metrics }) => {
      const startMs = Math.max(0, anchorMs - Math.min(minutesBefore, minutes) * MINUTE_MS);
      const window = { startMs, endMs: startMs + minutes * MINUTE_MS };
      const intervals = intervalMinutes(minutes);
      const grouping = dimensions.filter((dimension) => dimension !== "interval" || intervals.length > 0);
      if (!grouping.includes("interval")) return { window, filter, grouping, metrics };
      return { window, filter, grouping, intervalMs: intervals[divisor % intervals.length]! * MINUTE_MS, metrics };
    });
}

function anchorArbitrary(log: readonly ConversationEvent[], { startMs, endMs }: Window): fc.Arbitrary<number> {
  const anywhere = fc.integer({ min: startMs, max: endMs });
  const endsMs = referenceSegments(log).map((segment) => segment.endMs);
  if (endsMs.length === 0) return anywhere;
  const besideAnEnd = fc.tuple(fc.constantFrom(...endsMs), fc.constantFrom(0, 1, -1)).map(([edgeMs, shiftMs]) => edgeMs + shiftMs);
  return fc.oneof({ weight: 4, arbitrary: besideAnEnd }, { weight: 1, arbitrary: anywhere });
}

/** Mostly all; then some, perhaps one of them twice or unknown; rarely none. */
function listArbitrary(ids: readonly string[]): fc.Arbitrary<string[] | null> {
  const some = fc.array(fc.constantFrom(...ids, "toString"), { minLength: 1, maxLength: ids.length });
  return fc.oneof(
    { weight: 10, arbitrary: fc.constant(null) },
    { weight: 4, arbitrary: some },
    { weight: 1, arbitrary: fc.constant<string[]>([]) },
  );
}

const filterArbitrary: fc.Arbitrary<Filter> = fc.oneof(
  fc.constant(NO_FILTER),
  fc.record({
    agentIds: listArbitrary(ID_POOLS.agents),
    skillIds: listArbitrary(ID_POOLS.skills),
    groupIds: listArbitrary(ID_POOLS.groups),
    userType: fc.constantFrom(null, null, null, ...USER_TYPES),
    sources: listArbitrary(ID_POOLS.sources),
  }),
);

function intervalMinutes(windowMinutes: number): number[] {
  const minutes = Array.from({ length: windowMinutes }, (_, index) => index + 1);
  return minutes.filter((interval) => interval >= INTERVAL_MINUTES_MIN && windowMinutes % interval === 0);
}
