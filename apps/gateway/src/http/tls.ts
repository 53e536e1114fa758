import { readFile } from "node:fs/promises";
import { createSecureContext, type Server } from "node:tls";
import type { FastifyBaseLogger } from "fastify";
import { WatchedFile } from "../access/watched-file.ts";
import { ConfigError, type TlsConfig } from "../config.ts";

/** A certificate changes every few weeks; whoever puts a new one there wants to see it. */
const LOOK_EVERY_MS = 1_000;

export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: "TLSv1.2";
}

/** @throws ConfigError if the files cannot be read, or do not belong together */
export async function readTlsFiles({ certFile, keyFile }: TlsConfig): Promise<TlsOptions> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
    createSecureContext({ cert, key });
    return { cert, key, minVersion: "TLSv1.2" };
  } catch (error) {
    throw new ConfigError(`TLS_CERT, TLS_KEY: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Has a server take what is in the files whenever one of them is not what it uses. Connections that are open stay as they are; while the
 * two do not belong together, as between the replacing of one and the other, nothing changes.
 *
 * @param used by the server now
 */
export async function followTlsFiles(
  config: TlsConfig,
  used: TlsOptions,
  server: Pick<Server, "setSecureContext">,
  logger: FastifyBaseLogger,
): Promise<{ readonly close: () => void }> {
  const take = async (): Promise<void> => {
    try {
      server.setSecureContext(await readTlsFiles(config));
      logger.info("a new TLS certificate is used from now on");
    } catch (error) {
      logger.warn({ err: error }, "the TLS certificate has changed and cannot be used; the one before it still is");
    }
  };
  const watch = { parse: (text: string) => text, onChange: () => void take(), everyMs: LOOK_EVERY_MS };
  const files = await Promise.all([config.certFile, config.keyFile].map((path) => WatchedFile.open({ ...watch, path })));
  // Since the server read them, the log was opened, which may take a while.
  const isAsUsed = [used.cert, used.key].every((text, i) => files[i]!.state.kind === "read" && files[i]!.state.value === text);
  if (!isAsUsed) await take();
  return {
    close: () => {
      for (const file of files) file.close();
    },
  };
}
