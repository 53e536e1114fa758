import { getOperationAST, OperationTypeNode, parse, visit, type DocumentNode } from "graphql";

/** Of an operation's text, its variables, and what carries them. */
export const MESSAGE_BYTES_MAX = 64 * 1024;

/** What somebody asks: a query or a subscription. */
export interface Operation {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  /** Of it only `position` matters. */
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** @returns the position that whoever asks has seen elsewhere, be it none at all; undefined: nobody wants to know of positions */
export function positionNamed({ extensions }: Operation): unknown {
  return extensions?.["position"];
}

/** A subscription's text, as far as it decides when its answer may differ. */
export interface Selection {
  /** Moments of the window are selected: they differ whenever time goes on. */
  readonly hasMoments: boolean;
  /** The names under which an answer has moments, and nothing else. */
  readonly momentNames: ReadonlySet<string>;
  /** Parts of the window are selected: whatever is in them may go from one to the next as the window moves. */
  readonly hasIntervals: boolean;
}

/** The fields that give a moment, whatever type they are of. */
const MOMENTS: ReadonlySet<string> = new Set(["start", "end"]);

/** @returns null for what is no subscription, be it a query or no GraphQL at all */
export function selectionOf({ query, operationName }: Operation, tokensMax: number): Selection | null {
  const document = parseOrNull(query, tokensMax);
  if (document === null || getOperationAST(document, operationName)?.operation !== OperationTypeNode.SUBSCRIPTION) return null;
  const momentNames = new Set<string>();
  const otherNames = new Set<string>();
  let hasIntervals = false;
  visit(document, {
    Field: ({ name: { value: name }, alias }) => {
      (MOMENTS.has(name) ? momentNames : otherNames).add(alias?.value ?? name);
      hasIntervals ||= name === "intervals";
    },
  });
  return { hasMoments: momentNames.size > 0, momentNames: momentNames.difference(otherNames), hasIntervals };
}

/** What is wrong with a text is said by whoever executes it. */
function parseOrNull(query: string, maxTokens: number): DocumentNode | null {
  try {
    return parse(query, { maxTokens, noLocation: true });
  } catch {
    return null;
  }
}
