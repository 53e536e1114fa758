import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { Engine, Limits } from "@segmeter/engine";
import type { Share } from "@segmeter/event-log/jetstream";
import type { FastifyInstance } from "fastify";
import type { FormattedExecutionResult } from "graphql";
import type { AddressOf } from "../access/address.ts";
import type { Access } from "../access/access.ts";
import { requireScope } from "../access/guard.ts";
import { heldBy, readableBy } from "../access/readable-engine.ts";
import { createApollo, TOKENS_MAX } from "../graphql/apollo.ts";
import { createContext, type RequestContext } from "../graphql/context.ts";
import type { NameOf } from "../graphql/nodes.ts";
import { createSchema } from "../graphql/schema.ts";
import type { TrustedDocuments } from "../graphql/trusted-documents.ts";
import { addEventStream } from "../push/event-stream.ts";
import type { Operation } from "../push/operation.ts";
import { Pusher } from "../push/pusher.ts";
import { addWebSocket } from "../push/web-socket.ts";
import type { Intake } from "../intake.ts";
import type { Readiness } from "./health.ts";
import { nameByBytes } from "./not-modified.ts";
import { reuseWhenSent } from "./sent-memory.ts";
import { refuseAsGraphql, refuseOtherMethods } from "./problem.ts";
import { passesOf, type Telemetry } from "./telemetry.ts";

export const GRAPHQL_PATH = "/graphql";
const EVENT_STREAM_PATH = "/graphql/stream";
/** Fifty thousand ids; twice as many hold up everybody for 100 ms while they are looked at. */
const BODY_BYTES_MAX = 512 * 1024;

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
  const apollo = createApollo({ schema, introspection, trustedDocuments, intake, instruments, log: app.log });
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
