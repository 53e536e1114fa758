import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { ApolloServerErrorCode } from "@apollo/server/errors";
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { Engine, Limits } from "@segmeter/engine";
import type { Share } from "@segmeter/event-log/jetstream";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { GraphQLError, OperationTypeNode, type FormattedExecutionResult, type GraphQLFormattedError, type GraphQLSchema } from "graphql";
import type { AddressOf } from "../access/address.ts";
import type { Access } from "../access/access.ts";
import { requireScope } from "../access/guard.ts";
import { heldBy, readableBy } from "../access/readable-engine.ts";
import { Refusal } from "../access/refusal.ts";
import { createCompiledExecutor } from "../graphql/compiled-executor.ts";
import { cellsOf } from "../graphql/cost.ts";
import { createContext, type RequestContext } from "../graphql/context.ts";
import type { NameOf } from "../graphql/nodes.ts";
import { createSchema } from "../graphql/schema.ts";
import type { TrustedDocuments } from "../graphql/trusted-documents.ts";
import { toJsonLine } from "../graphql/written.ts";
import { addEventStream } from "../push/event-stream.ts";
import type { Operation } from "../push/operation.ts";
import { Pusher } from "../push/pusher.ts";
import { addWebSocket } from "../push/web-socket.ts";
import type { Intake } from "../intake.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import type { Readiness } from "./health.ts";
import { nameByBytes } from "./not-modified.ts";
import { POSITION_HEADER } from "./position.ts";
import { reuseWhenSent } from "./sent-memory.ts";
import { INTERNAL_MESSAGE, refuseAsGraphql, refuseOtherMethods } from "./problem.ts";
import { passesOf, type Telemetry } from "./telemetry.ts";

export const GRAPHQL_PATH = "/graphql";
const EVENT_STREAM_PATH = "/graphql/stream";
/** Fifty thousand ids; twice as many hold up everybody for 100 ms while they are looked at. */
const BODY_BYTES_MAX = 512 * 1024;
/** Lists of ids belong into variables; what is left is a few hundred. A field again and again by aliases costs its answer each time. */
const TOKENS_MAX = 2_000;

export interface GraphqlParts {
  readonly engine: Engine;
  readonly limits: () => Limits;
  readonly nameOf: NameOf;
  readonly readiness: Readiness;
  readonly access: Access;
  /** Throws OverloadError while answers are not to be asked for; the routes of HTTP have it as a hook. */
  readonly refuseWhileUnread: () => Promise<void>;
  readonly introspection: boolean;
  /** null: whatever is asked is answered. */
  readonly trustedDocuments: TrustedDocuments | null;
  readonly addressOf: AddressOf;
  readonly intake: Intake;
  /** The accounts that are held here. */
  readonly share: Share;
  readonly telemetry: Telemetry;
}

/** GraphQL over HTTP, `GET` and `POST`, and pushed. Contract, section 5. */
export async function addGraphql(app: FastifyInstance, parts: GraphqlParts): Promise<void> {
  const { engine, limits, nameOf, readiness, access, refuseWhileUnread, introspection, trustedDocuments } = parts;
  const { addressOf, intake, share, telemetry } = parts;
  const { instruments } = telemetry;
  const schema = createSchema();
  const apollo = new ApolloServer<RequestContext>({
    gateway: createCompiledExecutor(schema),
    introspection,
    // No guessing at what is not told.
    hideSchemaDetailsFromClientErrors: !introspection || trustedDocuments !== null,
    parseOptions: { maxTokens: TOKENS_MAX },
    includeStacktraceInErrorResponses: false,
    formatError: withoutDetail,
    // Apollo Server hands on what comes back, and Fastify sends bytes as well as text.
    stringifyResult: (result) => toJsonLine(result) as Promise<unknown> as Promise<string>,
    logger: apolloLogger(app.log),
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
      failureLog(app.log),
      nameErrors(instruments),
    ],
  });
  await apollo.start();
  app.addHook("onClose", () => apollo.stop());
  app.route({
    method: ["GET", "POST"],
    url: GRAPHQL_PATH,
    bodyLimit: BODY_BYTES_MAX,
    onRequest: requireScope("read"),
    onSend: [reuseWhenSent, nameByBytes],
    errorHandler: refuseAsGraphql,
    handler: fastifyApolloHandler(apollo, {
      context: async (request) => {
        const { caller, id: requestId } = request;
        const onPass = passesOf(request, telemetry);
        return createContext({
          engine: heldBy(share, readableBy(caller, engine)),
          caller,
          requestId,
          limits: limits(),
          nameOf,
          onSubscribed: null,
          onPass,
        });
      },
    }),
  });
  refuseOtherMethods(app, GRAPHQL_PATH, ["GET", "POST"]);

  const pusher = new Pusher({
    engine,
    intake,
    limits,
    execute: (caller, operation, moment, onSubscribed) => {
      const { onPass } = instruments;
      const context = {
        engine: heldBy(share, readableBy(caller, engine)),
        caller,
        requestId: null,
        limits: moment,
        nameOf,
        onSubscribed,
        onPass,
      };
      return execute(apollo, operation, createContext(context));
    },
    tokensMax: TOKENS_MAX,
    onFailure: (error) => app.log.error({ err: error }, "a subscription could not be answered; it is tried again"),
  });
  instruments.addReadings([
    { name: "subscriptions", help: "Subscriptions that are held.", type: "gauge", read: () => pusher.subscriptionCount },
    { name: "topics", help: "Subscriptions that differ: each is answered once for all.", type: "gauge", read: () => pusher.topicCount },
    { name: "pushes_total", help: "Answers given to subscriptions after the first.", type: "counter", read: () => pusher.pushCount },
  ]);
  addWebSocket(app, { path: GRAPHQL_PATH, schema, pusher, readiness, access, refuseWhileUnread, addressOf, telemetry });
  addEventStream(app, { path: EVENT_STREAM_PATH, pusher, access, instruments });
  // After those above have closed their connections.
  app.addHook("preClose", async () => pusher.close());
}

/** What HTTP would answer. */
async function execute(
  apollo: ApolloServer<RequestContext>,
  { query, operationName, variables }: Operation,
  contextValue: RequestContext,
): Promise<FormattedExecutionResult> {
  const request = { query, variables: { ...variables }, ...(operationName && { operationName }) };
  const { body } = await apollo.executeOperation(request, { contextValue });
  if (body.kind !== "single") throw new Error("expected one result, got an incremental one");
  return body.singleResult;
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
