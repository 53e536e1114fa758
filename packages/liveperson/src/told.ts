import type { ConversationEvent } from "@segmeter/engine";
import { isObject, isTextOrNull } from "./value.ts";
import { BEFORE_ALL, comparePlaces, placedAt, placedBehind, type Place } from "./fact.ts";

/** What two feeds, or two sections of one record, tell so close together may be one change: different services date it. */
export const SAME_CHANGE_MS = 5_000;

/** Something that was told of a conversation, as far as it tells when another telling means the same. */
export interface Fact extends Place {
  /** HELD: by its agent, or by nobody. */
  readonly kind: "OPENED" | "HELD" | "CLOSED";
  /** Which time in which it was open, from 0; null: not known. */
  readonly stage: number | null;
  readonly agentId: string | null;
  readonly skillId: string | null;
  /** Of an opening that was not followed by an assignment. */
  readonly hasUnknownSkill?: boolean;
}

/** A record that tells more is taken as it is dated, and not remembered. */
export const FACTS_MAX = 1_000;

/**
 * What the history tells of one conversation, laid over what is known of it: where both tell the same, at the moment that is
 * known, however far apart they date it; what only the history tells, between what is known before and after it. So the
 * history decides what happened and in which order, and doubles nothing.
 *
 * @param events of one record, no messages
 * @param notified what notifications told, in order
 * @param told what the history told before, in order
 */
export function laidOver(notified: readonly Fact[], told: readonly Fact[], events: readonly ConversationEvent[]): ConversationEvent[] {
  const sorted = events.toSorted(comparePlaces);
  const facts = toFacts(sorted);
  const toldCount = commonCount(told, facts);
  const firstOf: (Fact | undefined)[] = [];
  const lastOf: (Fact | undefined)[] = [];
  const matches = align(notified, facts);
  for (const [index, match] of matches.entries()) {
    if (match === -1) continue;
    firstOf[match] ??= notified[index];
    lastOf[match] = notified[index];
  }
  const untilMs = new Float64Array(sorted.length + 1).fill(Infinity);
  // What the record does not know yet is behind all of it.
  const next = notified[matches.findLastIndex((match) => match !== -1) + 1];
  if (next && facts.length > 0 && facts.at(-1)!.at - next.at <= SAME_CHANGE_MS) untilMs[sorted.length] = next.at;
  for (let i = sorted.length - 1; i >= 0; i--) untilMs[i] = Math.min(firstOf[i]?.at ?? Infinity, untilMs[i + 1]!);
  let last = BEFORE_ALL;
  return sorted.map((event, index) => {
    const [first, end] = [firstOf[index], lastOf[index]];
    // Of an assignment the first notification may have been lost; an opening or a closing is dated by every one.
    const at = first && facts[index]!.kind !== "HELD" ? first.at : Math.min(event.at, untilMs[index]!);
    const laid = index < toldCount ? placedAt(told[index]!, event) : placedBehind(last, { ...event, at });
    last = end !== undefined && comparePlaces(end, laid) > 0 ? end : laid;
    return laid;
  });
}

/** How many facts are the same from the first one on. */
function commonCount(told: readonly Fact[], facts: readonly Fact[]): number {
  const end = told.findIndex(({ kind, stage, agentId }, index) => {
    const fact = facts[index];
    return fact?.kind !== kind || fact.stage !== stage || fact.agentId !== agentId;
  });
  return end === -1 ? told.length : end;
}

/** @param events of one conversation, in order, no messages */
export function toFacts(events: readonly ConversationEvent[]): Fact[] {
  let [openings, skillId] = [0, null as string | null];
  return events.map((event, index) => {
    const { type, at, sequence } = event;
    if (type === "CONVERSATION_STARTED" || type === "CONVERSATION_RESUMED") {
      const next = events[index + 1];
      skillId = next?.type === "AGENT_ASSIGNED" ? next.skillId : null;
      return { kind: "OPENED", at, sequence, stage: openings++, agentId: null, skillId, hasUnknownSkill: next?.type !== "AGENT_ASSIGNED" };
    }
    if ("skillId" in event) skillId = event.skillId ?? skillId;
    const kind = type === "CONVERSATION_CLOSED" ? "CLOSED" : "HELD";
    return { kind, at, sequence, stage: Math.max(0, openings - 1), agentId: type === "AGENT_ASSIGNED" ? event.agentId : null, skillId };
  });
}

export function isFact(value: unknown): value is Fact {
  if (!isObject(value)) return false;
  const { kind, at, sequence, stage, agentId, skillId } = value;
  return (
    (kind === "OPENED" || kind === "HELD" || kind === "CLOSED") &&
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(sequence) &&
    (stage === null || Number.isSafeInteger(stage)) &&
    isTextOrNull(agentId) &&
    isTextOrNull(skillId)
  );
}

/**
 * How far what a notification told is from what the history tells; null: that is something else.
 *
 * @param otherUntilMs when the history tells what is next
 */
export function msApart(fact: Fact, other: Fact, otherUntilMs: number): number | null {
  if (fact.stage !== null && other.stage !== null && fact.stage !== other.stage) return null;
  if (fact.kind !== "HELD") return fact.kind === other.kind ? near(Math.abs(fact.at - other.at)) : null;
  // Once opened, it is with nobody.
  if (other.kind === "CLOSED" || fact.agentId !== other.agentId) return null;
  // Notifications leave the skill out, and so does who takes one away.
  if (fact.skillId !== null && fact.skillId !== other.skillId && !other.hasUnknownSkill) return null;
  return near(Math.max(0, other.at - fact.at, fact.at - otherUntilMs + 1));
}

function near(ms: number): number | null {
  return ms <= SAME_CHANGE_MS ? ms : null;
}

/**
 * Costs, in one number: how many facts are left without their like; of as many the last ones, of which others need not know
 * yet; then the largest distance in ms.
 */
const SKIP = 2 ** 40;
const SKIP_EARLIER = 2 ** 20;

/**
 * Finds for each known fact its like among others, in their order: as many as can be, and no two further apart than need be.
 *
 * @returns an index into `facts`, or -1
 */
function align(known: readonly Fact[], facts: readonly Fact[]): Int32Array {
  const count = facts.length;
  const matches = new Int32Array(known.length).fill(-1);
  if (count > FACTS_MAX || count === 0) return matches;
  // cost[i]: of what was aligned so far, with nothing behind fact i.
  let cost = new Float64Array(count);
  const choices = new Int32Array(known.length * count);
  for (const [row, fact] of known.entries()) {
    const next = new Float64Array(count);
    const skip = SKIP + (known.length - row) * SKIP_EARLIER;
    let [best, bestIndex] = [Infinity, -1];
    for (let i = 0; i < count; i++) {
      const apart = msApart(fact, facts[i]!, facts[i + 1]?.at ?? Infinity);
      const before = cost[i]!;
      const matched = apart === null ? Infinity : before + Math.max(0, apart - (before % SKIP_EARLIER));
      if (matched < best) [best, bestIndex] = [matched, i];
      const isMatched = best <= before + skip;
      next[i] = isMatched ? best : before + skip;
      choices[row * count + i] = isMatched ? bestIndex : -1;
    }
    cost = next;
  }
  for (let [row, i] = [known.length - 1, count - 1]; row >= 0; row--) {
    matches[row] = choices[row * count + i]!;
    if (matches[row] !== -1) i = matches[row]!;
  }
  return matches;
}
