import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { ConfigError, type TlsConfig } from "../config.ts";

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** @throws ConfigError if the files cannot be read, or do not belong together */
export async function readTlsFiles({ certFile, keyFile }: TlsConfig): Promise<TlsFiles> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    throw new ConfigError(`TLS_CERT, TLS_KEY: ${(error as Error).message}`, { cause: error });
  }
}
