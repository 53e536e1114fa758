import type { ServerOptions } from "node:http";
import type { Engine, Limits } from "@segmeter/engine";
import type { EventLog } from "@segmeter/event-log";
import type { Share } from "@segmeter/event-log/jetstream";
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  type onRequestHookHandler,
} from "fastify";
import type { NetworkConfig } from "../config.ts";
import type { Intake } from "../intake.ts";
import type { Access } from "../access/access.ts";
import { createAddressOf } from "../access/address.ts";
import { misdirected } from "../access/refusal.ts";
import { addGuard } from "../access/guard.ts";
import { addSession, sendToLogin } from "../access/session.ts";
import { addBackup } from "./backup.ts";
import { boundBodies, boundConnections, LOOK_EVERY_MS, refuseCodings } from "./bounds.ts";
import { addCompression } from "./compression.ts";
import { endConnections } from "./connections.ts";
import { addCors } from "./cors.ts";
import { addDashboard } from "./dashboard.ts";
import type { TrustedDocuments } from "../graphql/trusted-documents.ts";
import { addGraphiql } from "./graphiql.ts";
import { addGraphql, GRAPHQL_PATH } from "./graphql.ts";
import { addHealth, type Readiness } from "./health.ts";
import { addIngest, INGEST_PATH } from "./ingest.ts";
import { addMsgAgentSegments } from "./msg-agent-segments.ts";
import { addOpenapi } from "./openapi.ts";
import { addPositions, type Stream } from "./position.ts";
import { addMetrics } from "./metrics.ts";
import { handleProblems, HttpProblem, knowEveryMethod, refuseConnection, refuseUrl } from "./problem.ts";
import { addSecurityHeaders } from "./security-headers.ts";
import { addTelemetry, NO_ROUTE, pathOf, type Telemetry } from "./telemetry.ts";
import type { TlsOptions } from "./tls.ts";
import { boundUnreadAnswers } from "./unread-answers.ts";
import { addAgents } from "../liveperson/agents.ts";
import { addDomainLookup } from "../liveperson/domain-lookup.ts";
import type { LivePerson } from "../liveperson/liveperson.ts";
import { HISTORY_PATH } from "../liveperson/snapshot-journal.ts";
import { addWebhooks } from "../liveperson/webhooks.ts";

/** As long as all headers together may be. */
const URL_LENGTH_MAX = 16 * 1024;
const HANDSHAKE_MS_MAX = 10_000;

export interface ServerParts {
  readonly engine: Engine;
  readonly intake: Intake;
  readonly liveperson: LivePerson;
  readonly log: EventLog;
  /** null: this machine is alone. */
  readonly stream: Stream | null;
  /** The accounts that are held here. */
  readonly share: Share;
  readonly readiness: Readiness;
  readonly limits: () => Limits;
  readonly logger: FastifyBaseLogger;
  readonly access: Access;
  readonly network: NetworkConfig;
  /** null: plain HTTP. */
  readonly tls: TlsOptions | null;
  /** Whether GraphQL tells its schema. */
  readonly introspection: boolean;
  /** null: GraphQL answers whatever is asked. */
  readonly trustedDocuments: TrustedDocuments | null;
  /** Where the log lies. */
  readonly dataDir: string;
  /** Where the built wallboard lies, if it does. */
  readonly dashboardFolder: string;
  readonly telemetry: Telemetry;
}

/** Every door of the gateway, not yet listening. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const {
    engine,
    intake,
    liveperson,
    log,
    stream,
    share,
    dataDir,
    readiness,
    limits,
    logger,
    access,
    network,
    tls,
    introspection,
    telemetry,
    trustedDocuments,
  } = parts;
  const { instruments, nameRequest } = telemetry;
  const options = {
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: nameRequest,
    forceCloseConnections: "idle",
    trustProxy: network.trustedProxies.length > 0 && [...network.trustedProxies],
    // Refused below, as a problem.
    return503OnClosing: false,
    // Every name in a URL is judged by its path, which says what is wrong with it.
    routerOptions: { maxParamLength: URL_LENGTH_MAX },
    // A body may hold any name; those that could harm are passed over like all unknown ones.
    onProtoPoisoning: "remove",
    onConstructorPoisoning: "remove",
    // No hook learns of these two.
    frameworkErrors: (error, request, reply) => {
      refuseUrl(error, reply);
      const { method } = request;
      instruments.onAnswered({ route: NO_ROUTE, method, status: reply.statusCode, durationMs: null });
      request.log.info({ method, path: pathOf(request), status: reply.statusCode }, "request");
    },
    clientErrorHandler: (error, socket) => {
      const requestId = nameRequest(null);
      instruments.onRefusedConnection();
      logger.info({ requestId, code: error.code }, "a connection was refused");
      refuseConnection(error, socket, requestId);
    },
  } satisfies FastifyServerOptions;
  const listener: ServerOptions = {
    // Whoever offers any other protocol is answered in HTTP.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
    connectionsCheckingInterval: LOOK_EVERY_MS,
  };
  const app: FastifyInstance =
    tls === null
      ? Fastify({ ...options, http: listener })
      : (Fastify({ ...options, https: { ...tls, ...listener, handshakeTimeout: HANDSHAKE_MS_MAX } }) as never);
  app.removeContentTypeParser("text/plain");
  knowEveryMethod(app);
  handleProblems(app);
  addTelemetry(app, telemetry);
  boundConnections(app, instruments);
  endConnections(app);
  // Before all that refuses: browsers hand a refusal to a page as they do an answer, by its headers.
  addSecurityHeaders(app);
  if (network.corsOrigins.length > 0) await addCors(app, network.corsOrigins);
  const refuseWhileUnread = boundUnreadAnswers(app);
  refuseCodings(app);
  boundBodies(app, instruments);
  addHealth(app, readiness, intake, stream);
  addOpenapi(app);
  addSession(app, access);
  addDomainLookup(app, liveperson.config.publicHost);
  await app.register(async (pages) => {
    pages.addHook("onRequest", sendToLogin(access));
    await addCompression(pages);
    await addDashboard(pages, parts.dashboardFolder);
    addGraphiql(pages, GRAPHQL_PATH);
  });
  const { journal, directories, config } = liveperson;
  const { webhookSecrets: secrets } = config;
  // Who sends webhooks is told by their signature, not by a credential.
  if (secrets.size > 0) {
    await app.register(async (webhooks) => {
      webhooks.addHook("onRequest", refuseUntilReady(readiness));
      webhooks.addHook("onRequest", refuseOthers(share));
      addPositions(webhooks, intake, stream);
      addWebhooks(webhooks, { intake, journal, directories, secrets, instruments, now: () => limits().nowMs });
    });
  }
  await app.register(async (always) => {
    addGuard(always, access, null);
    addMetrics(always, instruments);
  });
  // What is asked before the log has been read would be answered with numbers that are not whole.
  await app.register(async (whenReady) => {
    whenReady.addHook("onRequest", refuseUntilReady(readiness));
    whenReady.addHook("onRequest", refuseWhileUnread);
    addGuard(whenReady, access, liveperson.oauth);
    whenReady.addHook("onRequest", refuseOthers(share));
    addPositions(whenReady, intake, stream);
    addAgents(whenReady, directories, engine);
    addBackup(whenReady, log, dataDir);
    await addCompression(whenReady);
    addMsgAgentSegments(whenReady, engine, limits, telemetry);
    await addGraphql(whenReady, {
      engine,
      limits,
      nameOf: (accountId, agentId) => directories.of(accountId).find([agentId])?.displayName ?? null,
      readiness,
      access,
      refuseWhileUnread,
      introspection,
      trustedDocuments,
      intake,
      share,
      telemetry,
      addressOf: createAddressOf(network.trustedProxies),
    });
    const ingesting = { instruments, now: () => limits().nowMs };
    await whenReady.register(async (ingest) => {
      addIngest(ingest, {
        ...ingesting,
        path: INGEST_PATH,
        take: (accountId, events, { span }) => intake.submit(accountId, events, span?.spanContext()),
      });
    });
    await whenReady.register(async (history) => {
      addIngest(history, {
        ...ingesting,
        path: HISTORY_PATH,
        take: async (accountId, events, { span }) => {
          const told = journal.tell(accountId, events, directories.of(accountId));
          const result = await intake.submit(accountId, told.events, span?.spanContext());
          await told.keep();
          return result;
        },
      });
    });
  });
  return app;
}

function refuseUntilReady(readiness: Readiness): onRequestHookHandler {
  return (_request, _reply, next) => {
    if (readiness.state === "ready") return next();
    return next(new HttpProblem(503, readiness.state === "starting" ? `starting: ${readiness.doing}` : "stopping"));
  };
}

function refuseOthers({ text, holds }: Share): onRequestHookHandler {
  return ({ params }, _reply, next) => {
    const { accountId } = params as { readonly accountId?: string };
    next(accountId === undefined || holds(accountId) ? undefined : misdirected(accountId, text));
  };
}
