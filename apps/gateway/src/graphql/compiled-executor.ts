import type { ApolloServerOptionsWithGateway } from "@apollo/server";
import {
  execute,
  getVariableValues,
  GraphQLError,
  valueFromASTUntyped,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { compileQuery, isCompiledQuery, type CompiledQuery } from "graphql-jit";
import { LRUCache } from "lru-cache";
import type { RequestContext } from "./context.ts";
import { assertWithin } from "./cost.ts";
import { fieldCountOf } from "./field-count.ts";
import { withWrittenFields, writeParts } from "./written-parts.ts";

const OPERATIONS_MAX = 1_000;
/** Compiling costs more than a tenth of a millisecond a field, and holds up everybody meanwhile. */
const COMPILED_FIELDS_MAX = 500;
/** As many values cost graphql-js more than compiling does. */
const COMPILED_AT_ONCE_CELLS = 20_000;
const INTERPRETED_CELLS_MAX = 50_000;

/** What is known of an operation that was asked before. */
type Known =
  | { readonly state: "seen" }
  | { readonly state: "compiled"; readonly query: CompiledQuery }
  | { readonly state: "not compilable" };

/**
 * Executes operations that come again by code compiled for them, the others as graphql-js does: a screen that polls gets
 * the speed, and nobody can make the gateway compile by asking what is asked once. Whatever graphql-js refuses, it refuses
 * here in its own words. Apollo Server takes an executor of one's own in the shape of a gateway; parsing, validation and
 * everything else stay Apollo's.
 */
export function createCompiledExecutor(schema: GraphQLSchema): ApolloServerOptionsWithGateway<object>["gateway"] {
  const operations = new LRUCache<string, Known>({ max: OPERATIONS_MAX });
  const writtenSchema = withWrittenFields(schema);
  return {
    load: async () => ({
      executor: async ({ document, operation, queryHash, request, context }) => {
        const { operationName, variables: variableValues = {} } = request;
        const asGraphqlJs = (): ExecutionResult | Promise<ExecutionResult> =>
          execute({ schema, document, operationName, variableValues, contextValue: context });
        if (!operation) return asGraphqlJs();

        const key = `${queryHash} ${operationName ?? ""}`;
        const known = operations.get(key);
        const { cells } = context as RequestContext;
        const isDue = known === undefined ? cells >= COMPILED_AT_ONCE_CELLS : known.state === "seen";
        const next = isDue ? compile(schema, writtenSchema, document, operation) : (known ?? SEEN);
        if (next !== known) operations.set(key, next);
        if (next.state === "not compilable") assertWithin("cells, being too long to be compiled", cells, INTERPRETED_CELLS_MAX);
        const isCompiled = next.state === "compiled" && areAccepted(schema, operation, variableValues);
        return isCompiled ? withWholeErrors(await next.query.query({}, context, withDefaults(operation, variableValues))) : asGraphqlJs();
      },
    }),
    onSchemaLoadOrUpdate: (callback) => {
      callback({ apiSchema: schema, coreSupergraphSdl: "" });
      return () => undefined;
    },
    stop: async () => undefined,
  };
}

const SEEN: Known = { state: "seen" };
const NOT_COMPILABLE: Known = { state: "not compilable" };

function compile(schema: GraphQLSchema, writtenSchema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Known {
  if (fieldCountOf(document, operation) > COMPILED_FIELDS_MAX) return NOT_COMPILABLE;
  try {
    const query = compileQuery(writtenSchema, writeParts(schema, document, operation), operation.name?.value ?? "");
    return isCompiledQuery(query) ? { state: "compiled", query } : NOT_COMPILABLE;
  } catch (error) {
    // Operations nested too deep for its generated code.
    if (error instanceof RangeError) return NOT_COMPILABLE;
    throw error;
  }
}

/** Compiled code asks for a variable that is never null even if it has a default. */
function withDefaults(operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const defaults = (operation.variableDefinitions ?? [])
    .filter(({ defaultValue }) => defaultValue !== undefined)
    .map(({ variable, defaultValue }) => [variable.name.value, valueFromASTUntyped(defaultValue!)] as const);
  return defaults.length === 0 ? variables : { ...Object.fromEntries(defaults), ...variables };
}

/** An error of compiled code has no extensions where the failure behind it has none; Apollo Server counts on them. */
function withWholeErrors(result: ExecutionResult): ExecutionResult {
  return result.errors ? { ...result, errors: result.errors.map(toWholeError) } : result;
}

function toWholeError({ message, locations, path, originalError, extensions }: GraphQLError): GraphQLError {
  const error = new GraphQLError(message, { path, originalError, extensions });
  return Object.defineProperty(error, "locations", { value: locations, enumerable: true });
}

function areAccepted(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): boolean {
  return getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors === undefined;
}
