import { SENDERS, type ConversationEvent, type Sender } from "@segmeter/engine";
import * as fc from "fast-check";
import type { EventBody } from "./event-body.ts";
import { LIVEPERSON_AGENTS } from "./liveperson-agents.ts";
import { LivePersonFeeds, NO_SKEW, type FeedState, type HistorySkew, type LivePersonBody } from "./liveperson-feeds.ts";

/** One conversation as LivePerson would tell it, twice, and what really happened. */
export interface LivePersonConversation {
  /** Bodies of webhooks, in the order in which they were sent. */
  readonly bodies: readonly LivePersonBody[];
  /** An entry of `conversationHistoryRecords`. */
  readonly record: unknown;
  /** The same entry at an earlier moment, somewhere on the way, while nothing happened. */
  readonly recordBefore: unknown;
  /** By the contract, in order. */
  readonly truth: readonly ConversationEvent[];
}

const START_MS = 1_763_769_600_000;
const SKILLS = ["21", "22", "3592991110"];

const agentId = fc.constantFrom(...LIVEPERSON_AGENTS.map(({ id }) => id));

/** What may happen next; where it cannot, nothing does. */
const STEP = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("MESSAGE" as const), by: fc.constantFrom("CONSUMER", "ASSIGNED", "OTHER", "SYSTEM", "NOTE") }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("ASSIGN" as const), agentId }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("OFFER" as const, "HAND_OVER" as const, "JOIN" as const, "JOIN" as const), agentId }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("SKILL" as const), skillId: fc.constantFrom(...SKILLS) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "QUEUE" as const,
        "RING" as const,
        "TIMEOUT" as const,
        "UPDATE" as const,
        "TAKE_OVER" as const,
        "TAKE_OVER" as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("CLOSE" as const), by: fc.constantFrom(...SENDERS), withSurvey: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("RESUME" as const, "SURVEY" as const) }) },
);
type Step = typeof STEP extends fc.Arbitrary<infer Value> ? Value : never;

/** Longer than a skew. */
const REST_MS = 10_000;
/** Half of what happens does so within the skew of what was before. */
const GAP_MS = fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 600_000 }));

/** @param skew by which the moments of the history differ from those of the notifications; none if left out */
export function livePersonConversationArbitrary(
  skew: fc.Arbitrary<HistorySkew> = fc.constant(NO_SKEW),
): fc.Arbitrary<LivePersonConversation> {
  return fc
    .record({
      conversationId: fc.uuid(),
      skillId: fc.option(fc.constantFrom(...SKILLS)),
      steps: fc.array(fc.record({ step: STEP, gapMs: GAP_MS }), { maxLength: 40, size: "max" }),
      stepsBefore: fc.nat({ max: 40 }),
      isEnded: fc.boolean(),
      skewed: skew,
    })
    .map(({ conversationId, skillId, steps, stepsBefore, isEnded, skewed }) => {
      const play = new Play(conversationId, skillId, skewed);
      for (const { step: next, gapMs } of steps.slice(0, stepsBefore)) play.take(next, gapMs);
      play.rest(REST_MS);
      const { record: recordBefore } = play.told();
      play.rest(REST_MS);
      for (const { step: next, gapMs } of steps.slice(stepsBefore)) play.take(next, gapMs);
      if (isEnded) play.take({ kind: "CLOSE", by: "AGENT", withSurvey: false }, 1);
      return Object.assign(play.told(), { recordBefore });
    });
}

/** Moments that lie up to `maxMs` apart in both feeds, either way, some not at all; those of one section alike, or nearly. */
export function historySkewArbitrary(maxMs: number): fc.Arbitrary<HistorySkew> {
  const skewMs = fc.oneof(fc.constant(0), fc.integer({ min: -maxMs, max: maxMs }));
  const jitterMaxMs = Math.floor(maxMs / 10);
  const jitterMs = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -jitterMaxMs, max: jitterMaxMs }));
  return fc.record({
    stageMs: skewMs,
    transferMs: skewMs,
    participantMs: skewMs,
    messageMs: skewMs,
    jitterMs: fc.array(jitterMs, { minLength: 1, maxLength: 5 }),
  });
}

/**
 * How webhooks arrive: in any order, some again.
 *
 * @param hasLosses some of them never do
 */
export function deliveryArbitrary(
  bodies: readonly LivePersonBody[],
  { hasLosses }: { readonly hasLosses: boolean },
): fc.Arbitrary<LivePersonBody[]> {
  const all = [...bodies];
  const minLength = hasLosses ? 0 : all.length;
  return fc
    .tuple(
      fc.oneof(fc.shuffledSubarray(all, { minLength }), fc.subarray(all, { minLength })),
      fc.subarray(all, { maxLength: hasLosses ? 0 : all.length }),
    )
    .map((deliveries) => deliveries.flat());
}

/** Plays a conversation step by step, telling both feeds, and keeps what happened. */
class Play {
  readonly #truth: ConversationEvent[] = [];
  readonly #feeds: LivePersonFeeds;
  #atMs = START_MS;
  #state: FeedState;

  constructor(conversationId: string, skillId: string | null, skew: HistorySkew) {
    this.#state = { assigned: null, suggested: null, managers: [], skillId, isOpen: true };
    this.#feeds = new LivePersonFeeds(conversationId, START_MS, this.#state, skew);
    this.#happened({ type: "CONVERSATION_STARTED", source: "WEB", skillId });
  }

  told(): Omit<LivePersonConversation, "recordBefore"> {
    return { bodies: this.#feeds.bodies, record: this.#feeds.record(), truth: this.#truth };
  }

  rest(ms: number): void {
    this.#atMs += ms;
  }

  take(step: Step, gapMs: number): void {
    this.#atMs += gapMs;
    if (this.#state.isOpen) this.#takeOpen(step);
    else if (step.kind === "RESUME") this.#resume();
    else if (step.kind === "SURVEY") this.#feeds.sayInSurvey(this.#atMs);
    else if (step.kind === "UPDATE") this.#become({});
  }

  #takeOpen(step: Step): void {
    const { assigned, managers, skillId } = this.#state;
    const feeds = this.#feeds;
    const at = this.#atMs;
    switch (step.kind) {
      case "MESSAGE":
        return this.#say(step.by);
      case "ASSIGN":
        if (assigned !== null) return;
        this.#assign(step.agentId, false);
        return this.#become({ assigned: step.agentId, suggested: null, managers: managers.filter((id) => id !== step.agentId) });
      case "HAND_OVER":
        if (assigned === null || assigned === step.agentId || managers.includes(step.agentId)) return;
        feeds.transfer(at, "Agent", assigned, skillId, skillId, step.agentId);
        this.#assign(step.agentId, false);
        return this.#become({ assigned: step.agentId });
      case "TAKE_OVER": {
        const manager = managers[0];
        if (assigned === null || manager === undefined) return;
        feeds.transfer(at, "TakeOver", assigned, skillId, skillId, manager);
        this.#assign(manager, true);
        return this.#become({ assigned: manager, managers: managers.slice(1) });
      }
      case "OFFER":
        if (assigned === null || assigned === step.agentId) return;
        feeds.transfer(at, "Agent", assigned, skillId, skillId, null);
        this.#happened({ type: "AGENT_UNASSIGNED", reason: "AGENT_TRANSFER", skillId: null });
        return this.#become({ assigned: null, suggested: step.agentId });
      case "SKILL":
        if (step.skillId === skillId) return;
        feeds.transfer(at, "Skill", assigned, skillId, step.skillId, null);
        this.#happened({ type: "AGENT_UNASSIGNED", reason: "SKILL_TRANSFER", skillId: step.skillId });
        return this.#become({ assigned: null, suggested: null, skillId: step.skillId });
      case "QUEUE":
        if (assigned === null) return;
        feeds.transfer(at, "back2Q", assigned, skillId, skillId, null);
        this.#happened({ type: "AGENT_UNASSIGNED", reason: "BACK_TO_QUEUE", skillId: null });
        return this.#become({ assigned: null, suggested: null });
      case "TIMEOUT":
        if (this.#state.suggested === null) return;
        feeds.transfer(at, "SuggestedAgentTimeout", null, skillId, skillId, null);
        return this.#become({ suggested: null });
      case "RING":
        return assigned === null ? this.#become({ suggested: LIVEPERSON_AGENTS[0].id }) : undefined;
      case "JOIN":
        if (assigned === step.agentId || managers.includes(step.agentId)) return;
        return this.#become({ managers: [...managers, step.agentId] });
      case "UPDATE":
        return this.#become({});
      case "CLOSE":
        feeds.close(at, step.by, step.withSurvey);
        this.#happened({ type: "CONVERSATION_CLOSED", closedBy: step.by });
        return this.#become({ isOpen: false });
      case "RESUME":
      case "SURVEY":
        return;
      default:
        step satisfies never;
    }
  }

  #resume(): void {
    this.#feeds.resume(this.#atMs);
    this.#happened({ type: "CONVERSATION_RESUMED", source: "WEB", skillId: this.#state.skillId });
    this.#become({ isOpen: true, assigned: null, suggested: null });
  }

  #assign(id: string, takeover: boolean): void {
    const { groupId, userType } = LIVEPERSON_AGENTS.find((agent) => agent.id === id)!;
    this.#feeds.assign(this.#atMs, id);
    this.#happened({ type: "AGENT_ASSIGNED", agentId: id, groupId, userType, skillId: this.#state.skillId, takeover });
  }

  #say(by: string): void {
    const { assigned } = this.#state;
    const author = by === "ASSIGNED" || by === "NOTE" ? assigned : (LIVEPERSON_AGENTS.find(({ id }) => id !== assigned)?.id ?? null);
    const sentBy: Sender = by === "CONSUMER" || by === "SYSTEM" ? by : "AGENT";
    if (author === null) return;
    this.#feeds.say(this.#atMs, sentBy, author, by === "NOTE");
    if (by !== "NOTE") this.#happened({ type: "MESSAGE_SENT", sentBy, agentId: sentBy === "AGENT" ? author : null });
  }

  #become(changed: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...changed };
    this.#feeds.notify(this.#atMs, this.#state);
  }

  #happened(body: EventBody): void {
    const sequence = this.#truth.length;
    this.#truth.push({ eventId: String(sequence), conversationId: this.#feeds.conversationId, at: this.#atMs, sequence, ...body });
  }
}
