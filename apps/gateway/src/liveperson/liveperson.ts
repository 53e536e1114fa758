import type { FastifyBaseLogger } from "fastify";
import { AccessError } from "../access/access.ts";
import { OAuthVerifier } from "../access/oauth-verifier.ts";
import type { LivePersonConfig } from "../config.ts";
import { AgentDirectories } from "./agent-directories.ts";
import { SnapshotJournal, type JournalOptions } from "./snapshot-journal.ts";

/** What is kept beside the log for accounts that LivePerson feeds. */
export interface LivePerson {
  readonly config: LivePersonConfig;
  readonly directories: AgentDirectories;
  readonly journal: SnapshotJournal;
  /** For requests signed as clients of the original sign them; null: no keys are configured. */
  readonly oauth: OAuthVerifier | null;
  readonly close: () => Promise<void>;
}

export interface LivePersonOptions extends JournalOptions {
  readonly config: LivePersonConfig;
  readonly logger: FastifyBaseLogger;
}

/** @throws StorageError if a file of it cannot be read or written; AccessError if the keys of signed requests cannot */
export async function openLivePerson(options: LivePersonOptions): Promise<LivePerson> {
  const { config, dataDir } = options;
  const oauth = config.oauthKeysFile === null ? null : await openOAuth(config.oauthKeysFile, options);
  const directories = await AgentDirectories.open(dataDir);
  const journal = await SnapshotJournal.open(options);
  return { config, directories, journal, oauth, close: () => journal.close() };
}

async function openOAuth(path: string, { now, logger }: LivePersonOptions): Promise<OAuthVerifier> {
  try {
    return await OAuthVerifier.open(path, now, (reason) => logger.info({ reason }, "a signed request was refused"));
  } catch (error) {
    throw new AccessError(`OAUTH_KEYS_FILE: ${(error as Error).message}`, { cause: error });
  }
}
