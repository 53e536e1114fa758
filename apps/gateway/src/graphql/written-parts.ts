import { isMetricName, type MetricName } from "@segmeter/engine";
import { collectSubFields } from "@graphql-tools/utils";
import {
  extendSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  visit,
  BREAK,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import type { RequestContext } from "./context.ts";
import { fragmentsOf } from "./fragments.ts";
import type { SliceNode } from "./nodes.ts";
import { PartWriter, type MetricField, type PartField } from "./part-writer.ts";
import { writeIds, writeIntervals, type IdsArguments, type MinutesArguments } from "./parts.ts";

type WrittenResolver = GraphQLFieldResolver<SliceNode, RequestContext, WrittenArguments>;

/** Fields that give lists of parts, and who writes them. */
const WRITTEN_FIELDS: Readonly<Record<string, { readonly parameters: string; readonly resolve: WrittenResolver }>> = {
  agents: {
    parameters: "(ids: [ID!])",
    resolve: written((writer, parent, args, context) => writeIds("agent", writer, parent, args, context)),
  },
  skills: {
    parameters: "(ids: [ID!])",
    resolve: written((writer, parent, args, context) => writeIds("skill", writer, parent, args, context)),
  },
  intervals: { parameters: "(minutes: Int!)", resolve: written(writeIntervals) },
};
const PREFIX = "_written_";

/**
 * The schema that operations are compiled against: beside each list of parts stands the same list as JSON, written
 * straight from the engine's columns. Nobody outside can ask for these fields, since operations are validated before.
 */
export function withWrittenFields(schema: GraphQLSchema): GraphQLSchema {
  const owners = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) => {
      const names = Object.keys(type.getFields()).filter((name) => name in WRITTEN_FIELDS && isPartList(type, name));
      return names.length > 0 ? [{ typeName: type.name, names }] : [];
    });
  const extensions = owners.map(
    ({ typeName, names }) =>
      `extend type ${typeName} { ${names.map((name) => `${PREFIX}${name}${WRITTEN_FIELDS[name]!.parameters}: _Written!`).join(" ")} }`,
  );
  const extended = extendSchema(schema, parse(["scalar _Written", ...extensions].join("\n")));
  for (const { typeName, names } of owners) {
    const fields = (extended.getType(typeName) as GraphQLObjectType).getFields();
    for (const name of names) fields[`${PREFIX}${name}`]!.resolve = WRITTEN_FIELDS[name]!.resolve as GraphQLFieldResolver<unknown, unknown>;
  }
  return extended;
}

function isPartList(type: GraphQLObjectType, name: string): boolean {
  return PART_TYPES.has(getNamedType(type.getFields()[name]!.type).name);
}

const PART_TYPES: ReadonlySet<string> = new Set(["Agent", "Skill", "Interval"]);

/** By the field that was put in place of a list of parts. */
const writers = new WeakMap<FieldNode, PartWriter>();

/** GraphQL has seen to it that each field gets the arguments that it declares. */
type WrittenArguments = IdsArguments & MinutesArguments;

function written(
  write: (writer: PartWriter, parent: SliceNode, args: WrittenArguments, context: RequestContext) => unknown,
): WrittenResolver {
  return (parent, args, context, info) => write(writers.get(info.fieldNodes[0]!)!, parent, args, context);
}

/**
 * Puts written fields in the place of lists of parts of which nothing but scalars is selected. Fragments are put where
 * they are spread. An operation with directives stays as it is: what they leave out is only known when it is executed.
 */
export function writeParts(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  if (operation.operation !== OperationTypeNode.QUERY || hasDirectives(document)) return document;
  const rewriter = new Rewriter(schema, Object.fromEntries(fragmentsOf(document)));
  const root: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "query" }, selectionSet: operation.selectionSet };
  const selectionSet = rewriter.rewrite(schema.getQueryType()!, [root]);
  return selectionSet === null ? document : { kind: Kind.DOCUMENT, definitions: [{ ...operation, selectionSet }] };
}

function hasDirectives(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: () => {
      found = true;
      return BREAK;
    },
  });
  return found;
}

class Rewriter {
  readonly #schema: GraphQLSchema;
  readonly #fragments: Record<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, fragments: Record<string, FragmentDefinitionNode>) {
    this.#schema = schema;
    this.#fragments = fragments;
  }

  /** @returns null if there is something in it that is not the schema's own, such as introspection */
  rewrite(type: GraphQLObjectType, nodes: readonly FieldNode[]): SelectionSetNode | null {
    const selections: FieldNode[] = [];
    for (const [name, fieldNodes] of this.#fieldsBelow(type, nodes)) {
      const field = this.#rewriteField(type, name, fieldNodes);
      if (field === null) return null;
      selections.push(field);
    }
    return { kind: Kind.SELECTION_SET, selections };
  }

  #rewriteField(type: GraphQLObjectType, name: string, nodes: readonly [FieldNode, ...FieldNode[]]): FieldNode | null {
    const [node] = nodes;
    if (node.name.value === TYPENAME) return node;
    const field = type.getFields()[node.name.value];
    if (!field) return null;
    const fieldType = getNamedType(field.type);
    if (isLeafType(fieldType)) return node;
    if (!isObjectType(fieldType)) return null;
    const parts = node.name.value in WRITTEN_FIELDS && PART_TYPES.has(fieldType.name) ? this.#scalarsOf(fieldType, nodes) : null;
    if (parts) return writtenInPlaceOf(node, name, parts);
    const selectionSet = this.rewrite(fieldType, nodes);
    return selectionSet && { ...node, selectionSet };
  }

  /** @returns null if more than scalars and metrics is selected */
  #scalarsOf(type: GraphQLObjectType, nodes: readonly FieldNode[]): PartField[] | null {
    const parts: PartField[] = [];
    for (const [name, fieldNodes] of this.#fieldsBelow(type, nodes)) {
      const field = fieldNodes[0].name.value;
      if (field === TYPENAME) parts.push({ name, typename: type.name });
      else if (field === "id" || field === "name" || field === "start" || field === "end") parts.push({ name, key: field });
      else if (field === "metrics") parts.push({ name, metrics: this.#metricsOf(type, fieldNodes) });
      else return null;
    }
    return parts;
  }

  #metricsOf(type: GraphQLObjectType, nodes: readonly FieldNode[]): MetricField[] {
    const metricSet = getNamedType(type.getFields()["metrics"]!.type) as GraphQLObjectType;
    return this.#fieldsBelow(metricSet, nodes).map(([name, [node]]) =>
      node.name.value === TYPENAME ? { name, typename: metricSet.name } : { name, metric: metricNamed(node.name.value) },
    );
  }

  /** What is selected, by the name that it has in the answer. */
  #fieldsBelow(type: GraphQLObjectType, nodes: readonly FieldNode[]): [name: string, nodes: [FieldNode, ...FieldNode[]]][] {
    const { fields } = collectSubFields(this.#schema, this.#fragments, {}, type, [...nodes]);
    return [...fields] as [string, [FieldNode, ...FieldNode[]]][];
  }
}

const TYPENAME = "__typename";

function metricNamed(name: string): MetricName {
  if (!isMetricName(name)) throw new Error(`expected a metric, got ${name}`);
  return name;
}

function writtenInPlaceOf(node: FieldNode, name: string, parts: readonly PartField[]): FieldNode {
  const field: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: name },
    name: { kind: Kind.NAME, value: `${PREFIX}${node.name.value}` },
    ...(node.arguments && { arguments: node.arguments }),
    // Errors say where in the operation they come from.
    ...(node.loc && { loc: node.loc }),
  };
  writers.set(field, new PartWriter(parts));
  return field;
}
