import type { ConversationEvent } from "@segmeter/engine";
import type { AgentDirectory } from "./agent-directory.ts";
import { comparePlaces, NOTIFIED_LAST, placedAt, placedBehind } from "./fact.ts";
import type { ConversationNotice } from "./notification.ts";
import { toStateEvents, type Boundary, type Snapshot } from "./snapshot.ts";
import { FACTS_MAX, laidOver, msApart, SAME_CHANGE_MS, toFacts, type Fact } from "./told.ts";

const CONVERSATIONS_MAX = 200_000;
const SNAPSHOTS_MAX = 256;

/** What is kept of a conversation: a snapshot, or what was told of it otherwise. */
export type Kept = KeptSnapshot | KeptFacts;

interface KeptSnapshot extends Snapshot {
  /** The history told it already: it was not said again. */
  readonly isTold?: true;
}

interface KeptFacts {
  readonly conversationId: string;
  /** NOTIFICATION: openings and closings, beside those known; HISTORY: all that it told. */
  readonly by: "NOTIFICATION" | "HISTORY";
  readonly facts: readonly Fact[];
}

export interface Addition {
  readonly events: readonly ConversationEvent[];
  /** What was not known yet. */
  readonly kept: readonly Kept[];
}

interface Timeline {
  readonly snapshots: KeptSnapshot[];
  /** Openings and closings that notifications told. */
  readonly marks: Fact[];
  /** By the history. */
  told: readonly Fact[];
}

/**
 * What is known of each conversation of one account. Snapshots come in any order, and a late one may be the nearest before
 * another; the history comes before them or after, and dates things differently. Of the conversations those touched last
 * are kept, of each its latest snapshots.
 */
export class Timelines {
  readonly #timelines = new Map<string, Timeline>();
  readonly #conversationsMax: number;

  constructor(conversationsMax = CONVERSATIONS_MAX) {
    this.#conversationsMax = conversationsMax;
  }

  /** Takes what was kept, without saying what it comes to. */
  restore(kept: Kept): void {
    const timeline = this.#touch(kept.conversationId);
    if (!("facts" in kept)) insert(timeline.snapshots, kept);
    else if (kept.by === "HISTORY") timeline.told = kept.facts.length > timeline.told.length ? kept.facts : timeline.told;
    else timeline.marks.push(...kept.facts);
  }

  /**
   * @returns the events of a notification; those of its snapshot, and of the next one, which is judged anew by it, unless the
   *   history has told the same
   */
  add({ conversationId, boundaries, snapshot }: ConversationNotice, directory: AgentDirectory): Addition {
    const timeline = this.#touch(conversationId);
    const events = boundaries.map((boundary) => datedByHistory(boundary, timeline.told));
    const marks = toMarks(boundaries, events)
      .filter((mark) => !timeline.marks.some((known) => isSameMark(mark, known)))
      .slice(0, SNAPSHOTS_MAX - timeline.marks.length);
    timeline.marks.push(...marks);
    const kept: Kept[] = marks.length > 0 ? [{ conversationId, by: "NOTIFICATION", facts: marks }] : [];
    if (snapshot === null) return { events, kept };

    const given = keptBeside(timeline.told, snapshot, directory);
    const { before, known, after } = insert(timeline.snapshots, given);
    if (known === null) kept.push(given);
    if (!(known ?? given).isTold) events.push(...toStateEvents(given, before, directory));
    if (after !== null && !after.isTold) events.push(...toStateEvents(after, given, directory));
    return { events, kept };
  }

  /**
   * Lays a record of the history over what is known, and keeps nothing yet: once it is in the log, `restore` does.
   *
   * @param events all that are of one conversation
   * @param closedBeforeMs of conversations that were closed before nothing new is expected
   * @returns the events at the moments at which they are known
   */
  tell(events: readonly ConversationEvent[], directory: AgentDirectory, closedBeforeMs: number): Addition {
    const conversationId = events[0]!.conversationId;
    const timeline = this.#timelines.get(conversationId);
    const notified = timeline ? notifiedOf(timeline, directory) : [];
    const told = timeline?.told ?? [];
    const states = events.filter(({ type }) => type !== "MESSAGE_SENT");
    const laid = laidOver(notified, told, states);
    const facts = toFacts(laid);
    const openedMs = [...facts, ...told, ...notified].find(({ kind }) => kind === "OPENED")?.at ?? 0;
    const messages = events
      .filter(({ type }) => type === "MESSAGE_SENT")
      .map((event) => (event.at < openedMs ? Object.assign({}, event, { at: openedMs }) : event));
    const last = facts.at(-1);
    const isExpected = timeline !== undefined || !(last?.kind === "CLOSED" && last.at < closedBeforeMs);
    const isKept = isExpected && facts.length > told.length && facts.length <= FACTS_MAX;
    return { events: [...laid, ...messages], kept: isKept ? [{ conversationId, by: "HISTORY", facts }] : [] };
  }

  /** What is known of the conversations that are open, or were not before a moment; the others are forgotten. */
  *keepSince(closedBeforeMs: number): Generator<Kept> {
    for (const [conversationId, { snapshots, marks, told }] of this.#timelines) {
      const [snapshot, fact] = [snapshots.at(-1), told.at(-1)];
      const lastMs = Math.max(snapshot?.at ?? 0, fact?.at ?? 0, marks.at(-1)?.at ?? 0);
      const isToldLast = fact !== undefined && fact.at >= (snapshot?.at ?? 0);
      const isClosed = isToldLast ? fact.kind === "CLOSED" : (snapshot?.isClosed ?? marks.at(-1)?.kind === "CLOSED");
      if (isClosed && lastMs < closedBeforeMs) this.#timelines.delete(conversationId);
      else {
        yield* snapshots;
        if (marks.length > 0) yield { conversationId, by: "NOTIFICATION", facts: marks };
        if (told.length > 0) yield { conversationId, by: "HISTORY", facts: told };
      }
    }
  }

  /** What is touched comes last. */
  #touch(conversationId: string): Timeline {
    const timeline = this.#timelines.get(conversationId) ?? { snapshots: [], marks: [], told: [] };
    this.#timelines.delete(conversationId);
    this.#timelines.set(conversationId, timeline);
    if (this.#timelines.size > this.#conversationsMax) this.#timelines.delete(this.#timelines.keys().next().value!);
    return timeline;
  }
}

interface Insertion {
  readonly before: Snapshot | null;
  /** At the same moment, if there was one. */
  readonly known: KeptSnapshot | null;
  readonly after: KeptSnapshot | null;
}

function insert(snapshots: KeptSnapshot[], snapshot: KeptSnapshot): Insertion {
  const place = snapshots.findLastIndex((other) => other.at < snapshot.at) + 1;
  const before = snapshots[place - 1] ?? null;
  const known = snapshots[place]?.at === snapshot.at ? snapshots[place] : null;
  const after = snapshots[known ? place + 1 : place] ?? null;
  if (known === null) snapshots.splice(place, 0, snapshot);
  if (snapshots.length > SNAPSHOTS_MAX) snapshots.shift();
  return { before, known, after };
}

/** What the log holds of a conversation by notifications, in order. */
function notifiedOf({ snapshots, marks }: Timeline, directory: AgentDirectory): Fact[] {
  const said = snapshots.filter(({ isTold, isClosed }) => !isTold && !isClosed).map((snapshot) => toFact(snapshot, directory));
  return [...said, ...marks].toSorted(comparePlaces);
}

function toFact({ at, stage, agent, skillId }: Snapshot, directory: AgentDirectory): Fact {
  return { kind: "HELD", at, sequence: NOTIFIED_LAST, stage, agentId: agent === null ? null : directory.idOf([agent]), skillId };
}

function toMarks(boundaries: readonly Boundary[], events: readonly ConversationEvent[]): Fact[] {
  return events.map((event, index) => ({ ...toFacts([event])[0]!, stage: boundaries[index]!.stage }));
}

function isSameMark(mark: Fact, known: Fact): boolean {
  return mark.kind === known.kind && mark.at === known.at && mark.stage === known.stage;
}

/** A snapshot as it is kept: whether the history told the same, at that time or close to it, and behind what it cannot be before. */
function keptBeside(told: readonly Fact[], snapshot: Snapshot, directory: AgentDirectory): KeptSnapshot {
  const last = told.at(-1);
  // Who was at work may have been left out of a record.
  if (last === undefined || told.every(({ agentId }) => agentId === null)) return snapshot;
  const fact = toFact(snapshot, directory);
  // What the history told last may have ended since, and be so again.
  const isTold = told.some(
    (other, index) => (other !== last || fact.at <= last.at) && msApart(fact, other, told[index + 1]?.at ?? Infinity) !== null,
  );
  if (isTold) return { ...snapshot, isTold };
  return isNext(fact, last) ? { ...snapshot, at: Math.max(snapshot.at, last.at + 1) } : snapshot;
}

/** An opening or a closing at the moment at which the history told it; one that the history cannot know yet, behind what it does. */
function datedByHistory({ stage, event }: Boundary, told: readonly Fact[]): ConversationEvent {
  const fact = { ...toFacts([event])[0]!, stage };
  const apart = told.map((other) => msApart(fact, other, Infinity) ?? Infinity);
  const nearest = Math.min(...apart);
  if (nearest !== Infinity) return placedAt({ at: told[apart.indexOf(nearest)]!.at, sequence: event.sequence }, event);
  const last = told.at(-1);
  return last !== undefined && isNext(fact, last) && comparePlaces(event, last) <= 0 ? placedBehind(last, event) : event;
}

/** Whether a fact that the history has not told comes after all that it has, though it may be dated before. */
function isNext({ kind, at, stage }: Fact, last: Fact): boolean {
  const isLaterStage = stage !== null && last.stage !== null && stage > last.stage;
  return (isLaterStage || (last.kind !== "CLOSED" && kind !== "OPENED")) && last.at - at <= SAME_CHANGE_MS;
}
