import type { UserType } from "./event.ts";

export const START_REASONS = ["NEW_CONVERSATION", "TRANSFER", "TAKEOVER", "RESUME"] as const;
export const END_REASONS = [
  "AGENT_TRANSFER",
  "SKILL_TRANSFER",
  "BACK_TO_QUEUE",
  "TAKEOVER",
  "CLOSED_BY_CONSUMER",
  "CLOSED_BY_AGENT",
  "CLOSED_BY_SYSTEM",
] as const;
export const OUTCOMES = ["INTERACTIVE", "ABANDONED_BY_CONSUMER", "NON_RESPONSIVE_CONSUMER", "NON_RESPONSIVE_AGENT"] as const;

export type StartReason = (typeof START_REASONS)[number];
export type EndReason = (typeof END_REASONS)[number];
/** What became of a segment; exactly one holds. Contract, section 3. */
export type Outcome = (typeof OUTCOMES)[number];

/** The source of a conversation that nobody said to have started. */
export const UNKNOWN_SOURCE = "UNKNOWN";

/** One closed stretch of one agent's work in one conversation, `[startMs, endMs)`. Contract, section 2. */
export interface Segment {
  readonly conversationId: string;
  readonly agentId: string;
  readonly groupId: string | null;
  readonly userType: UserType;
  readonly skillId: string | null;
  readonly source: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly startReason: StartReason;
  readonly endReason: EndReason;
  readonly outcome: Outcome;
  /** The responses that enter the averages: all but the first of a segment started by `TAKEOVER` or `RESUME`. */
  readonly responseCount: number;
  /** The time of those responses together. */
  readonly responseMs: number;
  /** From the assignment to the agent's first message; null without one, and where none may enter an average. */
  readonly firstResponseMs: number | null;
}
