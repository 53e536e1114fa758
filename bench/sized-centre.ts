import type { ConversationEvent } from "@segmeter/engine";
import { createTraffic, type Traffic } from "@segmeter/testkit/traffic";

const SEED = 20_261_122;
/** The demo's contact centre has so many, and so many conversations a day. */
const AGENTS_A_CENTRE = 60;
const CONVERSATIONS_A_DAY = 8_500;

/** A contact centre of any size: the demo's, as often as needed, each with agents of its own. */
export interface SizedCentre {
  readonly agentIds: readonly string[];
  /** In `[fromMs, toMs)`, in order of time. */
  readonly eventsBetween: (fromMs: number, toMs: number) => ConversationEvent[];
}

export function createSizedCentre(agentCount: number): SizedCentre {
  const centreCount = Math.ceil(agentCount / AGENTS_A_CENTRE);
  const conversationsPerDay = ((CONVERSATIONS_A_DAY / AGENTS_A_CENTRE) * agentCount) / centreCount;
  const centres = Array.from({ length: centreCount }, (_, i) => createTraffic({ seed: SEED + i, conversationsPerDay }));
  return {
    agentIds: centres.flatMap((traffic, i) => agentsOf(traffic).map((id) => nameIn(i, id))).slice(0, agentCount),
    eventsBetween: (fromMs, toMs) =>
      centres
        .flatMap((traffic, i) => traffic.eventsBetween(fromMs, toMs).map((event) => inCentre(i, event)))
        .toSorted((a, b) => a.at - b.at),
  };
}

function agentsOf({ agents }: Traffic): string[] {
  return agents.map(({ agentId }) => agentId);
}

function inCentre(centre: number, event: ConversationEvent): ConversationEvent {
  return "agentId" in event && event.agentId !== null ? { ...event, agentId: nameIn(centre, event.agentId) } : event;
}

function nameIn(centre: number, agentId: string): string {
  return `${centre}-${agentId}`;
}
