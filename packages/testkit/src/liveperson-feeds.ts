import type { Sender } from "@segmeter/engine";
import { LIVEPERSON_AGENTS } from "./liveperson-agents.ts";

export interface LivePersonBody {
  readonly kind: "notification";
  readonly type: "cqm.ExConversationChangeNotification" | "ms.MessagingEventNotification";
  readonly body: { readonly changes: readonly unknown[] };
}

/** Who is at work; agents by the ids of the history. */
export interface FeedState {
  readonly assigned: string | null;
  readonly suggested: string | null;
  readonly managers: readonly string[];
  readonly skillId: string | null;
  readonly isOpen: boolean;
}

/** How much later than the notifications each section of the history dates the same, in ms; earlier where negative. */
export interface HistorySkew {
  readonly stageMs: number;
  readonly transferMs: number;
  readonly participantMs: number;
  readonly messageMs: number;
  /** Added by turns to every moment. */
  readonly jitterMs: readonly number[];
}

export const NO_SKEW: HistorySkew = { stageMs: 0, transferMs: 0, participantMs: 0, messageMs: 0, jitterMs: [0] };

interface Dialog {
  readonly id: string;
  readonly type: "MAIN" | "POST_SURVEY";
  readonly startMs: number;
  /** As the history dates it. */
  readonly startMsOfHistory: number;
  endMs: number | null;
  endMsOfHistory: number | null;
  closedBy: Sender | null;
  skillId: string | null;
  messageCount: number;
}

const CONSUMER = "ade26082b1185839d17e0794924c1a0005cf5663e7c35e38f80dd8552a1a96e5";
const CONTROLLER = "3175f264-2a40-5b11-99aa-06b0a4020de3";

/** Writes down one conversation in the shapes of both feeds, as the samples of their documentation have them. */
export class LivePersonFeeds {
  readonly conversationId: string;
  readonly bodies: LivePersonBody[] = [];
  readonly #startMs: number;
  readonly #dialogs: Dialog[] = [];
  readonly #participants: unknown[] = [];
  readonly #transfers: unknown[] = [];
  readonly #messages: unknown[] = [];
  readonly #stageClock: SkewedClock;
  readonly #transferClock: SkewedClock;
  readonly #participantClock: SkewedClock;
  readonly #messageClock: SkewedClock;
  #state: FeedState;

  constructor(conversationId: string, startMs: number, state: FeedState, skew: HistorySkew) {
    this.conversationId = conversationId;
    this.#startMs = startMs;
    this.#state = state;
    this.#stageClock = new SkewedClock(skew.stageMs, skew.jitterMs);
    this.#transferClock = new SkewedClock(skew.transferMs, skew.jitterMs);
    this.#participantClock = new SkewedClock(skew.participantMs, skew.jitterMs);
    this.#messageClock = new SkewedClock(skew.messageMs, skew.jitterMs);
    this.#open(conversationId, "MAIN", startMs);
    this.notify(startMs, state);
  }

  notify(at: number, state: FeedState): void {
    this.#state = state;
    const main = this.#main();
    main.skillId = state.skillId;
    const closed = { closeReason: main.closedBy, endTs: main.endMs };
    const result = {
      convId: this.conversationId,
      effectiveTTR: -1,
      conversationDetails: {
        skillId: state.skillId ?? "-1",
        participants: participantsOf(state).map(({ id, role }) => ({ id, role })),
        dialogs: this.#dialogs.map((dialog) => this.#dialogDetails(dialog, state)).toReversed(),
        brandId: "qa51680169",
        state: state.isOpen ? "OPEN" : "CLOSE",
        stage: state.isOpen || this.#survey() ? "OPEN" : "CLOSE",
        startTs: this.#startMs,
        metaDataLastUpdateTs: at,
        context: { type: "SharkContext", lang: "en-US" },
        ...(state.isOpen ? {} : closed),
      },
    };
    this.#send("cqm.ExConversationChangeNotification", { type: "UPSERT", result });
  }

  say(at: number, sentBy: Sender, agentId: string, isPrivate: boolean): void {
    this.#say(this.#main(), at, sentBy, agentId, isPrivate);
  }

  sayInSurvey(at: number): void {
    const survey = this.#survey();
    if (survey) this.#say(survey, at, "CONSUMER", "", false);
  }

  assign(at: number, agentId: string): void {
    const agent = LIVEPERSON_AGENTS.find(({ id }) => id === agentId)!;
    this.#participants.push({
      agentId,
      userType: agent.userType === "BOT" ? "2" : "1",
      role: "AGENT",
      agentGroupId: agent.groupId === null ? -1 : Number(agent.groupId),
      timeL: this.#participantClock.read(at),
      permission: "ASSIGNED_AGENT",
      dialogId: this.#main().id,
    });
  }

  transfer(at: number, reason: string, from: string | null, skillId: string | null, targetSkillId: string | null, to: string | null): void {
    this.#transfers.push({
      timeL: this.#transferClock.read(at),
      reason,
      assignedAgentId: to ?? "null",
      targetSkillId: Number(targetSkillId ?? -1),
      sourceSkillId: Number(skillId ?? -1),
      sourceAgentId: from ?? "null",
      by: to ?? from ?? "null",
      dialogId: this.#main().id,
    });
  }

  close(at: number, by: Sender, withSurvey: boolean): void {
    const main = this.#main();
    main.endMs = at;
    main.endMsOfHistory = this.#stageClock.read(at);
    main.closedBy = by;
    if (withSurvey) this.#open(`${main.id}-survey`, "POST_SURVEY", at);
  }

  resume(at: number): void {
    this.#open(`${this.conversationId}-${this.#dialogs.length}`, "MAIN", at);
  }

  /** What the history has of it so far. */
  record(): unknown {
    const main = this.#main();
    const suggested = LIVEPERSON_AGENTS.map(({ id }) => ({ agentId: id, role: "AGENT", timeL: this.#startMs, permission: "SUGGESTED" }));
    return structuredClone({
      info: {
        conversationId: this.conversationId,
        startTimeL: this.#dialogs[0]!.startMsOfHistory,
        endTimeL: main.endMsOfHistory ?? -1,
        source: "SHARK",
        status: main.endMs === null ? "OPEN" : "CLOSE",
        closeReason: main.closedBy ?? "undefined",
        latestSkillId: Number(this.#state.skillId ?? -1),
      },
      messageRecords: this.#messages,
      agentParticipants: [...this.#participants, ...suggested],
      transfers: this.#transfers,
      dialogs: this.#dialogs.map(({ id, type, startMsOfHistory, endMsOfHistory, closedBy, skillId }) => ({
        dialogId: id,
        dialogType: type,
        status: endMsOfHistory === null ? "OPEN" : "CLOSE",
        startTimeL: startMsOfHistory,
        endTimeL: endMsOfHistory ?? -1,
        closeReason: closedBy ?? "undefined",
        skillId: Number(skillId ?? -1),
      })),
    });
  }

  #open(id: string, type: Dialog["type"], startMs: number): void {
    this.#dialogs.push({
      id,
      type,
      startMs,
      startMsOfHistory: this.#stageClock.read(startMs),
      endMs: null,
      endMsOfHistory: null,
      closedBy: null,
      skillId: this.#state.skillId,
      messageCount: 0,
    });
  }

  #main(): Dialog {
    return this.#dialogs.findLast(({ type }) => type === "MAIN")!;
  }

  /** The one that runs after the conversation's end. */
  #survey(): Dialog | undefined {
    const last = this.#dialogs.at(-1)!;
    return last.type === "POST_SURVEY" ? last : undefined;
  }

  #dialogDetails(dialog: Dialog, state: FeedState): unknown {
    return {
      dialogId: dialog.id,
      participantsDetails: dialog.type === "MAIN" ? participantsOf(state) : [{ id: CONSUMER, role: "CONSUMER", state: "ACTIVE" }],
      dialogType: dialog.type,
      channelType: "MESSAGING",
      creationTs: dialog.startMs,
      state: dialog.endMs === null ? "OPEN" : "CLOSE",
      ...(dialog.endMs !== null && { endTs: dialog.endMs, closedBy: dialog.closedBy }),
    };
  }

  #say(dialog: Dialog, at: number, sentBy: Sender, agentId: string, isPrivate: boolean): void {
    const number = dialog.messageCount++;
    const participantId = sentBy === "AGENT" ? agentId : sentBy === "CONSUMER" ? CONSUMER : CONTROLLER;
    const audience = isPrivate ? "AGENTS_AND_MANAGERS" : "ALL";
    const role = sentBy === "AGENT" ? (agentId === this.#state.assigned ? "ASSIGNED_AGENT" : "READER") : ROLE_OF_SENDER[sentBy];
    this.#messages.push({
      type: "TEXT_PLAIN",
      seq: number,
      dialogId: dialog.id,
      participantId,
      timeL: this.#messageClock.read(at),
      sentBy: { CONSUMER: "Consumer", AGENT: "Agent", SYSTEM: "Controller" }[sentBy],
      audience,
    });
    this.#send("ms.MessagingEventNotification", {
      sequence: number,
      originatorId: sentBy === "AGENT" ? `51680169.${agentId}` : participantId,
      originatorMetadata: { id: sentBy === "AGENT" ? pidOf(agentId) : participantId, role },
      serverTimestamp: at,
      event: { type: "ContentEvent", message: "…", contentType: "text/plain" },
      conversationId: this.conversationId,
      dialogId: dialog.id,
      messageAudience: audience,
    });
  }

  #send(type: LivePersonBody["type"], change: unknown): void {
    this.bodies.push({ kind: "notification", type, body: { changes: [change] } });
  }
}

/** Dates what happens one after another, each later than what was before. */
class SkewedClock {
  readonly #skewMs: number;
  readonly #jitterMs: readonly number[];
  #readCount = 0;
  #lastAt = -Infinity;
  #lastMs = -Infinity;

  constructor(skewMs: number, jitterMs: readonly number[]) {
    this.#skewMs = skewMs;
    this.#jitterMs = jitterMs;
  }

  read(at: number): number {
    if (at === this.#lastAt) return this.#lastMs;
    this.#lastAt = at;
    const jitterMs = this.#jitterMs[this.#readCount++ % this.#jitterMs.length]!;
    this.#lastMs = Math.max(this.#lastMs + 1, at + this.#skewMs + jitterMs);
    return this.#lastMs;
  }
}

const ROLE_OF_SENDER = { CONSUMER: "CONSUMER", SYSTEM: "CONTROLLER" };

interface Participant {
  readonly id: string;
  readonly role: string;
  readonly state: string;
}

function participantsOf({ assigned, suggested, managers }: FeedState): Participant[] {
  return [
    participant(CONSUMER, "CONSUMER"),
    participant(CONTROLLER, "CONTROLLER"),
    ...managers.map((id) => participant(pidOf(id), "MANAGER")),
    ...(assigned === null ? [] : [participant(pidOf(assigned), "ASSIGNED_AGENT")]),
    ...(suggested === null ? [] : [participant(pidOf(suggested), "ASSIGNED_AGENT", "SUGGESTED")]),
  ];
}

function participant(id: string, role: string, state = "ACTIVE"): Participant {
  return { id, role, state };
}

function pidOf(agentId: string): string {
  return LIVEPERSON_AGENTS.find(({ id }) => id === agentId)!.pid;
}
