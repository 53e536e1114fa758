import type { ConversationEvent } from "@segmeter/engine";
import { createRandom } from "./random.ts";
import { CONVERSATION_MAX_MS, createConversation } from "./traffic-conversation.ts";
import { createRoster } from "./traffic-roster.ts";
import type { TrafficAgent } from "./traffic-roster.ts";

export interface TrafficOptions {
  /** A whole number; another seed gives other conversations under other ids. */
  readonly seed: number;
  /** On average; default 8500, of about 14 events each. */
  readonly conversationsPerDay?: number;
}

/** The events of a mid-sized contact centre. */
export interface Traffic {
  readonly agents: readonly TrafficAgent[];
  /**
   * What happens in `[fromMs, toMs)`, in order of event time. The same period always gives the same events, whatever
   * was asked before; stepping through it in parts gives the same as asking for the whole.
   *
   * @throws RangeError unless both are whole numbers and `fromMs <= toMs`
   */
  eventsBetween(fromMs: number, toMs: number): ConversationEvent[];
}

const SLOT_MS = 60_000;
const SLOTS_OF_CONVERSATION = CONVERSATION_MAX_MS / SLOT_MS;
const SLOTS_KEPT_MAX = 2 * SLOTS_OF_CONVERSATION;
const HOUR_MS = 3_600_000;

/** How busy each hour of the day (UTC) is when it begins, compared with the others. Never zero. */
const DAILY_CURVE = [35, 30, 28, 28, 32, 42, 60, 85, 115, 145, 165, 170, 160, 155, 160, 165, 160, 150, 135, 120, 100, 80, 60, 45];
const DAILY_CURVE_MEAN = DAILY_CURVE.reduce((sum, share) => sum + share, 0) / DAILY_CURVE.length;

/**
 * Traffic without a beginning: the conversations that start in a minute (a slot) are a function of the seed and that
 * minute alone, and none lasts longer than an hour, so any moment can be entered at the cost of the slots before it.
 * Nobody keeps track of who is busy; agents are taken at random among those of the skill, which is balance enough.
 */
export function createTraffic({ seed, conversationsPerDay = 8500 }: TrafficOptions): Traffic {
  const roster = createRoster();
  const conversationsPerSecond = conversationsPerDay / 86_400;
  const eventsBySlot = new Map<number, readonly ConversationEvent[]>();

  function eventsOf(slot: number): readonly ConversationEvent[] {
    const known = eventsBySlot.get(slot);
    if (known) return known;
    const events = generate(slot);
    eventsBySlot.set(slot, events);
    if (eventsBySlot.size > SLOTS_KEPT_MAX) eventsBySlot.delete(eventsBySlot.keys().next().value!);
    return events;
  }

  function generate(slot: number): readonly ConversationEvent[] {
    const arrivals = createRandom(seed, slot);
    const perSecond = conversationsPerSecond * busyness(slot * SLOT_MS);
    const startsMs: number[] = [];
    for (let secondMs = slot * SLOT_MS; secondMs < (slot + 1) * SLOT_MS; secondMs += 1000) {
      const count = Math.floor(perSecond + arrivals.next());
      for (let i = 0; i < count; i++) startsMs.push(secondMs + Math.floor(arrivals.between(0, 1000)));
    }
    return byTime(
      startsMs.flatMap((startMs, index) =>
        createConversation({
          conversationId: `${seed.toString(36)}-${slot.toString(36)}-${index}`,
          startMs,
          random: createRandom(seed, slot, index),
          roster,
        }),
      ),
    );
  }

  return {
    agents: roster.agents,
    eventsBetween(fromMs, toMs) {
      if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(toMs) || fromMs > toMs) {
        throw new RangeError(`eventsBetween needs two whole numbers of ms in ascending order, got ${fromMs} and ${toMs}`);
      }
      const firstSlot = Math.max(0, Math.floor(fromMs / SLOT_MS) - SLOTS_OF_CONVERSATION);
      const parts: (readonly ConversationEvent[])[] = [];
      for (let slot = firstSlot; slot * SLOT_MS < toMs; slot++) {
        const events = eventsOf(slot);
        const startIndex = firstAtOrAfter(events, fromMs);
        const endIndex = firstAtOrAfter(events, toMs);
        if (startIndex < endIndex) parts.push(events.slice(startIndex, endIndex));
      }
      return byTime(parts.flat());
    },
  };
}

/** 1 on average over a day, in straight lines from hour to hour. */
function busyness(atMs: number): number {
  const hours = (atMs / HOUR_MS) % 24;
  const hour = Math.floor(hours);
  const before = DAILY_CURVE[hour]!;
  const after = DAILY_CURVE[(hour + 1) % 24]!;
  return (before + (after - before) * (hours - hour)) / DAILY_CURVE_MEAN;
}

/** Events of equal time stay in the order of their slots and conversations. */
function byTime(events: readonly ConversationEvent[]): ConversationEvent[] {
  return events.toSorted((a, b) => a.at - b.at);
}

/** The index of the first event at or after a time; all before `low` are earlier, all from `high` on are not. */
function firstAtOrAfter(events: readonly ConversationEvent[], atMs: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (events[middle]!.at < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
