import type { Engine, Limits } from "@segmeter/engine";
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import type { Intake } from "../intake.ts";
import { addCompression } from "./compression.ts";
import { endConnections } from "./connections.ts";
import { addDashboard } from "./dashboard.ts";
import { addGraphiql } from "./graphiql.ts";
import { addGraphql, GRAPHQL_PATH } from "./graphql.ts";
import { addHealth, type Readiness } from "./health.ts";
import { addIngest } from "./ingest.ts";
import { addMsgAgentSegments } from "./msg-agent-segments.ts";
import { addOpenapi } from "./openapi.ts";
import { handleProblems, HttpProblem, refuseConnection, refuseUrl } from "./problem.ts";

/** As long as all headers together may be. */
const URL_LENGTH_MAX = 16 * 1024;

export interface ServerParts {
  readonly engine: Engine;
  readonly intake: Intake;
  readonly readiness: Readiness;
  readonly limits: () => Limits;
  readonly logger: FastifyBaseLogger;
  /** Where the built wallboard lies, if it does. */
  readonly dashboardFolder: string;
}

/** Every door of the gateway, not yet listening. */
export async function createServer({ engine, intake, readiness, limits, logger, dashboardFolder }: ServerParts): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: "idle",
    // Whoever offers any other protocol is answered in HTTP.
    http: { shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket" },
    // Refused below, as a problem.
    return503OnClosing: false,
    // Every name in a URL is judged by its path, which says what is wrong with it.
    routerOptions: { maxParamLength: URL_LENGTH_MAX },
    // A body may hold any name; those that could harm are passed over like all unknown ones.
    onProtoPoisoning: "remove",
    onConstructorPoisoning: "remove",
    frameworkErrors: refuseUrl,
    clientErrorHandler: refuseConnection,
  });
  app.removeContentTypeParser("text/plain");
  handleProblems(app);
  endConnections(app);
  logRequests(app);
  addHealth(app, readiness);
  addOpenapi(app);
  await app.register(async (pages) => {
    await addCompression(pages);
    await addDashboard(pages, dashboardFolder);
    addGraphiql(pages, GRAPHQL_PATH);
  });
  // What is asked before the log has been read would be answered with numbers that are not whole.
  await app.register(async (whenReady) => {
    whenReady.addHook("onRequest", async (_request, reply) => {
      if (readiness.state === "ready") return;
      reply.header("retry-after", 1);
      throw new HttpProblem(503, readiness.state === "starting" ? "starting: the event log is being read" : "stopping");
    });
    await addCompression(whenReady);
    addMsgAgentSegments(whenReady, engine, limits);
    await addGraphql(whenReady, { engine, limits, readiness });
    await whenReady.register(async (ingest) => addIngest(ingest, intake, () => limits().nowMs));
  });
  return app;
}

/** One line a request; of its URL only the path, since ids and tokens may stand behind it. */
function logRequests(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        path: request.url.split("?")[0],
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
      },
      "request",
    );
  });
}
