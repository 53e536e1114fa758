import type { AgentResolvers } from "../generated/resolvers.ts";
import { resolveIntervals, resolveSkills } from "../parts.ts";

/** `id` and `metrics` come with the node. */
export const Agent: AgentResolvers = {
  name: ({ id, slice }, _, { nameOf }) => nameOf(slice.accountId, id),
  skills: resolveSkills,
  intervals: resolveIntervals,
};
