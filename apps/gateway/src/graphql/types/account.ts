import { aheadFault, timeframeFault, windowStartFault } from "@segmeter/engine";
import { ArgumentChecker } from "../bad-input.ts";
import type { AccountResolvers } from "../generated/resolvers.ts";
import { checkFilter, wholeOf, windowUntil } from "../segments.ts";

export const Account: AccountResolvers = {
  id: ({ id }) => id,
  agentSegments: ({ id }, { timeframe, endingAt, filter }, { limits }) => {
    const window = windowUntil(endingAt?.getTime() ?? limits.nowMs, timeframe);
    const checker = new ArgumentChecker();
    const wrongTimeframe = timeframeFault(timeframe);
    checker.check("timeframe", wrongTimeframe);
    checker.check(
      "endingAt",
      aheadFault(window.endMs, limits.nowMs) ?? (wrongTimeframe === null ? windowStartFault(window.startMs, limits) : null),
    );
    checkFilter(checker, filter);
    checker.assertNone();
    return { slice: wholeOf(id, window, filter) };
  },
  filterValues: ({ id }, _, { filterValues }) => filterValues(id),
};
