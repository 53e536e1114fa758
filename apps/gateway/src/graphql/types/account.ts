import { aheadFault, listedIdFault, MINUTE_MS, timeframeFault, windowStartFault, type Filter } from "@segmeter/engine";
import { ArgumentChecker } from "../bad-input.ts";
import type { AccountResolvers, SegmentFilter } from "../generated/resolvers.ts";

export const Account: AccountResolvers = {
  id: ({ id }) => id,
  agentSegments: ({ id }, { timeframe, endingAt, filter }, { limits }) => {
    const endMs = endingAt?.getTime() ?? limits.nowMs;
    const startMs = endMs - timeframe * MINUTE_MS;
    const checker = new ArgumentChecker();
    const wrongTimeframe = timeframeFault(timeframe);
    checker.check("timeframe", wrongTimeframe);
    checker.check("endingAt", aheadFault(endMs, limits.nowMs) ?? (wrongTimeframe === null ? windowStartFault(startMs, limits) : null));
    checkFilter(checker, filter);
    checker.assertNone();
    return { slice: { accountId: id, window: { startMs, endMs }, filter: toFilter(filter), path: [] } };
  },
};

function checkFilter(checker: ArgumentChecker, filter: SegmentFilter | null | undefined): void {
  checker.checkIds("filter.agentIds", filter?.agentIds);
  checker.checkIds("filter.skillIds", filter?.skillIds);
  checker.checkIds("filter.groupIds", filter?.groupIds);
  filter?.sources?.forEach((source, i) => checker.check(`filter.sources[${i}]`, listedIdFault(source)));
}

function toFilter(filter: SegmentFilter | null | undefined): Filter {
  return {
    agentIds: filter?.agentIds ?? null,
    skillIds: filter?.skillIds ?? null,
    groupIds: filter?.groupIds ?? null,
    userType: filter?.userType ?? null,
    sources: filter?.sources?.map((source) => source.toUpperCase()) ?? null,
  };
}
