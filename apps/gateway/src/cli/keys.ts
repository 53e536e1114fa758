import { Command, Option } from "commander";
import { SCOPES, type Scope } from "../access/caller.ts";
import { addKey, keyFileIn, readKeys, removeKey, type StoredKey } from "../access/key-file.ts";
import { gather, toAccountId, toIds, toMoment, toName, toScope } from "./option-values.ts";

/** A command that cannot be done as it was given; the message says why. */
export class KeysError extends Error {
  override readonly name = "KeysError";
}

interface CreateOptions {
  readonly dataDir: string;
  readonly name: string;
  readonly scope: Scope[];
  readonly account?: string[];
  readonly allAccounts: boolean;
  readonly agents?: string[];
  readonly groups?: string[];
  readonly skills?: string[];
  readonly expires?: string;
}

/** `segmeter keys create`, `list` and `revoke`; each may throw AccessFileError or KeysError. */
export function keysCommand(): Command {
  const keys = new Command("keys").description(
    "Create, list and revoke the API keys of a gateway. A running one takes note within a second.",
  );
  onDataDir(keys.command("create"))
    .description("Create a key, and print it; it is shown this once.")
    .requiredOption("--name <name>", "whom it is for, for lists and logs", toName)
    .requiredOption("--scope <scope...>", `what it may do: ${SCOPES.join(", ")}`, gather(toScope))
    .option("--account <id...>", "the accounts that it is for", gather(toAccountId))
    .option("--all-accounts", "it is for every account", false)
    .option("--agents <ids>", "it reads only these agents' segments; ids, comma separated", toIds)
    .option("--groups <ids>", "only these groups'", toIds)
    .option("--skills <ids>", "only these skills'", toIds)
    .option("--expires <when>", "in so many days, such as 90d, or at a moment, such as 2027-06-30T00:00:00Z; else never", toMoment)
    .action(createKey);
  onDataDir(keys.command("list")).description("List the keys, without what is secret.").action(listKeys);
  onDataDir(keys.command("revoke"))
    .description("Revoke a key: a running gateway refuses it, and ends what it is subscribed to, within a second.")
    .argument("<id>", "as listed")
    .action(revokeKey);
  return keys;
}

/** Where the gateway keeps what these commands change. */
export function onDataDir(command: Command): Command {
  return command.addOption(new Option("--data-dir <folder>", "the gateway's data folder").default("data").env("DATA_DIR"));
}

/** Prints the key alone on standard output, where another program may take it from. */
async function createKey({ dataDir, name, scope, account, allAccounts, agents, groups, skills, expires }: CreateOptions): Promise<void> {
  if (allAccounts === (account !== undefined)) throw new KeysError("expected either --account or --all-accounts");
  if ((agents ?? groups ?? skills) !== undefined && !scope.includes("read")) {
    throw new KeysError("--agents, --groups and --skills restrict what is read: expected --scope read with them");
  }
  const nowMs = Date.now();
  if (expires !== undefined && Date.parse(expires) <= nowMs) throw new KeysError(`--expires: expected a moment to come, got ${expires}`);
  const request = {
    name,
    scopes: scope,
    accounts: account ?? null,
    agentIds: agents ?? null,
    groupIds: groups ?? null,
    skillIds: skills ?? null,
    expiresAt: expires ?? null,
  };
  const { id, text } = await addKey(keyFileIn(dataDir), request, nowMs);
  process.stdout.write(`${text}\n`);
  process.stderr.write(`It is shown this once: keep it where only its user can read it. Its id is ${id}.\n`);
}

async function listKeys({ dataDir }: { readonly dataDir: string }): Promise<void> {
  for (const key of await readKeys(keyFileIn(dataDir))) process.stdout.write(`${describe(key)}\n`);
}

async function revokeKey(id: string, { dataDir }: { readonly dataDir: string }): Promise<void> {
  const path = keyFileIn(dataDir);
  const removed = await removeKey(path, id);
  if (removed === null) throw new KeysError(`${path} has no key of the id ${JSON.stringify(id)}`);
  process.stderr.write(`Revoked ${removed.id} ${JSON.stringify(removed.name)}.\n`);
}

/** `3f9c01a7be42  "wall"  read  accounts demo  groups 3  expires never` */
function describe({ id, name, scopes, accounts, agentIds, groupIds, skillIds, createdAt, expiresAt }: StoredKey): string {
  const restrictions = Object.entries({ agents: agentIds, groups: groupIds, skills: skillIds });
  return [
    id,
    JSON.stringify(name),
    scopes.join(","),
    accounts === null ? "every account" : `accounts ${accounts.join(",")}`,
    ...restrictions.flatMap(([what, ids]) => (ids === null ? [] : [`${what} ${ids.join(",")}`])),
    `created ${createdAt}`,
    expiresAt === null ? "never expires" : `expires ${expiresAt}`,
  ].join("  ");
}
