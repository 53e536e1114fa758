import { assertAccountId } from "../bad-input.ts";
import type { QueryResolvers } from "../generated/resolvers.ts";

export const Query: QueryResolvers = {
  account: (_, { id }) => {
    assertAccountId(id);
    return { id };
  },
};
