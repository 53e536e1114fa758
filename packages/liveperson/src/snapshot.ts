import type { ConversationEvent } from "@segmeter/engine";
import type { AgentDirectory } from "./agent-directory.ts";
import { assignedEvent, openedEvent, unassignedEvent, type Witness } from "./fact.ts";
import { isObject, isTextOrNull } from "./value.ts";

/** What a conversation notification says of who is at work: the state from `at` on, not the change that led to it. */
export interface Snapshot {
  readonly conversationId: string;
  readonly at: number;
  /** Which time in which the conversation was open, from 0; null: not known. */
  readonly stage: number | null;
  /** As the notification calls the assigned agent; null: nobody is. */
  readonly agent: string | null;
  /** Somebody is being offered the conversation. */
  readonly isSuggested: boolean;
  /** As the notification calls them. */
  readonly managers: readonly string[];
  readonly skillId: string | null;
  readonly source: string | null;
  readonly isClosed: boolean;
}

/** An opening or a closing. */
export interface Boundary {
  readonly stage: number | null;
  readonly event: ConversationEvent;
}

/**
 * What a snapshot asserts. That a conversation is with an agent, or with nobody, is said by every snapshot again; the fold
 * takes the first and passes over the rest, so neither losses nor repeats nor another order need care here. Only two
 * changes cannot be seen in one snapshot, and are judged by the nearest known one before it: a takeover and a reopening.
 */
export function toStateEvents(snapshot: Snapshot, before: Snapshot | null, directory: AgentDirectory): ConversationEvent[] {
  const { conversationId, at, stage, agent, skillId, source, isClosed } = snapshot;
  if (isClosed) return [];
  const witness: Witness = { kind: "NOTIFICATION", sinceBeforeMs: before && at - before.at };
  // A dialog of its own tells itself when it was opened.
  const isReopened = before !== null && before.isClosed && (stage === null || stage === before.stage);
  const opened = isReopened ? [openedEvent("CONVERSATION_RESUMED", conversationId, at, source)] : [];
  if (agent === null) {
    const reason = snapshot.isSuggested ? "AGENT_TRANSFER" : null;
    return [...opened, unassignedEvent({ conversationId, at, skillId, reason }, witness)];
  }
  const takeover = isTakeover(agent, before);
  return [...opened, assignedEvent({ conversationId, at, agentNames: [agent], skillId, takeover }, witness, directory)];
}

/** A manager of the conversation becomes its agent while another one is. */
function isTakeover(agent: string, before: Snapshot | null): boolean {
  return before !== null && !before.isClosed && before.agent !== null && before.agent !== agent && before.managers.includes(agent);
}

/** Whether what was kept is one. */
export function isSnapshot(value: unknown): value is Snapshot {
  if (!isObject(value)) return false;
  const { conversationId, at, stage, agent, isSuggested, managers, skillId, source, isClosed } = value;
  return (
    typeof conversationId === "string" &&
    Number.isSafeInteger(at) &&
    isStage(stage) &&
    isTextOrNull(agent) &&
    typeof isSuggested === "boolean" &&
    Array.isArray(managers) &&
    managers.every((manager) => typeof manager === "string") &&
    isTextOrNull(skillId) &&
    isTextOrNull(source) &&
    typeof isClosed === "boolean"
  );
}

function isStage(value: unknown): boolean {
  return value === null || Number.isSafeInteger(value);
}
