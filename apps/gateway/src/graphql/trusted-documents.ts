import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { GraphQLError, parse, print, type DocumentNode } from "graphql";
import { z } from "zod";
import { ConfigError } from "../config.ts";
import { VERIFY_OPERATION } from "../verify/gateway.ts";

const GRAPHQL_FILE = /\.(graphql|gql)$/;

/** As codegen's client preset writes it, text by hash, and as Apollo Client's generator does. */
const MANIFEST = z.union([
  z.object({ operations: z.array(z.object({ body: z.string() })) }).transform(({ operations }) => operations.map(({ body }) => body)),
  z.record(z.string(), z.string()).transform((texts) => Object.values(texts)),
]);

/**
 * The operations and fragments that whoever runs the gateway has read before. Space and comments make no difference, nor does
 * what else stands in a file.
 */
export class TrustedDocuments {
  readonly #definitions: ReadonlySet<string>;
  readonly #known = new WeakMap<DocumentNode, boolean>();

  private constructor(texts: readonly string[]) {
    this.#definitions = new Set([VERIFY_OPERATION, ...texts].flatMap((text) => definitionsOf(parse(text, { noLocation: true }))));
  }

  /**
   * @param paths of files, or of folders of `.graphql` files
   * @throws ConfigError that names what cannot be read
   */
  static async read(paths: readonly string[]): Promise<TrustedDocuments> {
    const texts: string[] = [];
    for (const path of paths) {
      try {
        const found = await textsIn(path);
        for (const text of found) parse(text, { noLocation: true });
        texts.push(...found);
      } catch (error) {
        throw new ConfigError(`TRUSTED_DOCUMENTS: ${path} cannot be read: ${(error as Error).message}`, { cause: error });
      }
    }
    return new TrustedDocuments(texts);
  }

  /** @throws GraphQLError if something of it is not trusted */
  assertHas(document: DocumentNode): void {
    const isTrusted = this.#known.get(document) ?? definitionsOf(document).every((definition) => this.#definitions.has(definition));
    this.#known.set(document, isTrusted);
    if (isTrusted) return;
    throw new GraphQLError("this gateway answers trusted documents only, and this is none", {
      extensions: { code: "UNTRUSTED_DOCUMENT", causes: [], http: { status: 403 } },
    });
  }
}

function definitionsOf({ definitions }: DocumentNode): string[] {
  return definitions.map((definition) => print(definition));
}

async function textsIn(path: string): Promise<readonly string[]> {
  if ((await stat(path)).isDirectory()) {
    const names = (await readdir(path)).filter((name) => GRAPHQL_FILE.test(name));
    if (names.length === 0) throw new Error("the folder has no .graphql file");
    return Promise.all(names.map((name) => readFile(join(path, name), "utf8")));
  }
  const text = await readFile(path, "utf8");
  if (GRAPHQL_FILE.test(path)) return [text];
  const manifest = MANIFEST.safeParse(JSON.parse(text));
  if (!manifest.success) throw new Error("expected a .graphql file, or a manifest of operations in JSON");
  return manifest.data;
}
