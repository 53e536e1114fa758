import { describe, type ConversationEvent, type Sender, type UserType } from "@segmeter/engine";
import type { AgentDirectory } from "./agent-directory.ts";
import {
  assignedEvent,
  BEFORE_ALL,
  closedEvent,
  closerOf,
  HISTORY,
  messageEvent,
  openedEvent,
  placedBehind,
  unassignedEvent,
  type Place,
  type Translation,
} from "./fact.ts";
import { sourceOfHistory } from "./source.ts";
import { SAME_CHANGE_MS } from "./told.ts";
import { countIn, isObject, listIn, momentIn, objectIn, textIn, wordIn, type JsonObject } from "./value.ts";

/**
 * Translates one entry of `conversationHistoryRecords`. A record that contradicts itself is taken as far as it is sound:
 * every part that is not taken, or fits no other, is among the faults.
 */
export function toHistoryEvents(record: unknown, directory: AgentDirectory): Translation {
  const info = isObject(record) ? objectIn(record, "info") : {};
  const conversationId = textIn(info, "conversationId");
  if (!isObject(record) || conversationId === null) {
    return { events: [], faults: [`info.conversationId: expected the conversation, got ${describe(info["conversationId"])}`] };
  }
  return new RecordReader(conversationId, record, info, directory).read();
}

/** A time in which it was open, as one dialog. */
interface Stage {
  readonly dialogIds: (string | null)[];
  /** null: the record does not say when. */
  readonly opened: { readonly at: number; readonly type: "CONVERSATION_STARTED" | "CONVERSATION_RESUMED" } | null;
  /** Of its end, if it was never transferred. */
  readonly skillId: string | null;
  closed: { readonly at: number; readonly closedBy: Sender } | null;
}

/** Somebody is assigned. */
interface Coming {
  readonly where: string;
  readonly at: number;
  readonly dialogId: string | null;
  readonly agentId: string;
  readonly groupId: string | null;
  readonly userType: UserType | null;
}

/** A transfer: somebody leaves, or is taken over, or nobody was there. */
interface Going {
  readonly where: string;
  readonly at: number;
  readonly dialogId: string | null;
  readonly reason: TransferReason;
  readonly transfer: JsonObject;
  readonly sourceAgentId: string | null;
}

class RecordReader {
  readonly #conversationId: string;
  readonly #record: JsonObject;
  readonly #info: JsonObject;
  readonly #directory: AgentDirectory;
  readonly #events: ConversationEvent[] = [];
  readonly #faults: string[] = [];
  #last: Place = BEFORE_ALL;

  constructor(conversationId: string, record: JsonObject, info: JsonObject, directory: AgentDirectory) {
    this.#conversationId = conversationId;
    this.#record = record;
    this.#info = info;
    this.#directory = directory;
  }

  read(): Translation {
    const stages = this.#readStages();
    const comings = this.#readComings();
    this.#addWitnessed(comings);
    const goings = this.#readGoings();
    const comingsOf = this.#byStage(stages, comings);
    const goingsOf = this.#byStage(stages, goings);
    const walks = stages.map((stage, index) => this.#walk(stage, comingsOf[index]!, goingsOf[index]!));
    const lastAssigned = walks.findLast((walk) => walk.lastAssigned !== null)?.lastAssigned ?? null;
    this.#checkLatest(lastAssigned, walks.at(-1)!.skillId);
    this.#readMessages();
    return { events: this.#events, faults: this.#faults };
  }

  #fault(where: string, message: string): void {
    this.#faults.push(`${where}: ${message}`);
  }

  #say(event: ConversationEvent): void {
    const said = placedBehind(this.#last, event);
    this.#last = said;
    this.#events.push(said);
  }

  /** When the conversation was opened and closed, each time; at least one. */
  #readStages(): Stage[] {
    const startMs = momentIn(this.#info, "startTimeL");
    const dialogs = listIn(this.#record, "dialogs")
      .filter((dialog) => (wordIn(dialog, "dialogType") ?? "MAIN") === "MAIN")
      .toSorted((a, b) => (momentIn(a, "startTimeL") ?? 0) - (momentIn(b, "startTimeL") ?? 0));
    const skillIdOf = (dialog: JsonObject | undefined): string | null =>
      dialogs.length > 1 && dialog ? textIn(dialog, "skillId") : textIn(this.#info, "latestSkillId");
    if (startMs === null) this.#fault("info.startTimeL", "expected epoch ms, got none; it opens with its first event");
    const opened = startMs === null ? null : { at: startMs, type: "CONVERSATION_STARTED" as const };
    const stages: Stage[] = [{ dialogIds: [], opened, skillId: skillIdOf(dialogs[0]), closed: null }];
    dialogs.forEach((dialog, index) => {
      const at = momentIn(dialog, "startTimeL");
      if (index > 0 && at !== null) {
        const type = wordIn(dialog, "openedBy") === "CONSUMER" ? "CONVERSATION_STARTED" : "CONVERSATION_RESUMED";
        stages.push({ dialogIds: [], opened: { at, type }, skillId: skillIdOf(dialog), closed: null });
      }
      const isLast = index === dialogs.length - 1;
      const stage = stages.at(-1)!;
      stage.dialogIds.push(textIn(dialog, "dialogId"));
      stage.closed = this.#readEnd(`dialogs.${index}`, dialog, isLast ? momentIn(this.#info, "endTimeL") : null) ?? stage.closed;
    });
    const isEnded = stages.some(({ closed }) => closed !== null);
    if (dialogs.length === 0 || (isStatusClosed(this.#info) && !isEnded)) stages.at(-1)!.closed = this.#readEnd("info", this.#info, null);
    else if (wordIn(this.#info, "status") === "OPEN") this.#checkOpen("info", this.#info);
    for (const stage of stages) {
      if (!stage.opened || !stage.closed || stage.opened.at - stage.closed.at <= SAME_CHANGE_MS) continue;
      this.#fault("info", `closed at ${stage.closed.at}, before it was opened at ${stage.opened.at}; it stays open`);
      stage.closed = null;
    }
    return stages;
  }

  /** @param endMsElse the end, where the section does not say it itself */
  #readEnd(where: string, given: JsonObject, endMsElse: number | null): Stage["closed"] {
    const endMs = momentIn(given, "endTimeL") ?? endMsElse;
    if (!(isStatusClosed(given) ?? endMs !== null)) {
      this.#checkOpen(where, given);
      return null;
    }
    if (endMs === null) {
      this.#fault(`${where}.endTimeL`, "expected when it was closed, got none; it stays open");
      return null;
    }
    return { at: endMs, closedBy: closerOf(textIn(given, "closeReason") ?? textIn(this.#info, "closeReason")) };
  }

  #checkOpen(where: string, given: JsonObject): void {
    for (const name of ["closeReason", "endTimeL"]) {
      const value = textIn(given, name);
      if (value !== null) this.#fault(`${where}.${name}`, `expected none while the status is OPEN, got ${describe(value)}; it stays open`);
    }
  }

  #readComings(): Coming[] {
    return listIn(this.#record, "agentParticipants").flatMap((participant, index): Coming[] => {
      if (wordIn(participant, "permission") !== "ASSIGNED_AGENT") return [];
      const where = `agentParticipants.${index}`;
      const agentId = textIn(participant, "agentId");
      const at = momentIn(participant, "timeL");
      if (agentId === null || at === null) {
        this.#fault(where, "expected agentId and timeL; the assignment is passed over");
        return [];
      }
      const userType = USER_TYPES.get(textIn(participant, "userType") ?? "") ?? null;
      const groupId = textIn(participant, "agentGroupId");
      return [{ where, at, dialogId: textIn(participant, "dialogId"), agentId, groupId, userType }];
    });
  }

  /** Interactions name the assigned agents a second time: whom no participant tells of is taken from there. */
  #addWitnessed(comings: Coming[]): void {
    listIn(this.#record, "interactions").forEach((interaction, index) => {
      const where = `interactions.${index}`;
      const agentId = textIn(interaction, "assignedAgentId");
      const at = momentIn(interaction, "interactionTimeL");
      if (agentId === null || at === null || comings.some((coming) => coming.agentId === agentId)) return;
      this.#fault(where, `agent ${describe(agentId)} was assigned, and is not among agentParticipants; taken from here`);
      comings.push({ where, at, dialogId: textIn(interaction, "dialogId"), agentId, groupId: null, userType: null });
    });
  }

  #readGoings(): Going[] {
    return listIn(this.#record, "transfers").flatMap((transfer, index): Going[] => {
      const where = `transfers.${index}`;
      const at = momentIn(transfer, "timeL");
      const reason = REASONS_BY_WORD.get(wordIn(transfer, "reason") ?? "");
      if (at === null) this.#fault(where, "expected timeL; the transfer is passed over");
      else if (reason === undefined) {
        this.#fault(where, `reason: expected one of ${[...REASONS.keys()].join(", ")}, got ${describe(transfer["reason"])}; passed over`);
      } else {
        return [{ where, at, dialogId: textIn(transfer, "dialogId"), reason, transfer, sourceAgentId: textIn(transfer, "sourceAgentId") }];
      }
      return [];
    });
  }

  /** @returns of each stage what happened in it, in order, and within it; what lies in none is named */
  #byStage<Change extends Coming | Going>(stages: readonly Stage[], changes: readonly Change[]): Change[][] {
    const byStage = stages.map((): Change[] => []);
    for (const change of changes.toSorted((a, b) => a.at - b.at)) {
      const named = stages.findIndex(({ dialogIds }) => change.dialogId !== null && dialogIds.includes(change.dialogId));
      const distances = stages.map((stage, index) => Math.max(0, msOutside(stage, change.at) - (index === named ? SAME_CHANGE_MS : 0)));
      const index = named !== -1 && distances[named] === 0 ? named : distances.indexOf(Math.min(...distances));
      const at = momentWithin(stages[index]!, change.at);
      if (Math.abs(at - change.at) <= SAME_CHANGE_MS) byStage[index]!.push({ ...change, at });
      else this.#fault(change.where, `happened at ${change.at}, while the conversation was not open; passed over`);
    }
    return byStage;
  }

  /**
   * Goes through a stage, and says what fits what went before. Who came and who left stand in two sections, each in its own
   * order; where these are dated closely, what alone can be next is next.
   */
  #walk(stage: Stage, comings: readonly Coming[], allGoings: readonly Going[]): Walk {
    // The record tells skills of ends and of transfers: where the first one came from, else where it still was at its end.
    const skillId = allGoings[0] ? textIn(allGoings[0].transfer, "sourceSkillId") : stage.skillId;
    const walk: Walk = { assigned: null, leaving: null, lastAssigned: null, skillId };
    // An offer that ran out is no agent's work.
    const goings = allGoings.filter(({ reason }) => reason !== "NONE");
    if (stage.opened) this.#say(openedEvent(stage.opened.type, this.#conversationId, stage.opened.at, sourceOfHistory(this.#info)));
    for (let [comingIndex, goingIndex] = [0, 0]; comingIndex < comings.length || goingIndex < goings.length;) {
      const [coming, going] = [comings[comingIndex], goings[goingIndex]];
      const next = nextOf(coming, going, walk.assigned);
      const at = Math.min(coming?.at ?? Infinity, going?.at ?? Infinity);
      if (next === "COMING") this.#come(walk, coming!, at, false);
      else this.#go(walk, going!, next === "BOTH" ? coming! : null, at);
      if (next !== "GOING") comingIndex += 1;
      if (next !== "COMING") goingIndex += 1;
    }
    if (stage.closed) this.#say(closedEvent(this.#conversationId, stage.closed.at, stage.closed.closedBy));
    return walk;
  }

  #come(walk: Walk, { agentId, groupId, userType }: Pick<Coming, "agentId" | "groupId" | "userType">, at: number, takeover: boolean): void {
    const conversationId = this.#conversationId;
    const assignment = { conversationId, at, agentNames: [agentId], skillId: walk.skillId, takeover, groupId, userType };
    this.#say(assignedEvent(assignment, HISTORY, this.#directory));
    walk.leaving = walk.assigned ?? walk.leaving;
    walk.assigned = walk.lastAssigned = agentId;
  }

  /** @param manager who came by this takeover, as the participants tell of it */
  #go(walk: Walk, going: Going, manager: Coming | null, at: number): void {
    const { where, reason, transfer, sourceAgentId } = going;
    const targetSkillId = textIn(transfer, "targetSkillId");
    if (reason === "TAKEOVER") {
      const agentId = managerOf(going);
      walk.skillId = targetSkillId ?? walk.skillId;
      if (manager !== null) this.#come(walk, manager, manager.at, true);
      else if (agentId === null) this.#fault(where, "expected who took over, got none; the takeover is passed over");
      else if (agentId !== walk.assigned) this.#come(walk, { agentId, groupId: null, userType: null }, at, true);
    } else if (reason !== "NONE") {
      if (isOther(sourceAgentId, walk.assigned ?? walk.leaving)) {
        this.#fault(where, `from agent ${describe(sourceAgentId)}, who was not assigned then; passed over`);
        return;
      }
      walk.skillId = targetSkillId ?? walk.skillId;
      this.#say(unassignedEvent({ conversationId: this.#conversationId, at, skillId: targetSkillId, reason }, HISTORY));
      walk.leaving = walk.assigned ?? walk.leaving;
      walk.assigned = null;
    }
  }

  #checkLatest(agentId: string | null, skillId: string | null): void {
    const latestAgentId = textIn(this.#info, "latestAgentId");
    if (isOther(latestAgentId, agentId)) {
      this.#fault("info.latestAgentId", `expected the agent assigned last, ${describe(agentId)}, got ${describe(latestAgentId)}`);
    }
    const latestSkillId = textIn(this.#info, "latestSkillId");
    if (isOther(latestSkillId, skillId)) {
      this.#fault("info.latestSkillId", `expected the skill of the last transfer, ${describe(skillId)}, got ${describe(latestSkillId)}`);
    }
  }

  #readMessages(): void {
    const surveys = new Set(
      listIn(this.#record, "dialogs")
        .filter((dialog) => (wordIn(dialog, "dialogType") ?? "MAIN") !== "MAIN")
        .map((dialog) => textIn(dialog, "dialogId")),
    );
    listIn(this.#record, "messageRecords").forEach((message, index) => {
      const where = `messageRecords.${index}`;
      const dialogId = textIn(message, "dialogId") ?? dialogOf(textIn(message, "messageId")) ?? this.#conversationId;
      if (surveys.has(dialogId) || PRIVATE.has(wordIn(message, "audience") ?? wordIn(message, "messageAudience") ?? "")) return;
      const timeMs = momentIn(message, "timeL");
      const number = countIn(message, "seq");
      const sentBy = SENDERS.get(wordIn(message, "sentBy") ?? "");
      const agentId = sentBy === "AGENT" ? this.#directory.idOf(namesOf(message)) : null;
      if (timeMs === null || number === null || sentBy === undefined || (sentBy === "AGENT" && agentId === null)) {
        this.#fault(where, "expected timeL, seq, sentBy and, of an agent, participantId; the message is passed over");
        return;
      }
      const at = Math.max(timeMs, momentIn(this.#info, "startTimeL") ?? 0);
      if (at - timeMs > SAME_CHANGE_MS) {
        this.#fault(where, `was sent at ${timeMs}, before the conversation was opened; passed over`);
        return;
      }
      this.#checkTime(where, message, timeMs);
      this.#events.push(messageEvent({ conversationId: this.#conversationId, dialogId, number, at, sentBy, agentId }));
    });
  }

  /** `"time": "2016-08-29 15:14:20.569+0000"` is `timeL` once more; without its zone it would be read in this machine's. */
  #checkTime(where: string, message: JsonObject, timeMs: number): void {
    const text = textIn(message, "time");
    const textMs = text === null || !/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? NaN : Date.parse(text.replace(" ", "T").replace(/\+0000$/, "Z"));
    if (!Number.isNaN(textMs) && textMs !== timeMs) this.#fault(where, `time says ${textMs}, timeL ${timeMs}, which is taken`);
  }
}

/** Where a stage stands while it is gone through. */
interface Walk {
  assigned: string | null;
  /** Who was before. */
  leaving: string | null;
  lastAssigned: string | null;
  skillId: string | null;
}

/** What is next of two sections: the earlier, unless they are dated closely and only the later one fits who is assigned. */
function nextOf(coming: Coming | undefined, going: Going | undefined, assigned: string | null): "COMING" | "GOING" | "BOTH" {
  if (coming === undefined) return "GOING";
  if (going === undefined) return "COMING";
  const earlier = coming.at < going.at ? "COMING" : "GOING";
  if (Math.abs(coming.at - going.at) > SAME_CHANGE_MS) return earlier;
  const isFromAssigned = going.sourceAgentId === assigned;
  if (going.reason === "TAKEOVER") {
    if (coming.agentId === managerOf(going) && (isFromAssigned || going.sourceAgentId === null)) return "BOTH";
  } else if (isFromAssigned) return "GOING";
  return coming.agentId === going.sourceAgentId ? "COMING" : earlier;
}

function managerOf({ transfer }: Going): string | null {
  return textIn(transfer, "assignedAgentId") ?? textIn(transfer, "by");
}

function msOutside(stage: Stage, at: number): number {
  return Math.abs(momentWithin(stage, at) - at);
}

function momentWithin({ opened, closed }: Stage, at: number): number {
  return Math.max(opened?.at ?? 0, Math.min(at, closed?.at ?? Infinity));
}

/** @returns null: the section has no status */
function isStatusClosed(given: JsonObject): boolean | null {
  return wordIn(given, "status")?.startsWith("CLOSE") ?? null;
}

/** Whether something is said, and differs from what is known. */
function isOther(said: string | null, known: string | null): boolean {
  return said !== null && said !== known;
}

/** `ms::dialog:<dialog>::msg:<number>`, or `ms::conv:…` in older records. */
function dialogOf(messageId: string | null): string | null {
  return messageId === null ? null : (/^ms::(?:conv|dialog):(.+)::msg:\d+$/.exec(messageId)?.[1] ?? null);
}

function namesOf(message: JsonObject): string[] {
  const name = textIn(message, "participantId");
  return name === null ? [] : [name];
}

type TransferReason = "BACK_TO_QUEUE" | "AGENT_TRANSFER" | "SKILL_TRANSFER" | "TAKEOVER" | "NONE";

const REASONS: ReadonlyMap<string, TransferReason> = new Map([
  ["back2Q", "BACK_TO_QUEUE"],
  ["Agent", "AGENT_TRANSFER"],
  ["Skill", "SKILL_TRANSFER"],
  ["TakeOver", "TAKEOVER"],
  ["SuggestedAgentTimeout", "NONE"],
]);
const REASONS_BY_WORD: ReadonlyMap<string, TransferReason> = new Map([...REASONS].map(([word, reason]) => [word.toUpperCase(), reason]));

/** 0 is the system's own user, which is nobody human. */
const USER_TYPES: ReadonlyMap<string, UserType> = new Map([
  ["0", "BOT"],
  ["1", "HUMAN"],
  ["2", "BOT"],
]);

const SENDERS: ReadonlyMap<string, Sender> = new Map([
  ["CONSUMER", "CONSUMER"],
  ["AGENT", "AGENT"],
  ["SYSTEM", "SYSTEM"],
  ["CONTROLLER", "SYSTEM"],
]);

/** Notes that agents leave each other. */
const PRIVATE: ReadonlySet<string> = new Set(["AGENTS_AND_MANAGERS"]);
