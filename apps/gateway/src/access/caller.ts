import type { Filter } from "@segmeter/engine";

export const SCOPES = ["ingest", "read", "admin", "monitor"] as const;
export type Scope = (typeof SCOPES)[number];

/** Keeps a caller to segments of these agents, groups and skills, in every number; null restricts nothing. */
export type Restriction = Pick<Filter, "agentIds" | "groupIds" | "skillIds">;

export const NO_RESTRICTION: Restriction = { agentIds: null, groupIds: null, skillIds: null };

/** What a credential gives. */
export interface Rights {
  /** null: every account. */
  readonly accounts: readonly string[] | null;
  readonly scopes: readonly Scope[];
  readonly restriction: Restriction;
}

/** Whoever asks, as its credential says. */
export interface Caller {
  /** For logs: holds nothing secret. */
  readonly name: string;
  readonly rights: Rights;
  /** Equal for callers who may see the same. */
  readonly rightsKey: string;
  /** Whether the credential still holds. */
  readonly isValid: () => boolean;
}

export function createCaller(name: string, rights: Rights, isValid: () => boolean): Caller {
  const { accounts, scopes, restriction } = rights;
  const rightsKey = JSON.stringify([accounts, scopes, restriction.agentIds, restriction.groupIds, restriction.skillIds]);
  return { name, rights, rightsKey, isValid };
}
