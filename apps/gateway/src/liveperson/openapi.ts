import { USER_TYPES } from "@segmeter/engine";
import type { OpenAPIV3 } from "openapi-types";
import { AGENTS_PATH, UNKNOWN_PATH } from "./agents.ts";
import { ALL_PATH, ONE_PATH, SERVICE } from "./domain-lookup.ts";
import { HISTORY_PATH } from "./snapshot-journal.ts";
import { WEBHOOKS_PATH } from "./webhooks.ts";

const ID: OpenAPIV3.SchemaObject = { type: "string", minLength: 1, maxLength: 128 };
const TEXT: OpenAPIV3.SchemaObject = { type: "string" };
const COUNT: OpenAPIV3.SchemaObject = { type: "integer" };

const AGENTS: OpenAPIV3.SchemaObject = {
  type: "array",
  description: "The whole directory of an account's users. In answers nothing is left out, and what is not known is null.",
  items: {
    type: "object",
    required: ["id"],
    properties: {
      id: { ...ID, description: "As in every answer." },
      pid: { ...ID, nullable: true, description: "As notifications call the same user." },
      groupId: { ...ID, nullable: true },
      userType: { type: "string", enum: [...USER_TYPES], description: "HUMAN when absent." },
      displayName: { ...ID, nullable: true },
    },
  },
};

const WEBHOOK_ANSWER: OpenAPIV3.SchemaObject = {
  type: "object",
  required: ["accepted", "duplicates", "passedOver", "faults"],
  properties: {
    accepted: COUNT,
    duplicates: COUNT,
    passedOver: { type: "integer", description: "Changes that are of no account here, such as typing." },
    faults: { type: "array", items: TEXT, description: "What could not be read, and would be no better if it came again." },
  },
};

const BASE_URI: OpenAPIV3.SchemaObject = {
  type: "object",
  required: ["service", "account", "baseURI"],
  properties: { service: { type: "string", enum: [SERVICE] }, account: TEXT, baseURI: { type: "string", description: "A host." } },
};

/** The schemas that `describeLivePerson` refers to. */
export const LIVEPERSON_SCHEMAS: Readonly<Record<string, OpenAPIV3.SchemaObject>> = { Agents: AGENTS };

/**
 * Describes what accounts that LivePerson feeds have beside the rest.
 *
 * @param errors the responses that every path of the gateway may give
 * @param account the parameter of that name
 * @param ingest how events are taken
 */
export function describeLivePerson(
  errors: OpenAPIV3.ResponsesObject,
  account: OpenAPIV3.ParameterObject,
  ingest: OpenAPIV3.PathItemObject,
): OpenAPIV3.PathsObject {
  const parameters = [account];
  const { 400: wrong, 404: missing, 405: method } = errors as Readonly<Record<number, OpenAPIV3.ResponseObject>>;
  const open = { security: [], parameters: [{ name: "version", in: "query", schema: TEXT, description: "Passed over." }] };
  const refusals: OpenAPIV3.ResponsesObject = { "400": wrong!, "404": missing!, "405": method! };
  return {
    [AGENTS_PATH]: {
      parameters,
      get: {
        operationId: "getAgents",
        summary: "The directory of an account's users",
        responses: { "200": json("With the scope `ingest`.", { $ref: "#/components/schemas/Agents" }), ...errors },
      },
      put: {
        operationId: "putAgents",
        summary: "Puts another directory in the place of the one before",
        requestBody: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/Agents" } } } },
        responses: { "204": { description: "It is on disk, and holds from now on." }, ...errors },
      },
    },
    [UNKNOWN_PATH]: {
      parameters,
      get: {
        operationId: "getUnknownAgents",
        summary: "The agents that have closed segments and are not in the directory",
        responses: { "200": json("Their ids.", { type: "array", items: ID }), ...errors },
      },
    },
    [HISTORY_PATH]: {
      parameters,
      post: {
        ...ingest.post!,
        operationId: "postHistory",
        summary: "Takes the events of records of LivePerson's history",
        description:
          "What `segmeter import-liveperson` sends. They are laid over what is known of their conversations: what webhooks told already is not told again, though the history dates it otherwise. All events of a record belong into one request, and no second record of its conversation.",
      },
    },
    [WEBHOOKS_PATH]: {
      parameters,
      post: {
        operationId: "postNotification",
        summary: "Takes a notification of LivePerson, signed with the account's secret",
        description: "There if `LIVEPERSON_WEBHOOK_SECRETS` is. Answers once all of it is on disk; sending the same again is safe.",
        security: [{ webhook: [] }],
        requestBody: { required: true, content: { "application/json": { schema: { type: "object" } } } },
        responses: { "200": json("What was taken.", WEBHOOK_ANSWER), ...errors },
      },
    },
    [ONE_PATH.replace(":service", SERVICE)]: {
      parameters,
      get: {
        ...open,
        operationId: "getBaseUri",
        summary: "Where the metrics' service of an account is: here",
        responses: { "200": json("A host, with its port if that is not the usual one.", BASE_URI), ...refusals },
      },
    },
    [ALL_PATH]: {
      parameters,
      get: {
        ...open,
        operationId: "getBaseUris",
        summary: "Where all services of an account are: the metrics' alone",
        responses: {
          "200": json("A list of one.", {
            type: "object",
            required: ["baseURIs"],
            properties: { baseURIs: { type: "array", items: BASE_URI } },
          }),
          ...refusals,
        },
      },
    },
  };
}

function json(description: string, schema: OpenAPIV3.SchemaObject | OpenAPIV3.ReferenceObject): OpenAPIV3.ResponseObject {
  return { description, content: { "application/json": { schema } } };
}
