import { METRIC_NAMES } from "@segmeter/engine";
import SwaggerParser from "@apidevtools/swagger-parser";
import type { OpenAPIV3 } from "openapi-types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";

const PARAMETERS = [
  "v",
  "timeframe",
  "fromMillis",
  "toMillis",
  "agentIds",
  "skillIds",
  "groupIds",
  "userType",
  "source",
  "interval",
  "metrics",
];
const REST = "/operations/api/account/{accountId}/msgagentsegments";
const INGEST = "/v1/accounts/{accountId}/events";
const AGENTS = "/v1/accounts/{accountId}/agents";
const HISTORY = "/v1/accounts/{accountId}/liveperson/history";
const LOOKUPS = ["/api/account/{accountId}/service/leDataReporting/baseURI.json", "/api/account/{accountId}/service/baseURI.json"];
const SESSION = "/session";
const WEBHOOKS = "/liveperson/webhooks/{accountId}";

let gateway: TestGateway;
let document: OpenAPIV3.Document;
beforeAll(async () => {
  gateway = await startTestGateway({ liveperson: { webhookSecrets: new Map([["a", "s"]]), publicHost: null, oauthKeysFile: null } });
  const { body } = await gateway.get("/openapi.json");
  // The parser puts what it resolves into the document that it is given.
  await SwaggerParser.validate(structuredClone(body));
  document = (await SwaggerParser.dereference(body)) as OpenAPIV3.Document;
});
afterAll(() => gateway.close());

describe("the description of the gateway, a valid OpenAPI document,", () => {
  test("has every path but GraphQL's and the pages'", () => {
    expect(Object.keys(document.paths)).toEqual([
      REST,
      INGEST,
      AGENTS,
      `${AGENTS}/unknown`,
      HISTORY,
      WEBHOOKS,
      ...LOOKUPS,
      "/v1/backup",
      SESSION,
      "/metrics",
      "/healthz",
      "/readyz",
    ]);
  });

  test("asks for a credential where a gateway does, and for a signature where LivePerson sends one", () => {
    expect(document.security).toEqual([{ bearer: [] }, { signed: [] }, {}]);
    expect(document.components!.securitySchemes!["bearer"]).toMatchObject({ type: "http", scheme: "bearer" });
    const open = operations().filter(([, , { security }]) => security?.length === 0);
    expect(open.map(([path]) => path)).toEqual([...LOOKUPS, SESSION, SESSION, "/healthz", "/readyz"]);
    expect(document.paths[WEBHOOKS]!.post!.security).toEqual([{ webhook: [] }]);
    for (const [path, , { security, responses }] of operations()) {
      // A session begins with the credential in its body, and is refused to pages of other origins.
      const isOpen = security?.length === 0 && path !== SESSION;
      expect([path, "401" in responses, "403" in responses]).toEqual([path, !isOpen, !isOpen]);
    }
  });

  test("names every parameter of the original method, in the URL and in the body", () => {
    const { get, post } = document.paths[REST]!;
    expect(get!.parameters!.map((parameter) => (parameter as OpenAPIV3.ParameterObject).name)).toEqual(PARAMETERS);
    expect(Object.keys(schemaOf(post!.requestBody).properties!)).toEqual(PARAMETERS);
  });

  test("names every metric, in the order in which answers have them", () => {
    const { properties } = schemaOf(document.paths[REST]!.get!.responses["200"]);
    const total = properties!["metricsTotal"] as OpenAPIV3.SchemaObject;
    expect(Object.keys(total.properties!)).toEqual(METRIC_NAMES);
  });

  test("tells every operation from the others by an id of its own", () => {
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(undefined);
  });

  test("has paths and methods that answer as it says", async () => {
    for (const [path, method, { responses }] of operations()) {
      const response = await fetch(gateway.url + path.replace("{accountId}", "a"), { method: method.toUpperCase() });
      expect(Object.keys(responses), `${method} ${path}`).toContain(String(response.status));
      expect([404, 405], `${method} ${path}`).not.toContain(response.status);
      const asDescribed = (responses[response.status] as OpenAPIV3.ResponseObject).content;
      if (asDescribed) expect(Object.keys(asDescribed)).toContain(response.headers.get("content-type")!.split(";")[0]);
      if (asDescribed && !("application/json" in asDescribed)) continue;
      if (response.status === 204) continue;
      const required = asDescribed && schemaOf(responses[response.status]).required;
      const body = (await response.json()) as object;
      if (required) expect(Object.keys(body)).toEqual(required);
    }
  });

  test("describes what a session begins with", async () => {
    const { required, properties } = schemaOf(document.paths[SESSION]!.post!.requestBody);
    expect(required).toEqual(Object.keys(properties!));
    const { maxLength } = properties!["credential"] as OpenAPIV3.SchemaObject;
    for (const [length, status] of [
      [0, 400],
      [1, 204],
      [maxLength!, 204],
      [maxLength! + 1, 400],
    ] as const)
      expect([length, (await gateway.post(SESSION, { credential: "x".repeat(length) })).status]).toEqual([length, status]);
  });

  test("describes what a question and a post of events answer", async () => {
    const answer = await gateway.get(`${REST.replace("{accountId}", "a")}?v=1&timeframe=60&skillIds=all&interval=60`);
    expect(Object.keys(schemaOf(document.paths[REST]!.get!.responses["200"]).properties!)).toEqual(
      expect.arrayContaining(Object.keys(answer.body)),
    );
    const posted = await gateway.postEvents("a", [7]);
    const { properties, required } = schemaOf(document.paths[INGEST]!.post!.responses["200"]);
    expect(Object.keys(posted.body)).toEqual(required);
    const rejected = properties!["rejected"] as OpenAPIV3.ArraySchemaObject;
    expect(Object.keys(posted.body.rejected[0])).toEqual((rejected.items as OpenAPIV3.SchemaObject).required);
  });
});

function operations(): [path: string, method: string, OpenAPIV3.OperationObject][] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    (["get", "put", "post", "delete"] as const).flatMap((method): [string, string, OpenAPIV3.OperationObject][] => {
      const operation = item![method];
      return operation ? [[path, method, operation]] : [];
    }),
  );
}

/** The JSON schema of a body, be it asked or answered. */
function schemaOf(body: unknown): OpenAPIV3.SchemaObject {
  return (body as OpenAPIV3.RequestBodyObject).content["application/json"]!.schema as OpenAPIV3.SchemaObject;
}
