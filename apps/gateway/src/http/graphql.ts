import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from "@as-integrations/fastify";
import type { Engine, Limits } from "@segmeter/engine";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { createContext, type RequestContext } from "../graphql/context.ts";
import { createSchema } from "../graphql/schema.ts";
import { refuseOtherMethods } from "./problem.ts";

export const GRAPHQL_PATH = "/graphql";
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** GraphQL over HTTP, `GET` and `POST`. Contract, section 5. */
export async function addGraphql(app: FastifyInstance, engine: Engine, limits: () => Limits): Promise<void> {
  const apollo = new ApolloServer<RequestContext>({
    schema: createSchema(),
    introspection: true,
    includeStacktraceInErrorResponses: false,
    logger: apolloLogger(app.log),
    plugins: [ApolloServerPluginLandingPageDisabled(), fastifyApolloDrainPlugin(app), serverTiming, failureLog(app.log)],
  });
  await apollo.start();
  const handler = fastifyApolloHandler(apollo, { context: async () => createContext(engine, limits()) });
  app.route({ method: ["GET", "POST"], url: GRAPHQL_PATH, bodyLimit: BODY_BYTES_MAX, handler });
  refuseOtherMethods(app, GRAPHQL_PATH, ["GET", "POST"]);
}

const serverTiming: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ response, contextValue }) => {
      response.http.headers.set("server-timing", contextValue.meter.toServerTiming());
    },
  }),
};

/** What goes wrong on our side is in the log; the caller gets a message without detail. */
function failureLog(log: FastifyBaseLogger): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors }) => {
        for (const error of errors)
          if (error.originalError && !error.extensions["code"]) log.error({ err: error.originalError }, "a resolver failed");
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
