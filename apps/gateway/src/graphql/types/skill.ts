import type { SkillResolvers } from "../generated/resolvers.ts";
import { resolveAgents, resolveIntervals } from "../parts.ts";

/** `id` and `metrics` come with the node. */
export const Skill: SkillResolvers = {
  agents: resolveAgents,
  intervals: resolveIntervals,
};
