import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig, startGateway } from "../src/index.ts";
import { runCli } from "./cli-process.ts";
import { openClient } from "./open-client.ts";
import { PUSH_DOORS } from "./push-clients.ts";
import { createTestFolder, startTestGateway, type TestGateway } from "./test-gateway.ts";

const WALLBOARD = new URL("../../../packages/hooks/src/operations", import.meta.url).pathname;
const TRUSTED = `query Total($id: ID!) { account(id: $id) { agentSegments(timeframe: 60) { ...Count } } }
fragment Count on AgentSegments { metrics { totalAgentConversationSegments } }`;
const MANIFEST = {
  "sha1 of it": "subscription Live { agentSegments(accountId: 1, timeframe: 60) { metrics { interactiveAgentSegments } } }",
};
const APOLLO = {
  format: "apollo-persisted-query-manifest",
  operations: [{ id: "1", body: "query Name { __typename }", name: "Name", type: "query" }],
};

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: TestGateway;
beforeAll(async () => {
  folder = await createTestFolder();
  const [operations, manifest, apollo] = [join(folder.path, "operations"), join(folder.path, "a.json"), join(folder.path, "b.json")];
  await mkdir(operations);
  await writeFile(join(operations, "total.graphql"), TRUSTED);
  await writeFile(manifest, JSON.stringify(MANIFEST));
  await writeFile(apollo, JSON.stringify(APOLLO));
  gateway = await startTestGateway({ trustedDocuments: [operations, manifest, apollo, WALLBOARD] });
});
afterAll(async () => {
  await gateway.close();
  await folder.remove();
});

const UNTRUSTED = "query Other($id: ID!) { account(id: $id) { id } }";
const REFUSAL = {
  message: "this gateway answers trusted documents only, and this is none",
  extensions: { code: "UNTRUSTED_DOCUMENT", causes: [] },
};

describe("with trusted documents", () => {
  test("these are answered, however they are spaced, from whichever kind of file", async () => {
    const answer = { data: { account: { agentSegments: { metrics: { totalAgentConversationSegments: 0 } } } } };
    expect((await gateway.graphql(TRUSTED, { id: "1" })).body).toEqual(answer);
    expect((await gateway.graphql(`# again\n${TRUSTED.replaceAll(" ", "\n ")}`, { id: "1" })).body).toEqual(answer);
    expect((await gateway.graphql(APOLLO.operations[0]!.body)).body).toEqual({ data: { __typename: "Query" } });
  });

  test("nothing else is, be it part of one of them", async () => {
    for (const query of [
      UNTRUSTED,
      `${TRUSTED} ${UNTRUSTED}`,
      TRUSTED.replace("totalAgent", "interactiveAgent").replace("ConversationSegments", "Segments"),
      TRUSTED.replace("60", "61"),
      "{ __schema { types { name } } }",
    ]) {
      const { status, body } = await gateway.post("/graphql", {
        query,
        operationName: /query (\w+)/.exec(query)?.[1],
        variables: { id: "1" },
      });
      expect([query, status, body.errors]).toMatchObject([query, 403, [REFUSAL]]);
    }
  });

  test("what is no operation of the schema is told nothing of it", async () => {
    const { text } = await gateway.graphql("{ accoun }");
    expect(text).not.toContain("account");
  });

  test("the wallboard's own can be among them", async () => {
    const names = await readdir(WALLBOARD);
    const texts = await Promise.all(names.map((name) => readFile(join(WALLBOARD, name), "utf8")));
    expect((await gateway.post("/graphql", { query: texts.join("\n"), operationName: "MetricDefinitions" })).status).toBe(200);
  });

  for (const { name, connect } of PUSH_DOORS) {
    test(`over ${name} it is the same`, async () => {
      const client = openClient(connect, gateway, { retryAttempts: 0 });
      expect(await client.subscribe(MANIFEST["sha1 of it"]).next()).toMatchObject({ data: { agentSegments: {} } });
      expect(await client.subscribe(MANIFEST["sha1 of it"].replace("60", "61")).next()).toMatchObject({ errors: [REFUSAL] });
    });
  }

  test("what verifies the gateway is answered", async () => {
    const at = Date.now() - 2 * 3_600_000;
    await gateway.postEvents("a", [
      { eventId: "1", conversationId: "c", at, type: "AGENT_ASSIGNED", agentId: "1" },
      { eventId: "2", conversationId: "c", at: at + 1_000, type: "CONVERSATION_CLOSED", closedBy: "AGENT" },
    ]);
    expect(await runCli(["verify", "--url", gateway.url])).toMatchObject({ exitCode: 0 });
  });

  test("files that are none are named, and nothing is served", async () => {
    const [wrong, empty] = [join(folder.path, "wrong.json"), join(folder.path, "empty")];
    await writeFile(wrong, '{"operations":[1]}');
    await writeFile(join(folder.path, "wrong.graphql"), "query {");
    await mkdir(empty);
    for (const [path, reason] of [
      [wrong, "expected a .graphql file, or a manifest of operations in JSON"],
      [empty, "the folder has no .graphql file"],
      [join(folder.path, "nowhere"), "ENOENT"],
      [join(folder.path, "wrong.graphql"), "Syntax Error"],
    ]) {
      const config = readConfig({ PORT: "0", DATA_DIR: join(folder.path, "data"), LOG_LEVEL: "silent", TRUSTED_DOCUMENTS: path });
      await expect(startGateway({ config })).rejects.toThrow(`TRUSTED_DOCUMENTS: ${path} cannot be read: ${reason}`);
    }
  });
});
