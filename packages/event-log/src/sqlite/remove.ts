import { nameOf, type RecentConversations } from "./recent-conversations.ts";
import type { Statements } from "./statements.ts";
import { readTotals, writeTotals } from "./totals.ts";

/**
 * Deletes conversations and their events. Within a transaction: it is the caller's to commit.
 *
 * @returns the keys of those that were held
 */
export function removeConversations(statements: Statements, recent: RecentConversations, keys: readonly number[]): number[] {
  const removedKeys: number[] = [];
  let { eventCount, conversationCount, ...kept } = readTotals(statements);
  for (const key of keys) {
    const removed = statements.removeConversation.get(key) as RemovedRow | undefined;
    if (removed === undefined) continue;
    const [accountId, conversationId, writtenCount] = removed;
    removedKeys.push(key);
    statements.removeParts.run(key);
    recent.delete(nameOf(accountId, conversationId));
    eventCount -= writtenCount;
    conversationCount -= 1;
  }
  writeTotals(statements, { ...kept, eventCount, conversationCount });
  return removedKeys;
}

type RemovedRow = readonly [accountId: string, conversationId: string, eventCount: number];
