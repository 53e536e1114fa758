import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  Kind,
  typeFromAST,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
} from "graphql";

/** How a scalar of the schema is written in JSON. */
const SCALARS: Readonly<Record<string, string>> = {
  ID: "string",
  String: "string",
  DateTime: "string",
  Int: "number",
  Float: "number",
  Long: "number",
  Boolean: "boolean",
};

/** Optional is what hangs on `@include` or `@skip`. */
interface Selected<Node> {
  readonly node: Node;
  readonly isOptional: boolean;
}

/**
 * Writes the types of results, narrowed to what is selected, and of variables. Every field carries the schema's
 * description: there stand a metric's unit, its meaning and when it is null.
 */
export class TypeWriter {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Enums and inputs that what was written refers to, in the order of their appearance. */
  readonly #named = new Map<string, GraphQLEnumType | GraphQLInputObjectType>();

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#schema = schema;
    this.#fragments = fragments;
  }

  ofOperation({ operation, selectionSet }: OperationDefinitionNode): string {
    return this.#object(this.#schema.getRootType(operation)!, [{ node: selectionSet, isOptional: false }], "");
  }

  ofFragment({ typeCondition, selectionSet }: FragmentDefinitionNode): string {
    return this.#object(this.#objectType(typeCondition.name.value), [{ node: selectionSet, isOptional: false }], "");
  }

  ofVariables(definitions: readonly VariableDefinitionNode[]): string {
    if (definitions.length === 0) return "Record<string, never>";
    const lines = definitions.map(({ variable, type, defaultValue }) => {
      const inputType = typeFromAST(this.#schema, type)!;
      return this.#inputField(variable.name.value, inputType, defaultValue !== undefined);
    });
    return `{\n${lines.join("\n")}\n}`;
  }

  /** The enums and inputs that what was written so far refers to. */
  declarations(): string[] {
    const written: string[] = [];
    // Grows while it is walked: an input names others.
    for (const type of this.#named.values()) {
      written.push(`${toDocComment(type.description, "")}export type ${type.name} = ${this.#declaration(type)};`);
    }
    return written;
  }

  #declaration(type: GraphQLEnumType | GraphQLInputObjectType): string {
    if (isEnumType(type)) {
      return type
        .getValues()
        .map(({ name }) => JSON.stringify(name))
        .join(" | ");
    }
    const fields = Object.values(type.getFields()).map(
      ({ name, description, type: fieldType, defaultValue }) =>
        toDocComment(description, "  ") + this.#inputField(name, fieldType, defaultValue !== undefined),
    );
    return `{\n${fields.join("\n")}\n}`;
  }

  #inputField(name: string, type: GraphQLType, hasDefault: boolean): string {
    if (isNonNullType(type) && !hasDefault) return `  readonly ${name}: ${this.#type(type)};`;
    return `  readonly ${name}?: ${this.#type(type)} | undefined;`;
  }

  #object(type: GraphQLObjectType, sets: readonly Selected<SelectionSetNode>[], indent: string): string {
    const [only, ...others] = sets.flatMap(({ node }) => node.selections);
    if (only?.kind === Kind.FRAGMENT_SPREAD && others.length === 0 && !isConditional(only)) return fragmentTypeName(only.name.value);

    const fields = new Map<string, Selected<FieldNode>[]>();
    for (const set of sets) this.#collect(set, fields);
    const inner = `${indent}  `;
    const lines = [...fields].map(([responseName, selected]) => {
      const property = `${inner}readonly ${responseName}${selected.every(({ isOptional }) => isOptional) ? "?" : ""}`;
      const name = selected[0]!.node.name.value;
      if (name === "__typename") return `${property}: ${JSON.stringify(type.name)};`;
      const field = type.getFields()[name]!;
      return `${toDocComment(field.description, inner)}${property}: ${this.#type(field.type, setsBelow(selected), inner)};`;
    });
    return `{\n${lines.join("\n")}\n${indent}}`;
  }

  #collect(
    { node: { selections }, isOptional: isSetOptional }: Selected<SelectionSetNode>,
    fields: Map<string, Selected<FieldNode>[]>,
  ): void {
    for (const selection of selections) {
      const isOptional = isSetOptional || isConditional(selection);
      if (selection.kind === Kind.FIELD) {
        const responseName = (selection.alias ?? selection.name).value;
        fields.set(responseName, [...(fields.get(responseName) ?? []), { node: selection, isOptional }]);
      } else {
        const { selectionSet } = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)!;
        this.#collect({ node: selectionSet, isOptional }, fields);
      }
    }
  }

  #type(type: GraphQLType, sets: readonly Selected<SelectionSetNode>[] = [], indent = ""): string {
    if (isNonNullType(type)) return this.#nonNull(type.ofType, sets, indent);
    return `${this.#nonNull(type, sets, indent)} | null`;
  }

  #nonNull(type: GraphQLType, sets: readonly Selected<SelectionSetNode>[], indent: string): string {
    if (isListType(type)) return `ReadonlyArray<${this.#type(type.ofType, sets, indent)}>`;
    const named = getNamedType(type);
    if (isScalarType(named)) return SCALARS[named.name] ?? "unknown";
    if (isEnumType(named) || isInputObjectType(named)) {
      this.#named.set(named.name, named);
      return named.name;
    }
    return this.#object(this.#objectType(named.name), sets, indent);
  }

  #objectType(name: string): GraphQLObjectType {
    const type = this.#schema.getType(name);
    if (isObjectType(type)) return type;
    throw new Error(`expected an object type, got ${name}: interfaces and unions are not part of Segmeter's schema`);
  }
}

/** Where a field is selected once, what is below it is there whenever the field is. */
function setsBelow(selected: readonly Selected<FieldNode>[]): Selected<SelectionSetNode>[] {
  return selected.flatMap(({ node: { selectionSet }, isOptional }) =>
    selectionSet === undefined ? [] : { node: selectionSet, isOptional: isOptional && selected.length > 1 },
  );
}

export function fragmentTypeName(name: string): string {
  return `${name}Fragment`;
}

function isConditional({ directives = [] }: SelectionNode): boolean {
  return directives.some(({ name }) => name.value === "include" || name.value === "skip");
}

/** @returns the description as a comment on lines of its own, or nothing */
export function toDocComment(description: string | null | undefined, indent: string): string {
  if (!description) return "";
  const lines = description.replaceAll("*/", "*\\/").split("\n");
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}
