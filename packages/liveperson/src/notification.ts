import { describe, type ConversationEvent, type Sender } from "@segmeter/engine";
import type { AgentDirectory } from "./agent-directory.ts";
import { closedEvent, closerOf, messageEvent, openedEvent } from "./fact.ts";
import type { Boundary, Snapshot } from "./snapshot.ts";
import { sourceOfContext } from "./source.ts";
import { SAME_CHANGE_MS } from "./told.ts";
import { countIn, isObject, listIn, momentIn, objectIn, textIn, wordIn, type JsonObject } from "./value.ts";

/** What one body of a webhook, of the messaging service's socket or of the agent SDK says. */
export interface Notices {
  readonly conversations: readonly ConversationNotice[];
  /** Messages sent. */
  readonly messages: readonly ConversationEvent[];
  /** Changes that are of no account here: typing, reading, private notes, agents' states, offers. */
  readonly passedOverCount: number;
  /** Changes that should be of account and cannot be read: `changes.0: …`. */
  readonly faults: readonly string[];
}

export interface ConversationNotice {
  readonly conversationId: string;
  /** The conversation's openings and closings, which every notification tells with their own times. */
  readonly boundaries: readonly Boundary[];
  /** null: it does not say who is at work. */
  readonly snapshot: Snapshot | null;
}

/**
 * Reads a notification of unknown origin, in any of its shapes:
 *
 *     { "kind": "notification", "type": "…", "body": { "changes": [ … ] } }     webhook, socket
 *     { "subscriptionId": "…", "changes": [ … ] }, { "dialogId": "…", "changes": [ … ] }     agent SDK
 *     one change alone
 */
export function parseNotification(value: unknown, directory: AgentDirectory): Notices {
  const reader = new NoticeReader(directory);
  if (!isObject(value)) reader.fault("body", `expected an object, got ${describe(value)}`);
  else reader.readAll(value);
  return reader;
}

class NoticeReader implements Notices {
  readonly conversations: ConversationNotice[] = [];
  readonly messages: ConversationEvent[] = [];
  readonly faults: string[] = [];
  passedOverCount = 0;
  readonly #directory: AgentDirectory;

  constructor(directory: AgentDirectory) {
    this.#directory = directory;
  }

  fault(where: string, message: string): void {
    this.faults.push(`${where}: ${message}`);
  }

  readAll(given: JsonObject): void {
    const body = isObject(given["body"]) ? given["body"] : given;
    const changes = body["changes"];
    if (changes === undefined) return this.#readChange("body", body, body);
    if (!Array.isArray(changes)) return this.fault("changes", `expected a list, got ${describe(changes)}`);
    changes.forEach((change: unknown, index) => {
      const where = `changes.${index}`;
      if (isObject(change)) this.#readChange(where, change, body);
      else this.fault(where, `expected an object, got ${describe(change)}`);
    });
  }

  #readChange(where: string, change: JsonObject, body: JsonObject): void {
    const result = objectIn(change, "result");
    const isConversation = isObject(result["conversationDetails"]);
    if (isConversation && change["type"] !== "DELETE") this.#readConversation(where, result);
    else if (isObject(change["event"])) this.#readMessage(where, change, textIn(body, "dialogId"), null);
    else this.passedOverCount += 1;
    // The state of a conversation comes with what was said in it last.
    for (const holder of [change, result]) {
      const last = objectIn(holder, "lastContentEventNotification");
      if (isObject(last["event"])) this.#readMessage(`${where}.lastContentEventNotification`, last, null, textIn(result, "convId"));
    }
  }

  #readMessage(where: string, change: JsonObject, bodyDialogId: string | null, ofConversation: string | null): void {
    const type = textIn(objectIn(change, "event"), "type");
    const isPrivate = wordIn(change, "messageAudience") === "AGENTS_AND_MANAGERS";
    if (type === null || !MESSAGE_TYPES.has(type) || isPrivate) {
      this.passedOverCount += 1;
      return;
    }
    const originator = objectIn(change, "originatorMetadata");
    const role = wordIn(originator, "role");
    const sentBy = role === null ? undefined : SENDER_OF_ROLE.get(role);
    const conversationGiven = textIn(change, "conversationId") ?? textIn(change, "convId") ?? ofConversation;
    // The first dialog of a conversation has its id.
    const dialogId = textIn(change, "dialogId") ?? bodyDialogId ?? conversationGiven;
    const at = momentIn(change, "serverTimestamp");
    const number = countIn(change, "sequence");
    const agentId = this.#directory.idOf(namesOf(originator, change));
    const faults = [
      ...(dialogId === null ? ["dialogId: expected the dialog of the message, got none"] : []),
      ...(at === null ? ["serverTimestamp: expected epoch ms, got none"] : []),
      ...(number === null ? ["sequence: expected the message's number in its dialog, got none"] : []),
      ...(sentBy === undefined ? [`originatorMetadata.role: expected one of ${[...SENDER_OF_ROLE.keys()].join(", ")}`] : []),
      ...(sentBy === "AGENT" && agentId === null ? ["originatorMetadata.id: expected the agent, got none"] : []),
    ];
    for (const fault of faults) this.fault(where, fault);
    if (dialogId === null || at === null || number === null || sentBy === undefined || faults.length > 0) return;
    const conversationId = conversationGiven ?? dialogId;
    this.messages.push(messageEvent({ conversationId, dialogId, number, at, sentBy, agentId: sentBy === "AGENT" ? agentId : null }));
  }

  #readConversation(where: string, result: JsonObject): void {
    const details = objectIn(result, "conversationDetails");
    const conversationId = textIn(result, "convId") ?? textIn(details, "convId");
    if (conversationId === null) return this.fault(where, "convId: expected the conversation, got none");
    const source = sourceOfContext(objectIn(details, "context"));
    const dialogs = mainDialogs(details);
    const closings = dialogs.filter(({ isClosed }) => isClosed);
    const startMs = momentIn(details, "startTs") ?? dialogs[0]!.openedMs;
    const stageOf = (index: number): number | null => (isWhole(dialogs, startMs) ? index : null);
    for (const { endMs } of closings)
      if (endMs === null) this.fault(where, "endTs: expected the end of a closed conversation, got none; it stays open");
    const boundaries = dialogs.flatMap(({ openedMs, openedBy, isClosed, endMs, closedBy }, index): Boundary[] => {
      const stage = stageOf(index);
      const [type, atMs] = index === 0 ? (["CONVERSATION_STARTED", startMs] as const) : ([openedBy, openedMs] as const);
      return [
        ...(atMs === null ? [] : [{ stage, event: openedEvent(type, conversationId, atMs, source) }]),
        ...(isClosed && endMs !== null ? [{ stage, event: closedEvent(conversationId, endMs, closedBy) }] : []),
      ];
    });
    const stage = stageOf(dialogs.length - 1);
    const snapshot = this.#readSnapshot(where, { conversationId, stage, source }, details, dialogs.at(-1)!);
    if (snapshot !== null && startMs !== null && snapshot.at < startMs) {
      this.fault(
        where,
        `metaDataLastUpdateTs: expected at or after startTs (${startMs}), got ${snapshot.at}; who is assigned is passed over`,
      );
      this.conversations.push({ conversationId, boundaries, snapshot: null });
    } else this.conversations.push({ conversationId, boundaries, snapshot });
  }

  #readSnapshot(
    where: string,
    known: Pick<Snapshot, "conversationId" | "stage" | "source">,
    details: JsonObject,
    dialog: MainDialog,
  ): Snapshot | null {
    const at = momentIn(details, "metaDataLastUpdateTs") ?? dialog.updatedMs;
    if (at === null) {
      this.fault(where, "metaDataLastUpdateTs: expected when the conversation came to be so, got none; who is assigned is passed over");
      return null;
    }
    const participants = dialog.participants ?? participantsOf(details["participants"]);
    const assigned = participants.filter(({ role, state }) => role === "ASSIGNED_AGENT" && state === "ACTIVE").map(({ id }) => id);
    if (new Set(assigned).size > 1) {
      this.fault(where, `participants: expected at most one assigned agent, got ${assigned.length}; none of them is taken`);
      return null;
    }
    return {
      ...known,
      at,
      agent: assigned[0] ?? null,
      isSuggested: participants.some(({ role, state }) => role === "ASSIGNED_AGENT" && state === "SUGGESTED"),
      managers: participants.filter(({ role }) => role === "MANAGER").map(({ id }) => id),
      skillId: textIn(details, "skillId"),
      isClosed: dialog.isClosed,
    };
  }
}

/** Reading and typing come as events too. */
const MESSAGE_TYPES: ReadonlySet<string> = new Set(["ContentEvent", "RichContentEvent"]);

/** Whether who wrote was assigned is the fold's to say; readers and managers are passed over there. */
const SENDER_OF_ROLE: ReadonlyMap<string, Sender> = new Map([
  ["CONSUMER", "CONSUMER"],
  ["ASSIGNED_AGENT", "AGENT"],
  ["AGENT", "AGENT"],
  ["MANAGER", "AGENT"],
  ["READER", "AGENT"],
  ["CONTROLLER", "SYSTEM"],
]);

/** The participants of conversations are called by what `originatorMetadata` calls them. */
function namesOf(originator: JsonObject, change: JsonObject): string[] {
  return [textIn(originator, "id"), textIn(change, "originatorPId"), textIn(change, "originatorId")].filter((name) => name !== null);
}

interface MainDialog {
  /** Not: told as the conversation. */
  readonly isDialog: boolean;
  readonly openedMs: number | null;
  readonly openedBy: "CONVERSATION_STARTED" | "CONVERSATION_RESUMED";
  readonly updatedMs: number | null;
  readonly endMs: number | null;
  readonly isClosed: boolean;
  readonly closedBy: Sender;
  /** null: told for the conversation only. */
  readonly participants: readonly Participant[] | null;
}

/**
 * The dialogs in which agents work, at least one, oldest first. A survey after the end is none. Notifications without
 * dialogs tell of the conversation what they would tell of its only one.
 */
function mainDialogs(details: JsonObject): MainDialog[] {
  const mains = listIn(details, "dialogs").filter((dialog) => (wordIn(dialog, "dialogType") ?? "MAIN") === "MAIN");
  const dialogs = mains.map((dialog): MainDialog => {
    const participants = dialog["participantsDetails"];
    // Where there is one only, it ends with the conversation.
    const whole = mains.length === 1 ? details : {};
    return {
      isDialog: true,
      openedMs: momentIn(dialog, "creationTs"),
      openedBy: wordIn(dialog, "openedBy") === "CONSUMER" ? "CONVERSATION_STARTED" : "CONVERSATION_RESUMED",
      updatedMs: momentIn(dialog, "metaDataLastUpdateTs"),
      endMs: momentIn(dialog, "endTs") ?? momentIn(whole, "endTs"),
      isClosed: (wordIn(dialog, "state") ?? wordIn(whole, "state")) === "CLOSE",
      closedBy: closerOf(textIn(dialog, "closedBy") ?? textIn(details, "closeReason")),
      participants: participants === undefined ? null : participantsOf(participants),
    };
  });
  if (dialogs.length > 0) return dialogs.toSorted((a, b) => (a.openedMs ?? 0) - (b.openedMs ?? 0));
  const isClosed = wordIn(details, "state") === "CLOSE";
  return [
    {
      isDialog: false,
      openedMs: momentIn(details, "startTs"),
      openedBy: "CONVERSATION_STARTED",
      updatedMs: momentIn(details, "metaDataLastUpdateTs"),
      endMs: momentIn(details, "endTs") ?? (isClosed ? momentIn(details, "metaDataLastUpdateTs") : null),
      isClosed,
      closedBy: closerOf(textIn(details, "closeReason")),
      participants: null,
    },
  ];
}

/** Whether the first dialog told is the conversation's first. */
function isWhole([first]: readonly MainDialog[], startMs: number | null): boolean {
  return first!.isDialog && startMs !== null && Math.abs((first!.openedMs ?? startMs) - startMs) <= SAME_CHANGE_MS;
}

interface Participant {
  readonly id: string;
  readonly role: string;
  readonly state: string;
}

/** `[{ "id": "…", "role": "ASSIGNED_AGENT", "state": "ACTIVE" }]`, or keyed by role: `{ "ASSIGNED_AGENT": ["…"] }`. */
function participantsOf(given: unknown): Participant[] {
  if (Array.isArray(given)) {
    return given.filter(isObject).flatMap((participant) => {
      const id = textIn(participant, "id");
      const role = wordIn(participant, "role");
      return id === null || role === null ? [] : [{ id, role, state: wordIn(participant, "state") ?? "ACTIVE" }];
    });
  }
  if (!isObject(given)) return [];
  return Object.entries(given).flatMap(([role, ids]) =>
    Array.isArray(ids) ? ids.filter((id) => typeof id === "string").map((id) => ({ id, role: role.toUpperCase(), state: "ACTIVE" })) : [],
  );
}
