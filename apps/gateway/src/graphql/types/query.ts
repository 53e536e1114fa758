import { accountIdFault, METRICS } from "@segmeter/engine";
import { ArgumentChecker } from "../bad-input.ts";
import type { QueryResolvers } from "../generated/resolvers.ts";

export const Query: QueryResolvers = {
  account: (_, { id }, { assertReadable }) => {
    const checker = new ArgumentChecker();
    checker.check("id", accountIdFault(id));
    checker.assertNone();
    assertReadable(id);
    return { id };
  },
  metricDefinitions: () => [...METRICS],
};
