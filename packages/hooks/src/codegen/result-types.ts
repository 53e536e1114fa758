import {
  getNamedType,
  GraphQLError,
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

interface SelectedField {
  readonly nodes: FieldNode[];
  /** Every selection of it hangs on `@include` or `@skip`. */
  isOptional: boolean;
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
    return this.#object(this.#schema.getRootType(operation)!, [selectionSet], "");
  }

  ofFragment({ typeCondition, selectionSet }: FragmentDefinitionNode): string {
    return this.#object(this.#objectType(typeCondition.name.value, selectionSet), [selectionSet], "");
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

  #object(type: GraphQLObjectType, selectionSets: readonly SelectionSetNode[], indent: string): string {
    const [only, ...others] = selectionSets.flatMap(({ selections }) => selections);
    if (only?.kind === Kind.FRAGMENT_SPREAD && others.length === 0 && !isConditional(only)) return fragmentTypeName(only.name.value);

    const fields = new Map<string, SelectedField>();
    for (const { selections } of selectionSets) this.#collect(type, selections, false, fields);
    const inner = `${indent}  `;
    const lines = [...fields].map(([responseName, { nodes, isOptional }]) => {
      const optional = isOptional ? "?" : "";
      const [{ name }] = nodes as [FieldNode];
      if (name.value === "__typename") return `${inner}readonly ${responseName}${optional}: ${JSON.stringify(type.name)};`;
      const field = type.getFields()[name.value]!;
      const written = this.#type(
        field.type,
        nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
        inner,
      );
      return `${toDocComment(field.description, inner)}${inner}readonly ${responseName}${optional}: ${written};`;
    });
    return `{\n${lines.join("\n")}\n${indent}}`;
  }

  #collect(
    type: GraphQLObjectType,
    selections: readonly SelectionNode[],
    isParentOptional: boolean,
    fields: Map<string, SelectedField>,
  ): void {
    for (const selection of selections) {
      const isOptional = isParentOptional || isConditional(selection);
      if (selection.kind === Kind.FIELD) {
        const responseName = (selection.alias ?? selection.name).value;
        const field = fields.get(responseName);
        if (field === undefined) fields.set(responseName, { nodes: [selection], isOptional });
        else {
          field.nodes.push(selection);
          field.isOptional &&= isOptional;
        }
      } else {
        const { selectionSet } = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)!;
        this.#collect(type, selectionSet.selections, isOptional, fields);
      }
    }
  }

  #type(type: GraphQLType, selectionSets: readonly SelectionSetNode[] = [], indent = ""): string {
    if (isNonNullType(type)) return this.#nonNull(type.ofType, selectionSets, indent);
    return `${this.#nonNull(type, selectionSets, indent)} | null`;
  }

  #nonNull(type: GraphQLType, selectionSets: readonly SelectionSetNode[], indent: string): string {
    if (isListType(type)) return `ReadonlyArray<${this.#type(type.ofType, selectionSets, indent)}>`;
    const named = getNamedType(type);
    if (isScalarType(named)) return SCALARS[named.name] ?? "unknown";
    if (isEnumType(named) || isInputObjectType(named)) {
      this.#named.set(named.name, named);
      return named.name;
    }
    return this.#object(this.#objectType(named.name, null), selectionSets, indent);
  }

  #objectType(name: string, node: SelectionSetNode | null): GraphQLObjectType {
    const type = this.#schema.getType(name);
    if (isObjectType(type)) return type;
    throw new GraphQLError(`expected an object type, got ${name}: interfaces and unions are not part of Segmeter's schema`, {
      nodes: node,
    });
  }
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
