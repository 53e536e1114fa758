import { accountIdFault, METRICS } from "@segmeter/engine";
import { assertMay } from "../../access/refusal.ts";
import { ArgumentChecker } from "../bad-input.ts";
import type { QueryResolvers } from "../generated/resolvers.ts";

export const Query: QueryResolvers = {
  account: (_, { id }, { caller }) => {
    const checker = new ArgumentChecker();
    checker.check("id", accountIdFault(id));
    checker.assertNone();
    assertMay(caller, "read", id);
    return { id };
  },
  metricDefinitions: () => [...METRICS],
};
