import { SENDERS, UNASSIGNMENT_REASONS, USER_TYPES } from "@segmeter/engine";
import { describeAnswer, describeMethod } from "@segmeter/rest-adapter";
import type { FastifyInstance } from "fastify";
import type { OpenAPIV3 } from "openapi-types";
import { CREDENTIAL_LENGTH_MAX, SESSION_PATH } from "../access/session.ts";
import { describeLivePerson, LIVEPERSON_SCHEMAS } from "../liveperson/openapi.ts";
import { BACKUP_PATH } from "./backup.ts";
import { INGEST_BYTES_MAX, INGEST_EVENTS_MAX, INGEST_PATH } from "./ingest.ts";
import { METRICS_PATH } from "./metrics.ts";
import { MSG_AGENT_SEGMENTS_PATH } from "./msg-agent-segments.ts";
import { refuseOtherMethods } from "./problem.ts";

const OPENAPI_PATH = "/openapi.json";

/** Describes every path but those that its own language describes: GraphQL, and the pages. */
export function addOpenapi(app: FastifyInstance): void {
  const document = describeGateway();
  app.get(OPENAPI_PATH, () => document);
  refuseOtherMethods(app, OPENAPI_PATH, ["GET"]);
}

function describeGateway(): OpenAPIV3.Document {
  return {
    openapi: "3.0.3",
    info: {
      title: "Segmeter",
      version: "1",
      description: "Agent-segment metrics of messaging contact centres: conversation events in, the original method's numbers out.",
    },
    // An open gateway asks for none.
    security: [{ bearer: [] }, { signed: [] }, {}],
    paths: withTemplates({
      [MSG_AGENT_SEGMENTS_PATH]: describeMethod(ERRORS),
      [INGEST_PATH]: INGEST,
      ...describeLivePerson(ERRORS, ACCOUNT, INGEST),
      [BACKUP_PATH]: BACKUP,
      [SESSION_PATH]: SESSION,
      [METRICS_PATH]: {
        get: {
          operationId: "getMetrics",
          summary: "What goes on in the gateway, for Prometheus; needs the scope `monitor` for every account",
          responses: {
            "200": { description: "The text format, version 0.0.4.", content: { "text/plain": { schema: { type: "string" } } } },
            "401": ERRORS["401"]!,
            "403": ERRORS["403"]!,
            "429": ERRORS["429"]!,
          },
        },
      },
      "/healthz": {
        get: { operationId: "getHealth", summary: "The process answers", responses: { "200": { description: "It does." } }, security: [] },
      },
      "/readyz": {
        get: {
          operationId: "getReadiness",
          summary: "Whether the event log has been read whole",
          responses: { "200": { description: "It has." }, "503": { description: "Not yet, or not any more." } },
          security: [],
        },
      },
    }),
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An API key, or a JWT." },
        signed: { type: "http", scheme: "OAuth", description: "OAuth 1.0a by HMAC-SHA1, if keys are configured: reads alone." },
        webhook: {
          type: "apiKey",
          in: "header",
          name: "X-Liveperson-Signature",
          description: "`sha1=` or `sha256=`, and the HMAC of the body's bytes in base64 or hex.",
        },
      },
      schemas: { ...describeAnswer(), ...LIVEPERSON_SCHEMAS, Event: EVENT, IngestAnswer: INGEST_ANSWER, Problem: PROBLEM },
    },
  };
}

function withTemplates(paths: OpenAPIV3.PathsObject): OpenAPIV3.PathsObject {
  return Object.fromEntries(Object.entries(paths).map(([path, item]) => [path.replace(":accountId", "{accountId}"), item]));
}

function problem(description: string): OpenAPIV3.ResponseObject {
  return { description, content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } } };
}

function retryLater(description: string): OpenAPIV3.ResponseObject {
  return { ...problem(description), headers: { "Retry-After": { schema: { type: "integer" }, description: "Seconds." } } };
}

const ERRORS: OpenAPIV3.ResponsesObject = {
  "400": problem("A parameter or the body is wrong; one cause for every wrong parameter."),
  "401": { ...problem("No credential, or none that is good."), headers: { "WWW-Authenticate": { schema: { type: "string" } } } },
  "403": problem("The credential is not for this account or scope."),
  "421": problem("Another node of the cluster holds the account."),
  "404": problem("No such path."),
  "405": problem("The path has other methods; they are in `Allow`."),
  "413": problem("The body is too large."),
  "415": problem("The body is of another content type."),
  "429": retryLater("More requests than one credential may make."),
  "503": retryLater("Starting, stopping, overloaded, or the disk fails: come again."),
};

const PROBLEM: OpenAPIV3.SchemaObject = {
  type: "object",
  required: ["message", "causes", "requestId"],
  properties: {
    message: { type: "string" },
    causes: { type: "array", items: { type: "string" }, description: "`parameter: what was expected, what came`" },
    requestId: { type: "string", description: "Under which the gateway's log has the request; also in `X-Request-Id`." },
  },
};

const ID: OpenAPIV3.SchemaObject = { type: "string", minLength: 1, maxLength: 128 };

const EVENT: OpenAPIV3.SchemaObject = {
  type: "object",
  description: "One thing that happened in a conversation. Unknown fields are ignored; null is the same as absent.",
  required: ["eventId", "conversationId", "at", "type"],
  properties: {
    eventId: { ...ID, description: "Unique in its conversation; the same id again is a duplicate." },
    conversationId: ID,
    at: { type: "integer", minimum: 0, description: "Event time, UTC epoch ms." },
    sequence: { type: "integer", minimum: 0, description: "Orders events of equal `at`; 0 when absent." },
    type: {
      type: "string",
      enum: ["CONVERSATION_STARTED", "CONVERSATION_RESUMED", "AGENT_ASSIGNED", "AGENT_UNASSIGNED", "MESSAGE_SENT", "CONVERSATION_CLOSED"],
    },
    source: { ...ID, description: "Channel, on started and resumed." },
    skillId: { ...ID, description: "On started, resumed, assigned and unassigned." },
    agentId: { ...ID, description: "On assigned, and on a message sent by an agent: required." },
    groupId: { ...ID, description: "On assigned." },
    userType: { type: "string", enum: [...USER_TYPES], description: "On assigned; HUMAN when absent." },
    takeover: { type: "boolean", description: "On assigned: a manager took the conversation over." },
    reason: { type: "string", enum: [...UNASSIGNMENT_REASONS], description: "On unassigned." },
    sentBy: { type: "string", enum: [...SENDERS], description: "On a message: required." },
    closedBy: { type: "string", enum: [...SENDERS], description: "On closed: required." },
  },
};

const INGEST_ANSWER: OpenAPIV3.SchemaObject = {
  type: "object",
  required: ["accepted", "duplicates", "rejected"],
  properties: {
    accepted: { type: "integer" },
    duplicates: { type: "integer" },
    rejected: {
      type: "array",
      items: {
        type: "object",
        required: ["index", "eventId", "message"],
        properties: { index: { type: "integer" }, eventId: { type: "string", nullable: true }, message: { type: "string" } },
      },
    },
  },
};

const ACCOUNT: OpenAPIV3.ParameterObject = {
  name: "accountId",
  in: "path",
  required: true,
  schema: { type: "string", pattern: "^[a-zA-Z0-9_]{1,20}$" },
};

const INGEST: OpenAPIV3.PathItemObject = {
  parameters: [ACCOUNT],
  post: {
    operationId: "postEvents",
    summary: "Takes conversation events",
    description: `At most ${INGEST_EVENTS_MAX} events or ${INGEST_BYTES_MAX / 1024 / 1024} MiB. Answers once every accepted event is on disk and in every number; sending the same again is safe.`,
    requestBody: {
      required: true,
      content: {
        "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/Event" } } },
        "application/x-ndjson": { schema: { type: "string", description: "One event a line." } },
      },
    },
    responses: {
      "200": {
        description: "What became of each event.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/IngestAnswer" } } },
      },
      ...ERRORS,
    },
  },
};

const BACKUP: OpenAPIV3.PathItemObject = {
  post: {
    operationId: "postBackup",
    summary: "A copy of everything that is kept, as it is now",
    description: "What `segmeter backup` asks for: the scope `admin`, for every account. One at a time.",
    responses: {
      "200": { description: "The backup.", content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } } },
      ...ERRORS,
    },
  },
};

const SET_COOKIE: OpenAPIV3.ResponseObject["headers"] = { "Set-Cookie": { schema: { type: "string" } } };

/** Who asks is told by the body, or does not matter. */
const SESSION: OpenAPIV3.PathItemObject = {
  post: {
    operationId: "postSession",
    summary: "Logs a page of the gateway's own in, by a cookie that reads",
    description:
      "The cookie holds the credential, which needs the scope `read`, and no script can read it. Nothing is set where none is asked for.",
    security: [],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: {
            type: "object",
            required: ["credential"],
            properties: {
              credential: { type: "string", minLength: 1, maxLength: CREDENTIAL_LENGTH_MAX, description: "An API key, or a JWT." },
            },
          },
        },
      },
    },
    responses: { "204": { description: "The credential is good.", headers: SET_COOKIE }, ...ERRORS },
  },
  delete: {
    operationId: "deleteSession",
    summary: "Logs out",
    security: [],
    responses: { "204": { description: "The cookie is gone.", headers: SET_COOKIE }, ...ERRORS },
  },
};
