import type { IntervalResolvers } from "../generated/resolvers.ts";
import { resolveAgents, resolveSkills } from "../parts.ts";

/** `start`, `end` and `metrics` come with the node. */
export const Interval: IntervalResolvers = {
  agents: resolveAgents,
  skills: resolveSkills,
};
