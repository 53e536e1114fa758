import type { ConversationEvent } from "@segmeter/engine";
import type { AgentDirectory } from "./agent-directory.ts";
import { toStateEvents, type Snapshot } from "./snapshot.ts";

const CONVERSATIONS_MAX = 200_000;
const SNAPSHOTS_MAX = 256;

/**
 * What was last known of each conversation of one account, and before that: snapshots come in any order, and a late one
 * may be the nearest before another. Of the conversations those touched last are kept, of each its latest snapshots.
 */
export class Timelines {
  readonly #timelines = new Map<string, Snapshot[]>();
  readonly #conversationsMax: number;

  constructor(conversationsMax = CONVERSATIONS_MAX) {
    this.#conversationsMax = conversationsMax;
  }

  /** Takes a snapshot without saying what it comes to. @returns whether it was not known yet */
  restore(snapshot: Snapshot): boolean {
    return this.#insert(snapshot).isNew;
  }

  /** @returns the events of a snapshot, and of the next one, which is judged anew by it */
  add(snapshot: Snapshot, directory: AgentDirectory): { readonly events: readonly ConversationEvent[]; readonly isNew: boolean } {
    const { before, after, isNew } = this.#insert(snapshot);
    const events = toStateEvents(snapshot, before, directory);
    return { events: after === null ? events : [...events, ...toStateEvents(after, snapshot, directory)], isNew };
  }

  /** The snapshots of the conversations that are open, or were not before a moment; the others are forgotten. */
  *keepSince(closedBeforeMs: number): Generator<Snapshot> {
    for (const [conversationId, timeline] of this.#timelines) {
      const last = timeline.at(-1)!;
      if (last.isClosed && last.at < closedBeforeMs) this.#timelines.delete(conversationId);
      else yield* timeline;
    }
  }

  #insert(snapshot: Snapshot): { readonly before: Snapshot | null; readonly after: Snapshot | null; readonly isNew: boolean } {
    const { conversationId, at } = snapshot;
    const timeline = this.#timelines.get(conversationId) ?? [];
    // What is touched comes last.
    this.#timelines.delete(conversationId);
    this.#timelines.set(conversationId, timeline);
    const place = timeline.findLastIndex((other) => other.at < at) + 1;
    const isNew = timeline[place]?.at !== at;
    const before = timeline[place - 1] ?? null;
    const after = timeline[isNew ? place : place + 1] ?? null;
    if (isNew) timeline.splice(place, 0, snapshot);
    if (timeline.length > SNAPSHOTS_MAX) timeline.shift();
    if (this.#timelines.size > this.#conversationsMax) this.#timelines.delete(this.#timelines.keys().next().value!);
    return { before, after, isNew };
  }
}
