import { METRICS, MINUTE_MS, timeframeFault, type AnswerSize, type Window } from "@segmeter/engine";
import {
  getArgumentValues,
  getDirectiveValues,
  getVariableValues,
  GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getNamedType,
  isObjectType,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { fieldCountOf } from "./field-count.ts";
import { fragmentsOf } from "./fragments.ts";

/** Of nested lists: agents, skills and intervals in one another, metrics below, and room to spare. */
const DEPTH_MAX = 12;
const ALIASES_MAX = 100;
const FIELDS_MAX = 2_000;
/** Ten megabytes, about a tenth of a second of which nobody else is answered. More is what REST streams. */
const CELLS_MAX = 200_000;

export interface CostParts {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  /** How much there is of an account, for whoever asks; null: it may not be asked. */
  readonly sizeOf: (accountId: string, window: Window) => AnswerSize | null;
}

/**
 * Estimates, before anything is asked of the engine, how many values an answer may have: agents × skills × intervals ×
 * metrics on every level. Segments bound it as well: each is in one part of a level.
 *
 * @returns an upper bound; 0 where execution will refuse the operation
 * @throws GraphQLError of code `TOO_EXPENSIVE` that names the cost and the limit
 */
export function cellsOf(parts: CostParts): number {
  const { document, operation, schema, variables } = parts;
  // First, since fragments may unfold into billions of fields.
  assertWithin("fields, fragments unfolded", fieldCountOf(document, operation), FIELDS_MAX);
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables).coerced;
  if (coerced === undefined) return 0;
  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  const walk = new Walk(parts, coerced);
  const cells = walk.countRoot(operation.selectionSet, root, operation.operation);
  assertWithin("aliases", walk.aliasCount, ALIASES_MAX);
  assertWithin("levels of nested fields", walk.depth, DEPTH_MAX);
  assertWithin("cells (agents × skills × intervals × metrics)", cells, CELLS_MAX);
  return cells;
}

/** @throws GraphQLError */
export function assertWithin(what: string, cost: number, limit: number): void {
  if (cost <= limit) return;
  throw new GraphQLError(`the operation is too expensive: it has up to ${cost} ${what}, and may have ${limit}`, {
    extensions: { code: "TOO_EXPENSIVE", what, cost, limit, http: { status: 400 } },
  });
}

/** The parts of one level. */
interface Level {
  readonly size: AnswerSize;
  /** How many there are at most. */
  readonly count: number;
  /** Of the whole, or of the intervals that they lie in. */
  readonly minutes: number;
  readonly dimensions: ReadonlySet<string>;
}

class Walk {
  readonly #parts: CostParts;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  aliasCount = 0;
  depth = 0;

  constructor(parts: CostParts, variables: Readonly<Record<string, unknown>>) {
    this.#parts = parts;
    this.#variables = variables;
    this.#fragments = fragmentsOf(parts.document);
  }

  countRoot(selectionSet: SelectionSetNode, root: GraphQLObjectType, kind: OperationTypeNode): number {
    let cells = 0;
    for (const [field, type, args] of this.#fieldsOf(selectionSet, root, 1)) {
      if (field.name.value === "metricDefinitions") cells += METRICS.length * this.#leafCount(field, type, 2);
      else if (kind === OperationTypeNode.SUBSCRIPTION) cells += this.#countWhole(field, type, args["accountId"], args, 2);
      else if (type !== null && field.selectionSet) {
        for (const [inner, innerType, innerArgs] of this.#fieldsOf(field.selectionSet, type, 2)) {
          if (inner.name.value === "agentSegments") cells += this.#countWhole(inner, innerType, args["id"], innerArgs, 3);
          else if (inner.name.value === "filterValues") cells += this.#countFilterValues(inner, innerType, args["id"]);
        }
      }
    }
    return cells;
  }

  #countFilterValues(field: FieldNode, type: GraphQLObjectType | null, accountId: unknown): number {
    const size = this.#parts.sizeOf(String(accountId), { startMs: 0, endMs: 0 });
    return size === null ? 0 : (size.agents + size.skills) * this.#leafCount(field, type, 3);
  }

  #countWhole(field: FieldNode, type: GraphQLObjectType | null, accountId: unknown, args: Arguments, depth: number): number {
    const minutes = Number(args["timeframe"]);
    if (timeframeFault(minutes) !== null) return 0;
    const endMs = args["endingAt"] instanceof Date ? args["endingAt"].getTime() : this.#parts.nowMs;
    const size = this.#parts.sizeOf(String(accountId), { startMs: endMs - minutes * MINUTE_MS, endMs });
    if (size === null || type === null || !field.selectionSet) return 0;
    const filter = (args["filter"] ?? {}) as { readonly agentIds?: readonly string[]; readonly skillIds?: readonly string[] };
    const narrowed = {
      ...size,
      agents: Math.min(size.agents, filter.agentIds?.length ?? Infinity),
      skills: Math.min(size.skills, filter.skillIds?.length ?? Infinity),
    };
    return this.#countLevel(field.selectionSet, type, { size: narrowed, count: 1, minutes, dimensions: new Set() }, depth);
  }

  #countLevel(selectionSet: SelectionSetNode, type: GraphQLObjectType, level: Level, depth: number): number {
    let cells = 0;
    for (const [field, fieldType, args] of this.#fieldsOf(selectionSet, type, depth)) {
      const next = nextLevel(field.name.value, level, args);
      if (next !== null && fieldType !== null && field.selectionSet) {
        cells += this.#countLevel(field.selectionSet, fieldType, next, depth + 1);
      } else cells += level.count * (field.selectionSet ? this.#leafCount(field, fieldType, depth + 1) : 1);
    }
    return cells;
  }

  #leafCount({ selectionSet }: FieldNode, type: GraphQLObjectType | null, depth: number): number {
    return selectionSet && type ? [...this.#fieldsOf(selectionSet, type, depth)].length : 0;
  }

  /** Fields that will be executed, with what they are of and their arguments; those that execution refuses are left out. */
  *#fieldsOf(
    selectionSet: SelectionSetNode,
    type: GraphQLObjectType,
    depth: number,
  ): Generator<[FieldNode, GraphQLObjectType | null, Arguments]> {
    this.depth = Math.max(this.depth, depth);
    for (const selection of selectionSet.selections) {
      if (!this.#isIncluded(selection)) continue;
      if (selection.kind !== Kind.FIELD) {
        const spread = selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
        if (spread) yield* this.#fieldsOf(spread.selectionSet, type, depth);
        continue;
      }
      if (selection.alias) this.aliasCount += 1;
      const definition = type.getFields()[selection.name.value];
      // Introspection has limits of its own, and `__typename` costs what a field costs.
      if (!definition) {
        if (selection.name.value === "__typename") yield [selection, null, {}];
        continue;
      }
      const fieldType = getNamedType(definition.type);
      const args = orNull(() => getArgumentValues(definition, selection, this.#variables));
      if (args !== null) yield [selection, isObjectType(fieldType) ? fieldType : null, args];
    }
  }

  #isIncluded(selection: SelectionNode): boolean {
    const skip = orNull(() => getDirectiveValues(GraphQLSkipDirective, selection, this.#variables));
    const include = orNull(() => getDirectiveValues(GraphQLIncludeDirective, selection, this.#variables));
    return skip?.["if"] !== true && include?.["if"] !== false;
  }
}

type Arguments = Readonly<Record<string, unknown>>;

/** @returns null for a field that is no list of parts */
function nextLevel(name: string, level: Level, args: Arguments): Level | null {
  const { size, count, minutes, dimensions } = level;
  if (name === "intervals") {
    const width = Number(args["minutes"]);
    // Empty ones too; a width that is none is refused when it is asked.
    return width >= 1 ? { ...level, count: count * Math.ceil(minutes / width), minutes: width } : { ...level, count: 0 };
  }
  if (name !== "agents" && name !== "skills") return null;
  const ids = args["ids"] as readonly string[] | null | undefined;
  const known = dimensions.has(name) ? 1 : Math.min(size[name], ids?.length ?? Infinity);
  return { size, count: Math.min(count * known, size.segments), minutes, dimensions: new Set([...dimensions, name]) };
}

function orNull<Value>(work: () => Value): Value | null {
  try {
    return work();
  } catch {
    return null;
  }
}
