import { Command } from "commander";
import { addRevocation, readRevocations, revokedTokensFileIn, type Revocation } from "../access/revoked-tokens.ts";
import { KeysError, onDataDir } from "./keys.ts";
import { toClaim } from "./option-values.ts";

interface RevokeOptions {
  readonly dataDir: string;
  readonly subject?: string;
  readonly id?: string;
}

/** `segmeter tokens revoke` and `list`; each may throw AccessFileError or KeysError. */
export function tokensCommand(): Command {
  const tokens = new Command("tokens").description(
    "Revoke tokens of an identity provider (JWTs) before they expire. A running gateway takes note within a second.",
  );
  onDataDir(tokens.command("revoke"))
    .description("Refuse one token, or all that somebody was given until now; a newer one of the same subject is taken.")
    .option("--subject <sub>", "whose tokens: their claim sub", toClaim)
    .option("--id <jti>", "which token: its claim jti", toClaim)
    .action(revokeTokens);
  onDataDir(tokens.command("list")).description("List what was revoked.").action(listRevocations);
  return tokens;
}

async function revokeTokens({ dataDir, subject, id }: RevokeOptions): Promise<void> {
  if ((subject === undefined) === (id === undefined)) throw new KeysError("expected either --subject or --id");
  const revokedAt = new Date().toISOString();
  const revocation: Revocation = id === undefined ? { subject: subject!, revokedAt } : { tokenId: id, revokedAt };
  await addRevocation(revokedTokensFileIn(dataDir), revocation);
  process.stderr.write(`Revoked: ${describe(revocation)}\n`);
}

async function listRevocations({ dataDir }: { readonly dataDir: string }): Promise<void> {
  for (const revocation of await readRevocations(revokedTokensFileIn(dataDir))) process.stdout.write(`${describe(revocation)}\n`);
}

/** `subject "wall"  2026-11-25T17:20:00.000Z` */
function describe(revocation: Revocation): string {
  const what = "subject" in revocation ? `subject ${JSON.stringify(revocation.subject)}` : `id ${JSON.stringify(revocation.tokenId)}`;
  return `${what}  ${revocation.revokedAt}`;
}
