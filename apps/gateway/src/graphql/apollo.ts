import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { ApolloServerErrorCode } from "@apollo/server/errors";
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import type { FastifyBaseLogger } from "fastify";
import { GraphQLError, OperationTypeNode, type GraphQLFormattedError, type GraphQLSchema } from "graphql";
import { Refusal } from "../access/refusal.ts";
import { POSITION_HEADER } from "../http/position.ts";
import { INTERNAL_MESSAGE } from "../http/problem.ts";
import type { Intake } from "../intake.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { createCompiledExecutor } from "./compiled-executor.ts";
import type { RequestContext } from "./context.ts";
import { cellsOf } from "./cost.ts";
import type { TrustedDocuments } from "./trusted-documents.ts";
import { toJsonLine } from "./written.ts";

/** Lists of ids belong into variables; what is left is a few hundred. A field again and again by aliases costs its answer each time. */
export const TOKENS_MAX = 2_000;

export interface ApolloParts {
  readonly schema: GraphQLSchema;
  /** Whether the schema is told. */
  readonly introspection: boolean;
  /** null: whatever is asked is answered. */
  readonly trustedDocuments: TrustedDocuments | null;
  readonly intake: Intake;
  readonly instruments: Instruments;
  readonly log: FastifyBaseLogger;
}

/** What every operation goes through, whichever door it came by: parsing, validation, its limits, and how errors are told. */
export function createApollo({
  schema,
  introspection,
  trustedDocuments,
  intake,
  instruments,
  log,
}: ApolloParts): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    gateway: createCompiledExecutor(schema),
    introspection,
    // No guessing at what is not told.
    hideSchemaDetailsFromClientErrors: !introspection || trustedDocuments !== null,
    parseOptions: { maxTokens: TOKENS_MAX },
    includeStacktraceInErrorResponses: false,
    formatError: withoutDetail,
    // Apollo Server hands on what comes back, and Fastify sends bytes as well as text.
    stringifyResult: (result) => toJsonLine(result) as Promise<unknown> as Promise<string>,
    logger: apolloLogger(log),
    // The gateway itself stops on signals, one thing after the other.
    stopOnTerminationSignals: false,
    // Cache control would put a function of its own around every field.
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ...(trustedDocuments === null ? [] : [trusting(trustedDocuments)]),
      affordable(schema),
      serverTiming,
      positioned(intake),
      failureLog(log),
      nameErrors(instruments),
    ],
  });
}

const serverTiming: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ response, contextValue }) => {
      response.http.headers.set("server-timing", contextValue.meter.toServerTiming());
    },
  }),
};

/**
 * Says where an answer was made before it is written, which takes others' turns if it is long. Whoever names a position is told
 * it in the answer too: those that are kept by their bytes do not change with it otherwise.
 */
function positioned(intake: Intake): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ request, response: { body, http } }) => {
        http.headers.set(POSITION_HEADER, String(intake.position));
        if (body.kind !== "single" || !request.http?.headers.has(POSITION_HEADER)) return;
        body.singleResult.extensions = { ...body.singleResult.extensions, position: intake.position };
      },
    }),
  };
}

function trusting(trustedDocuments: TrustedDocuments): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document }) => trustedDocuments.assertHas(document),
    }),
  };
}

/** Refuses what would cost too much before anything of it is executed. */
function affordable(schema: GraphQLSchema): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, request: { variables = {} }, contextValue }) => {
        if (!operation) return;
        if (operation.operation === OperationTypeNode.MUTATION) throw noMutations();
        const { limits, sizeOf } = contextValue;
        contextValue.cells = cellsOf({
          schema,
          document,
          operation,
          variables,
          nowMs: limits.nowMs,
          sizeOf: (...asked) => nullIfRefused(() => sizeOf(...asked)),
        });
      },
    }),
  };
}

function noMutations(): GraphQLError {
  return new GraphQLError("there are no mutations: events are posted to /v1/accounts/{accountId}/events", {
    extensions: { code: "BAD_REQUEST", causes: [], http: { status: 400 } },
  });
}

/** The field itself is refused when it is executed. */
function nullIfRefused<Value>(work: () => Value): Value | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** What goes wrong on our side is in the log; the caller gets a message without detail. */
function withoutDetail(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const isOurs = formatted.extensions?.["code"] === ApolloServerErrorCode.INTERNAL_SERVER_ERROR;
  // What GraphQL itself refuses to execute comes from no resolver.
  const isRefusal = error instanceof GraphQLError && error.originalError === undefined;
  return isOurs && !isRefusal ? { ...formatted, message: INTERNAL_MESSAGE } : formatted;
}

/** Says under which name the log has the request, and counts what went wrong. */
function nameErrors(instruments: Instruments): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ response: { body }, contextValue: { requestId } }) => {
        if (requestId === null || body.kind !== "single" || body.singleResult.errors === undefined) return;
        const errors = body.singleResult.errors.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
        body.singleResult.errors = errors;
        for (const { extensions } of errors)
          instruments.onGraphqlError(String((extensions as GraphQLFormattedError["extensions"])!["code"]));
      },
    }),
  };
}

function failureLog(log: FastifyBaseLogger): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue: { requestId } }) => {
        for (const error of errors)
          if (error.originalError && !error.extensions["code"]) log.error({ requestId, err: error.originalError }, "a resolver failed");
      },
    }),
  };
}

function apolloLogger(log: FastifyBaseLogger): Record<"debug" | "info" | "warn" | "error", (message?: unknown) => void> {
  return {
    debug: (message) => log.debug(String(message)),
    info: (message) => log.info(String(message)),
    warn: (message) => log.warn(String(message)),
    error: (message) => log.error(String(message)),
  };
}
