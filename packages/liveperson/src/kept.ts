import { isSnapshot } from "./snapshot.ts";
import type { Kept } from "./timelines.ts";
import { isFact } from "./told.ts";
import { isObject } from "./value.ts";

/** @returns what was kept, if it is that; null: it is nothing of the kind */
export function toKept(value: unknown): Kept | null {
  if (!isObject(value)) return null;
  const { conversationId, by, facts } = value;
  if (typeof conversationId === "string" && (by === "NOTIFICATION" || by === "HISTORY") && Array.isArray(facts)) {
    return facts.every(isFact) ? { conversationId, by, facts } : null;
  }
  // Once they did not say which stage they are of.
  const snapshot = { stage: null, ...value };
  return isSnapshot(snapshot) ? snapshot : null;
}
