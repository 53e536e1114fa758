import { describe, type ConversationEvent, type Sender, type UserType } from "@segmeter/engine";
import type { AgentDirectory } from "./agent-directory.ts";
import { assignedEvent, closedEvent, closerOf, HISTORY, messageEvent, openedEvent, unassignedEvent, type Translation } from "./fact.ts";
import { sourceOfHistory } from "./source.ts";
import { countIn, isObject, listIn, momentIn, objectIn, textIn, type JsonObject } from "./value.ts";

/** Sections of one record are written by different services; what lies so close together is one change. */
const SAME_CHANGE_MS = 5_000;

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

/** One thing that the record says of who is at work. */
type Change =
  | {
      readonly kind: "OPENED";
      readonly at: number;
      readonly type: "CONVERSATION_STARTED" | "CONVERSATION_RESUMED";
      /** Of its end, if it was never transferred. */ readonly skillId: string | null;
    }
  | { readonly kind: "TRANSFERRED"; readonly at: number; readonly where: string; readonly transfer: JsonObject }
  | { readonly kind: "ASSIGNED"; readonly at: number; readonly where: string; readonly agent: Assignee }
  | { readonly kind: "CLOSED"; readonly at: number; readonly closedBy: Sender };

interface Assignee {
  readonly agentId: string;
  readonly groupId: string | null;
  readonly userType: UserType | null;
  takeover: boolean;
}

/** Of changes at the same moment: who leaves does so before somebody else comes. */
const ORDER: readonly Change["kind"][] = ["OPENED", "TRANSFERRED", "ASSIGNED", "CLOSED"];

class RecordReader {
  readonly #conversationId: string;
  readonly #record: JsonObject;
  readonly #info: JsonObject;
  readonly #directory: AgentDirectory;
  readonly #events: ConversationEvent[] = [];
  readonly #faults: string[] = [];

  constructor(conversationId: string, record: JsonObject, info: JsonObject, directory: AgentDirectory) {
    this.#conversationId = conversationId;
    this.#record = record;
    this.#info = info;
    this.#directory = directory;
  }

  read(): Translation {
    const changes = [...this.#readAssignments(), ...this.#readTransfers()];
    this.#markTakeovers(changes);
    this.#addWitnessed(changes);
    changes.push(...this.#readStages());
    this.#walk(changes.toSorted((a, b) => a.at - b.at || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)));
    this.#readMessages();
    return { events: this.#events, faults: this.#faults };
  }

  #fault(where: string, message: string): void {
    this.#faults.push(`${where}: ${message}`);
  }

  /** When the conversation was opened and closed, each time. */
  #readStages(): Change[] {
    const startMs = momentIn(this.#info, "startTimeL");
    const dialogs = listIn(this.#record, "dialogs")
      .filter((dialog) => (textIn(dialog, "dialogType") ?? "MAIN") === "MAIN")
      .toSorted((a, b) => (momentIn(a, "startTimeL") ?? 0) - (momentIn(b, "startTimeL") ?? 0));
    const changes: Change[] = [];
    const skillIdOf = (dialog: JsonObject | undefined): string | null =>
      dialogs.length > 1 && dialog ? textIn(dialog, "skillId") : textIn(this.#info, "latestSkillId");
    if (startMs === null) this.#fault("info.startTimeL", "expected epoch ms, got none; it opens with its first event");
    else changes.push({ kind: "OPENED", at: startMs, type: "CONVERSATION_STARTED", skillId: skillIdOf(dialogs[0]) });
    dialogs.forEach((dialog, index) => {
      const where = `dialogs.${index}`;
      const at = momentIn(dialog, "startTimeL");
      if (index > 0 && at !== null) {
        const type = textIn(dialog, "openedBy") === "CONSUMER" ? "CONVERSATION_STARTED" : "CONVERSATION_RESUMED";
        changes.push({ kind: "OPENED", at, type, skillId: skillIdOf(dialog) });
      }
      const isLast = index === dialogs.length - 1;
      changes.push(...this.#readEnd(where, dialog, isLast ? momentIn(this.#info, "endTimeL") : null));
    });
    const isEnded = changes.some(({ kind }) => kind === "CLOSED");
    if (dialogs.length === 0 || (isStatusClosed(this.#info) && !isEnded)) changes.push(...this.#readEnd("info", this.#info, null));
    else if (textIn(this.#info, "status") === "OPEN") this.#checkOpen("info", this.#info);
    return changes;
  }

  /** @param endMsElse the end, where the section does not say it itself */
  #readEnd(where: string, given: JsonObject, endMsElse: number | null): Change[] {
    const endMs = momentIn(given, "endTimeL") ?? endMsElse;
    if (!(isStatusClosed(given) ?? endMs !== null)) {
      this.#checkOpen(where, given);
      return [];
    }
    if (endMs === null) {
      this.#fault(`${where}.endTimeL`, "expected when it was closed, got none; it stays open");
      return [];
    }
    const reason = textIn(given, "closeReason") ?? textIn(this.#info, "closeReason");
    return [{ kind: "CLOSED", at: endMs, closedBy: closerOf(reason) }];
  }

  #checkOpen(where: string, given: JsonObject): void {
    for (const name of ["closeReason", "endTimeL"]) {
      const value = textIn(given, name);
      if (value !== null) this.#fault(`${where}.${name}`, `expected none while the status is OPEN, got ${describe(value)}; it stays open`);
    }
  }

  #readAssignments(): Change[] {
    return listIn(this.#record, "agentParticipants").flatMap((participant, index): Change[] => {
      if (textIn(participant, "permission") !== "ASSIGNED_AGENT") return [];
      const where = `agentParticipants.${index}`;
      const agentId = textIn(participant, "agentId");
      const at = momentIn(participant, "timeL");
      if (agentId === null || at === null) {
        this.#fault(where, "expected agentId and timeL; the assignment is passed over");
        return [];
      }
      const userType = USER_TYPES.get(textIn(participant, "userType") ?? "") ?? null;
      const agent = { agentId, groupId: textIn(participant, "agentGroupId"), userType, takeover: false };
      return [{ kind: "ASSIGNED", at, where, agent }];
    });
  }

  #readTransfers(): Change[] {
    return listIn(this.#record, "transfers").flatMap((transfer, index): Change[] => {
      const where = `transfers.${index}`;
      const at = momentIn(transfer, "timeL");
      if (at !== null) return [{ kind: "TRANSFERRED", at, where, transfer }];
      this.#fault(where, "expected timeL; the transfer is passed over");
      return [];
    });
  }

  /** A takeover stands among the transfers, the manager's coming among the participants. */
  #markTakeovers(changes: Change[]): void {
    for (const change of changes) {
      if (change.kind !== "TRANSFERRED" || reasonOf(change.transfer) !== "TAKEOVER") continue;
      const agentId = textIn(change.transfer, "assignedAgentId") ?? textIn(change.transfer, "by");
      if (agentId === null) {
        this.#fault(change.where, "expected who took over, got none; the takeover is passed over");
        continue;
      }
      const coming = nearest(assignmentsOf(changes, agentId), change.at);
      if (coming !== null) coming.agent.takeover = true;
      else {
        const agent = { agentId, groupId: null, userType: null, takeover: true };
        changes.push({ kind: "ASSIGNED", at: change.at, where: change.where, agent });
      }
    }
  }

  /** Interactions name the assigned agents a second time: whom no participant tells of is taken from there. */
  #addWitnessed(changes: Change[]): void {
    listIn(this.#record, "interactions").forEach((interaction, index) => {
      const where = `interactions.${index}`;
      const agentId = textIn(interaction, "assignedAgentId");
      const at = momentIn(interaction, "interactionTimeL");
      if (agentId === null || at === null || assignmentsOf(changes, agentId).length > 0) return;
      this.#fault(where, `agent ${describe(agentId)} was assigned, and is not among agentParticipants; taken from here`);
      changes.push({ kind: "ASSIGNED", at, where, agent: { agentId, groupId: null, userType: null, takeover: false } });
    });
  }

  /** Goes through what happened, and says what fits what went before. */
  #walk(changes: readonly Change[]): void {
    const conversationId = this.#conversationId;
    const source = sourceOfHistory(this.#info);
    let skillId: string | null = null;
    let isOpen = true;
    let assigned: { readonly agentId: string; readonly at: number } | null = null;
    let leaving: string | null = null;
    let lastAssigned: string | null = null;
    const startMs = momentIn(this.#info, "startTimeL") ?? 0;
    for (const [index, change] of changes.entries()) {
      const { at } = change;
      if (change.kind === "OPENED") {
        isOpen = true;
        skillId = skillAtOpening(changes.slice(index + 1), change.skillId);
        this.#events.push(openedEvent(change.type, conversationId, at, source));
        continue;
      }
      if (change.kind === "CLOSED") {
        isOpen = false;
        assigned = leaving = null;
        this.#events.push(closedEvent(conversationId, at, change.closedBy));
        continue;
      }
      if (!isOpen || at < startMs) {
        this.#fault(change.where, `happened at ${at}, while the conversation was not open; passed over`);
        continue;
      }
      if (change.kind === "ASSIGNED") {
        const { agentId, groupId, userType, takeover } = change.agent;
        const assignment = { conversationId, at, agentNames: [agentId], skillId, takeover, groupId, userType };
        this.#events.push(assignedEvent(assignment, HISTORY, this.#directory));
        leaving = assigned?.agentId ?? leaving;
        assigned = { agentId, at };
        lastAssigned = agentId;
        continue;
      }
      const { transfer, where } = change;
      const targetSkillId = textIn(transfer, "targetSkillId");
      const reason = reasonOf(transfer);
      const sourceAgentId = textIn(transfer, "sourceAgentId");
      if (reason === null) {
        this.#fault(where, `reason: expected one of ${[...REASONS.keys()].join(", ")}, got ${describe(transfer["reason"])}; passed over`);
      } else if (reason === "TAKEOVER" || reason === "NONE") {
        // Of a takeover the manager's assignment tells; an offer that ran out is no agent's work.
        skillId = targetSkillId ?? skillId;
      } else if (isOther(sourceAgentId, assigned?.agentId ?? leaving)) {
        const isTold = sourceAgentId === leaving && assigned !== null && at - assigned.at <= SAME_CHANGE_MS;
        if (isTold) continue;
        this.#fault(where, `from agent ${describe(sourceAgentId)}, who was not assigned then; passed over`);
      } else {
        skillId = targetSkillId ?? skillId;
        this.#events.push(unassignedEvent({ conversationId, at, skillId: targetSkillId, reason }, HISTORY));
        leaving = assigned?.agentId ?? leaving;
        assigned = null;
      }
    }
    this.#checkLatest(lastAssigned, skillId);
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
        .filter((dialog) => (textIn(dialog, "dialogType") ?? "MAIN") !== "MAIN")
        .map((dialog) => textIn(dialog, "dialogId")),
    );
    listIn(this.#record, "messageRecords").forEach((message, index) => {
      const where = `messageRecords.${index}`;
      const dialogId = textIn(message, "dialogId") ?? dialogOf(textIn(message, "messageId")) ?? this.#conversationId;
      if (surveys.has(dialogId) || PRIVATE.has(textIn(message, "audience") ?? textIn(message, "messageAudience") ?? "")) return;
      const at = momentIn(message, "timeL");
      const number = countIn(message, "seq");
      const sentBy = SENDERS.get((textIn(message, "sentBy") ?? "").toUpperCase());
      const agentId = sentBy === "AGENT" ? this.#directory.idOf(namesOf(message)) : null;
      if (at === null || number === null || sentBy === undefined || (sentBy === "AGENT" && agentId === null)) {
        this.#fault(where, "expected timeL, seq, sentBy and, of an agent, participantId; the message is passed over");
        return;
      }
      if (at < (momentIn(this.#info, "startTimeL") ?? 0)) {
        this.#fault(where, `was sent at ${at}, before the conversation was opened; passed over`);
        return;
      }
      this.#checkTime(where, message, at);
      this.#events.push(messageEvent({ conversationId: this.#conversationId, dialogId, number, at, sentBy, agentId }));
    });
  }

  /** `"time": "2016-08-29 15:14:20.569+0000"` is `timeL` once more. */
  #checkTime(where: string, message: JsonObject, at: number): void {
    const text = textIn(message, "time");
    const timeMs = text === null ? NaN : Date.parse(text.replace(" ", "T").replace(/\+0000$/, "Z"));
    if (!Number.isNaN(timeMs) && timeMs !== at) this.#fault(where, `time says ${timeMs}, timeL ${at}, which is taken`);
  }
}

/** The record tells skills of ends and of transfers: where the first transfer came from, else where it still was at its end. */
function skillAtOpening(later: readonly Change[], skillIdAtEnd: string | null): string | null {
  const next = later.find(({ kind }) => kind === "TRANSFERRED" || kind === "OPENED");
  return next?.kind === "TRANSFERRED" ? textIn(next.transfer, "sourceSkillId") : skillIdAtEnd;
}

/** @returns null: the section has no status */
function isStatusClosed(given: JsonObject): boolean | null {
  return textIn(given, "status")?.startsWith("CLOSE") ?? null;
}

/** Whether something is said, and differs from what is known. */
function isOther(said: string | null, known: string | null): boolean {
  return said !== null && said !== known;
}

function assignmentsOf(changes: readonly Change[], agentId: string): (Change & { readonly kind: "ASSIGNED" })[] {
  return changes.filter((change) => change.kind === "ASSIGNED").filter(({ agent }) => agent.agentId === agentId);
}

function nearest<Timed extends { readonly at: number }>(all: readonly Timed[], at: number): Timed | null {
  const found = all.toSorted((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];
  return found && Math.abs(found.at - at) <= SAME_CHANGE_MS ? found : null;
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

function reasonOf(transfer: JsonObject): TransferReason | null {
  return REASONS.get(textIn(transfer, "reason") ?? "") ?? null;
}

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
