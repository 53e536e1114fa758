import { describe, expectedOneOf, idFault, listedIdFault, USER_TYPES, type UserType } from "@segmeter/engine";
import { isObject, type JsonObject } from "./value.ts";

/** What notifications do not say of an agent. */
export interface AgentEntry {
  /** As in the answers, and as in the history: `3677470410`. */
  readonly id: string;
  /** As notifications call the same user: `29c3019d-fe0b-5200-afe8-737abfeae4b4`. */
  readonly pid: string | null;
  readonly groupId: string | null;
  readonly userType: UserType;
  readonly displayName: string | null;
}

/** `<account>.<agent>`, as the messaging service calls an agent. */
const ACCOUNT_AND_AGENT = /^\d+\.(\d+)$/;

/** Who the users of one account are. */
export class AgentDirectory {
  readonly entries: readonly AgentEntry[];
  readonly #byName = new Map<string, AgentEntry>();
  /** Names in lower case: a pid is a UUID, which is the same in either. */
  readonly #byFolded = new Map<string, AgentEntry>();

  constructor(entries: readonly AgentEntry[]) {
    this.entries = entries;
    for (const entry of entries) {
      for (const name of [entry.id, entry.pid]) {
        if (name === null) continue;
        this.#byName.set(name, entry);
        this.#byFolded.set(name.toLowerCase(), entry);
      }
    }
  }

  /** @param names what one user is called, the likeliest first */
  find(names: readonly string[]): AgentEntry | null {
    for (const name of names) {
      const entry = this.#byName.get(name) ?? this.#byName.get(plainId(name)) ?? this.#byFolded.get(name.toLowerCase());
      if (entry) return entry;
    }
    return null;
  }

  /** The id that is credited: the directory's, or the first name there is. */
  idOf(names: readonly string[]): string | null {
    const name = names[0];
    return this.find(names)?.id ?? (name === undefined ? null : plainId(name));
  }
}

function plainId(name: string): string {
  return ACCOUNT_AND_AGENT.exec(name)?.[1] ?? name;
}

const AGENTS_MAX = 100_000;

/**
 * Reads a directory of unknown origin.
 *
 *     [{ "id": "3677470410", "pid": "29c3019d-…", "groupId": "7", "userType": "BOT", "displayName": "Michal" }]
 *
 * @returns the entries, or every reason why they are none: `2.userType: expected …`
 */
export function parseAgents(value: unknown): { readonly entries: readonly AgentEntry[]; readonly faults: readonly string[] } {
  if (!Array.isArray(value)) return { entries: [], faults: [`expected a list of agents, got ${describe(value)}`] };
  if (value.length > AGENTS_MAX) return { entries: [], faults: [`expected at most ${AGENTS_MAX} agents, got ${value.length}`] };
  const faults: string[] = [];
  const entries: AgentEntry[] = [];
  const namedAt = new Map<string, number>();
  value.forEach((given: unknown, index) => {
    const found = isObject(given) ? faultsOf(given) : [`expected an object, got ${describe(given)}`];
    faults.push(...found.map((fault) => `${index}${isObject(given) ? "." : ": "}${fault}`));
    if (found.length > 0 || !isObject(given)) return;
    const entry = { pid: null, groupId: null, userType: "HUMAN", displayName: null, ...pick(given) } as AgentEntry;
    for (const name of new Set([entry.id, entry.pid])) {
      if (name === null) continue;
      const before = namedAt.get(name);
      if (before !== undefined) faults.push(`${index}: ${describe(name)} is named by entry ${before} already`);
      namedAt.set(name, index);
    }
    entries.push(entry);
  });
  return { entries, faults };
}

const FIELD_FAULTS: Readonly<Record<keyof AgentEntry, (value: unknown) => string | null>> = {
  id: listedIdFault,
  pid: idFault,
  groupId: listedIdFault,
  userType: (value) => (USER_TYPES.some((word) => word === value) ? null : expectedOneOf(USER_TYPES, value)),
  displayName: idFault,
};

function faultsOf(given: JsonObject): string[] {
  return Object.entries(FIELD_FAULTS).flatMap(([name, faultOf]) => {
    if (name !== "id" && !isGiven(given, name)) return [];
    const fault = faultOf(Object.hasOwn(given, name) ? given[name] : undefined);
    return fault === null ? [] : [`${name}: ${fault}`];
  });
}

function pick(given: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.keys(FIELD_FAULTS)
      .filter((name) => isGiven(given, name))
      .map((name) => [name, given[name]]),
  );
}

function isGiven(given: JsonObject, name: string): boolean {
  return Object.hasOwn(given, name) && given[name] !== null && given[name] !== undefined;
}
