import type { LiveBoardSubscription, SegmeterError, SubscriptionState } from "@segmeter/hooks";
import type { AgentName, Board, Connection, IntervalPart } from "../board.ts";
import type { MetricValues } from "../metrics/metrics.ts";
import type { Content } from "../views/Screen.tsx";

type Trouble = Extract<Content, { readonly state: "troubled" }>["trouble"];

type Answer = LiveBoardSubscription["agentSegments"];

/** An answer as the screen takes it; a skill that was not opened has no agents. */
export function toBoard({ start, end, metrics, intervals = [], agents, skills, openSkills = [] }: Answer): Board {
  const agentsOf = new Map(openSkills.map((skill) => [skill.id, skill.agents]));
  return {
    startMs: Date.parse(start),
    endMs: Date.parse(end),
    metrics,
    intervals: toIntervals(intervals),
    agents: agents ?? null,
    skills: skills?.map((skill) => ({ ...skill, agents: agentsOf.get(skill.id) ?? [] })) ?? null,
  };
}

/** Who an agent's page is about; the name is known from segments of the window. */
export function toAgent(id: string, content: Content): AgentName {
  const agents = content.state === "showing" ? content.board.agents : null;
  return { id, name: agents?.find((agent) => agent.id === id)?.name ?? null };
}

export function toIntervals(
  intervals: readonly { readonly start: string; readonly end: string; readonly metrics: MetricValues }[],
): IntervalPart[] {
  return intervals.map(({ start, end, metrics }) => ({ startMs: Date.parse(start), endMs: Date.parse(end), metrics }));
}

export function toConnection(state: SubscriptionState<unknown>): Connection {
  switch (state.status) {
    case "live":
      return { state: "live" };
    case "stale":
      return { state: "reconnecting", sinceMs: state.lastValueAtMs };
    case "failed":
      return { state: "ended" };
    case "connecting":
    case "paused":
      return { state: "connecting" };
  }
}

/** @returns null while there is none, or while something can be shown in spite of it */
export function toTrouble(state: SubscriptionState<unknown>, accountId: string): Trouble | null {
  if (state.status === "failed") return fromError(state.error, accountId);
  if (state.status !== "connecting" || state.error === null || state.data !== undefined) return null;
  const isSilent = state.error.kind === "network" || state.error.kind === "timeout";
  return isSilent ? { kind: "unreachable" } : fromError(state.error, accountId);
}

const REFUSING: ReadonlySet<string | null> = new Set(["BAD_USER_INPUT", "BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED"]);

function fromError(error: SegmeterError, accountId: string): Trouble {
  if (error.kind !== "graphql") return { kind: "failed", causes: [error.message] };
  if (error.code === "FORBIDDEN") return { kind: "forbidden", accountId };
  if (error.code === "UNAUTHENTICATED") return { kind: "loggedOut" };
  const causes = error.causes.length > 0 ? error.causes : [error.message];
  return { kind: REFUSING.has(error.code) ? "refused" : "failed", causes };
}
