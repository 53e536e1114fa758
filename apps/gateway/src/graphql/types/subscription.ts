import { accountIdFault, describe, timeframeFault, windowStartFault } from "@segmeter/engine";
import { GraphQLError } from "graphql";
import { ArgumentChecker } from "../bad-input.ts";
import type { RequestContext } from "../context.ts";
import type { RequireFields, SubscriptionAgentSegmentsArgs } from "../generated/resolvers.ts";
import type { SliceNode } from "../nodes.ts";
import { checkFilter, wholeOf, windowUntil } from "../segments.ts";

const EVERY_MS_MIN = 250;

/** What one answer of a subscription is; when it is answered again is decided where it is pushed. */
export const Subscription = {
  agentSegments: {
    resolve: (
      _: unknown,
      { accountId, timeframe, filter, everyMs }: RequireFields<SubscriptionAgentSegmentsArgs, "everyMs">,
      context: RequestContext,
    ): SliceNode => {
      if (context.onSubscribed === null) throw notPushed();
      const checker = new ArgumentChecker();
      checker.check("accountId", accountIdFault(accountId));
      const window = windowUntil(context.limits.nowMs, timeframe);
      checker.check("timeframe", timeframeFault(timeframe) ?? windowStartFault(window.startMs, context.limits));
      checkFilter(checker, filter);
      checker.check("everyMs", everyMs >= EVERY_MS_MIN ? null : `expected at least ${EVERY_MS_MIN}, got ${describe(everyMs)}`);
      checker.assertNone();
      context.assertReadable(accountId);
      context.onSubscribed({ accountId, window, everyMs });
      return { slice: wholeOf(accountId, window, filter) };
    },
  },
};

function notPushed(): GraphQLError {
  return new GraphQLError("subscriptions are answered over graphql-transport-ws at /graphql, or as server-sent events at /graphql/stream", {
    extensions: { code: "BAD_REQUEST", http: { status: 400 } },
  });
}
