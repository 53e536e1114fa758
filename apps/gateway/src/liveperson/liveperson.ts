import type { FastifyBaseLogger } from "fastify";
import { AccessError } from "../access/access.ts";
import { OAuthVerifier } from "../access/oauth-verifier.ts";
import { UsedNonces } from "../access/used-nonces.ts";
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

/** @throws StorageError if a file of it cannot be read or written; AccessError if what signed requests need cannot */
export async function openLivePerson(options: LivePersonOptions): Promise<LivePerson> {
  const { config, dataDir } = options;
  const directories = await AgentDirectories.open(dataDir);
  const journal = await SnapshotJournal.open(options);
  try {
    const signing = config.oauthKeysFile === null ? null : await openSigning(config.oauthKeysFile, options);
    return {
      config,
      directories,
      journal,
      oauth: signing?.oauth ?? null,
      close: async () => {
        await journal.close();
        await signing?.nonces.close();
      },
    };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

interface Signing {
  readonly oauth: OAuthVerifier;
  readonly nonces: UsedNonces;
}

async function openSigning(keysPath: string, { dataDir, now, logger }: LivePersonOptions): Promise<Signing> {
  let nonces: UsedNonces | undefined;
  try {
    nonces = await UsedNonces.open({
      dataDir,
      now,
      onUnsaved: (error) => logger.error({ err: error }, "the nonce of a signed request could not be kept over a restart"),
    });
    return { oauth: await OAuthVerifier.open(keysPath, { nonces, now }), nonces };
  } catch (error) {
    await nonces?.close();
    throw new AccessError(`OAUTH_KEYS_FILE: ${(error as Error).message}`, { cause: error });
  }
}
