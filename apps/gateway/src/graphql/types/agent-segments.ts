import type { AgentSegmentsResolvers } from "../generated/resolvers.ts";
import { resolveAgents, resolveIntervals, resolveMetrics, resolveSkills } from "../parts.ts";

export const AgentSegments: AgentSegmentsResolvers = {
  start: ({ slice }) => new Date(slice.window.startMs),
  end: ({ slice }) => new Date(slice.window.endMs),
  metrics: resolveMetrics,
  agents: resolveAgents,
  skills: resolveSkills,
  intervals: resolveIntervals,
};
