import { createHash } from "node:crypto";
import {
  Kind,
  OperationTypeNode,
  print,
  visit,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { fragmentTypeName, toDocComment, TypeWriter } from "./result-types.ts";

export interface HooksPluginConfig {
  readonly runtime: string;
}

/** Enough to tell two operations of one name apart. */
const HASH_CHARACTERS = 12;

/** Writes, for every operation, the types of its result and variables, its text, and its hooks. */
export function plugin(
  schema: GraphQLSchema,
  files: readonly { readonly document?: DocumentNode }[],
  { runtime }: HooksPluginConfig,
): { readonly prepend: string[]; readonly content: string } {
  const definitions = files.flatMap(({ document }) => document?.definitions ?? []);
  const fragments = new Map(definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]));
  const operations = definitions.filter(isOperation).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const writer = new TypeWriter(schema, fragments);

  const fragmentTypes = [...fragments.values()].map(
    (fragment) =>
      `${toDocComment(fragment.description?.value, "")}export type ${fragmentTypeName(fragment.name.value)} = ${writer.ofFragment(fragment)};`,
  );
  const blocks = operations.map((operation) => toBlock(operation, fragments, writer));
  return {
    prepend: [
      "// Generated from the operations beside it and the schema; `graphql-codegen` writes it anew.",
      importsOf(operations, runtime),
    ],
    content: ["", ...writer.declarations(), ...fragmentTypes, ...blocks].join("\n\n"),
  };
}

type OperationKind = "query" | "subscription";

/** What a kind of operation needs of the runtime. */
const RUNTIME_NAMES = {
  query: [
    "type QueryHookOptions",
    "type SegmeterClient",
    "type SuspenseQueryHookOptions",
    "createQueryOptions",
    "useSegmeterQuery",
    "useSegmeterSuspenseQuery",
  ],
  subscription: ["type SubscriptionHookOptions", "type SubscriptionState", "useSegmeterSubscription"],
} satisfies Record<OperationKind, readonly string[]>;

function importsOf(operations: readonly OperationDefinitionNode[], runtime: string): string {
  const kinds = new Set(operations.map(kindOf));
  const names = [...kinds].flatMap((kind): readonly string[] => RUNTIME_NAMES[kind]);
  return `import { ${["TypedDocumentString", ...names].join(", ")} } from ${JSON.stringify(runtime)};`;
}

function toBlock(operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>, writer: TypeWriter): string {
  const name = nameOf(operation);
  const kind = kindOf(operation);
  const resultType = `${name}${kind === "query" ? "Query" : "Subscription"}`;
  const text = print(withoutDescriptions({ kind: Kind.DOCUMENT, definitions: [operation, ...fragmentsOf(operation, fragments)] }));
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_CHARACTERS);
  const comment = toDocComment(operation.description?.value, "");
  const areOptional = (operation.variableDefinitions ?? []).every(
    ({ type, defaultValue }) => type.kind !== Kind.NON_NULL_TYPE || defaultValue !== undefined,
  );
  const names = {
    name,
    property: name[0]!.toLowerCase() + name.slice(1),
    resultType,
    variables: `variables: ${resultType}Variables${areOptional ? " = {}" : ""}`,
    comment,
  };
  return [
    `${comment}export type ${resultType} = ${writer.ofOperation(operation)};`,
    `export type ${resultType}Variables = ${writer.ofVariables(operation.variableDefinitions ?? [])};`,
    `${comment}export const ${name}Document = /* @__PURE__ */ new TypedDocumentString<${resultType}, ${resultType}Variables>(\`\n${toIndented(text)}\n\`, ${JSON.stringify({ operationName: name, hash })});`,
    kind === "query" ? queryHooks(names) : subscriptionHooks(names),
  ].join("\n\n");
}

interface Names {
  readonly name: string;
  readonly property: string;
  readonly resultType: string;
  readonly variables: string;
  readonly comment: string;
}

function queryHooks({ name, property, resultType, variables, comment }: Names): string {
  return `${comment}export function use${name}Query<TData = ${resultType}>(${variables}, options?: QueryHookOptions<${resultType}, TData>) {
  return useSegmeterQuery(${name}Document, variables, options);
}

${comment}export function useSuspense${name}Query<TData = ${resultType}>(${variables}, options?: SuspenseQueryHookOptions<${resultType}, TData>) {
  return useSegmeterSuspenseQuery(${name}Document, variables, options);
}

/** For \`prefetchQuery\`, \`ensureQueryData\` and the like: what \`use${name}Query\` asks, under the same key. */
export function ${property}QueryOptions(client: SegmeterClient, ${variables}) {
  return createQueryOptions(client, ${name}Document, variables);
}`;
}

function subscriptionHooks({ name, resultType, variables, comment }: Names): string {
  return `${comment}export function use${name}Subscription(${variables}, options?: SubscriptionHookOptions): SubscriptionState<${resultType}> {
  return useSegmeterSubscription(${name}Document, variables, options);
}`;
}

/** The fragments that an operation uses, directly or through others, each once. */
function fragmentsOf(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Iterable<FragmentDefinitionNode> {
  const used = new Set<FragmentDefinitionNode>();
  const collect = (definition: DefinitionNode): void => {
    visit(definition, {
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value)!;
        if (used.has(fragment)) return;
        used.add(fragment);
        collect(fragment);
      },
    });
  };
  collect(operation);
  return used;
}

/** Descriptions are for editors; not every server parses them on operations. */
function withoutDescriptions(document: DocumentNode): DocumentNode {
  return visit(document, { OperationDefinition: withoutDescription, FragmentDefinition: withoutDescription });
}

function withoutDescription<Node extends DefinitionNode>(node: Node): Node {
  return { ...node, description: undefined };
}

function toIndented(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("`", "\\`")
    .replaceAll("${", "\\${")
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n");
}

function kindOf(definition: OperationDefinitionNode): OperationKind {
  const { operation } = definition;
  if (operation !== OperationTypeNode.MUTATION) return operation;
  throw new Error(`expected a query or a subscription, got the mutation ${nameOf(definition)}`);
}

function nameOf({ name, operation }: OperationDefinitionNode): string {
  if (name === undefined) throw new Error(`expected every operation to have a name, got a ${operation} without one`);
  return name.value;
}

function isFragment(definition: DefinitionNode): definition is FragmentDefinitionNode {
  return definition.kind === Kind.FRAGMENT_DEFINITION;
}

function isOperation(definition: DefinitionNode): definition is OperationDefinitionNode {
  return definition.kind === Kind.OPERATION_DEFINITION;
}
