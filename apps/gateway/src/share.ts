import { crc32 } from "node:zlib";
import type { Share } from "@segmeter/event-log/jetstream";

export const EVERY_ACCOUNT: Share = { text: "all", holds: () => true };

export function shareOfAccounts(accountIds: readonly string[]): Share {
  const held = new Set(accountIds);
  return { text: [...held].toSorted().join(","), holds: (accountId) => held.has(accountId) };
}

/**
 * One of several parts of all accounts, by a hash of their ids: each account is in exactly one of them.
 *
 * @param index from 1 to `count`
 */
export function shareByHash(index: number, count: number): Share {
  return { text: `${index}/${count}`, holds: (accountId) => crc32(accountId) % count === index - 1 };
}
