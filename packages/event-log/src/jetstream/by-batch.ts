import type { AppendedBatch, EventBatch } from "../event-log.ts";

/** What was stored of the messages that batches were made into, batch by batch. */
export function byBatch(stored: readonly AppendedBatch[], batches: readonly EventBatch[]): AppendedBatch[] {
  const keys = stored.flatMap(({ conversationKeys }) => conversationKeys);
  const positions = stored.flatMap((appended) => appended.positions);
  // What the first message of several has begun, the others were not held before either.
  const created = new Set(stored.flatMap(({ newConversationKeys }) => [...newConversationKeys]));
  let start = 0;
  return batches.map(({ events }) => {
    const end = start + events.length;
    const conversationKeys = keys.slice(start, end);
    const appended = {
      conversationKeys,
      positions: positions.slice(start, end),
      newConversationKeys: new Set(conversationKeys.filter((key) => created.has(key))),
    };
    start = end;
    return appended;
  });
}
