import { listedIdFault, MINUTE_MS, type Filter, type Window } from "@segmeter/engine";
import type { ArgumentChecker } from "./bad-input.ts";
import type { SegmentFilter } from "./generated/resolvers.ts";
import type { Slice } from "./nodes.ts";

// What a query and a subscription for agent segments have in common.

type GivenFilter = SegmentFilter | null | undefined;

/** @returns the window of so many minutes that ends at a moment */
export function windowUntil(endMs: number, timeframe: number): Window {
  return { startMs: endMs - timeframe * MINUTE_MS, endMs };
}

/** All segments of a window that a filter keeps. */
export function wholeOf(accountId: string, window: Window, filter: GivenFilter): Slice {
  return { accountId, window, filter: toFilter(filter), path: [] };
}

export function checkFilter(checker: ArgumentChecker, filter: GivenFilter): void {
  checker.checkIds("filter.agentIds", filter?.agentIds);
  checker.checkIds("filter.skillIds", filter?.skillIds);
  checker.checkIds("filter.groupIds", filter?.groupIds);
  filter?.sources?.forEach((source, i) => checker.check(`filter.sources[${i}]`, listedIdFault(source)));
}

function toFilter(filter: GivenFilter): Filter {
  return {
    agentIds: filter?.agentIds ?? null,
    skillIds: filter?.skillIds ?? null,
    groupIds: filter?.groupIds ?? null,
    userType: filter?.userType ?? null,
    sources: filter?.sources?.map((source) => source.toUpperCase()) ?? null,
  };
}
