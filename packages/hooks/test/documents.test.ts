import { readFile } from "node:fs/promises";
import { Client, fetchExchange } from "@urql/core";
import { expect, expectTypeOf, test } from "vitest";
import { toDocumentNode } from "../src/documents.ts";
import { OverviewDocument, type OverviewQuery } from "../src/index.ts";
import * as everything from "../src/index.ts";
import { startTestGateway } from "./gateway.ts";

const LAST_HOUR = { accountId: "mine", timeframe: 60, intervalMinutes: 30 };

test("a document is a typed one to urql, and so to whatever takes a TypedDocumentNode", async () => {
  const gateway = await startTestGateway();
  await gateway.closeSegment({ agentId: "4501" });
  const client = new Client({ url: `${gateway.url}/graphql`, exchanges: [fetchExchange], preferGetMethod: false });
  const { data, error } = await client.query(toDocumentNode(OverviewDocument), LAST_HOUR);
  expectTypeOf(data).toEqualTypeOf<OverviewQuery | undefined>();
  expect(error).toBe(undefined);
  expect(data!.account.agentSegments.metrics.totalAgentConversationSegments).toBe(1);
  // @ts-expect-error -- `timeframe` is missing; never sent, since nobody waits for it
  void client.query(toDocumentNode(OverviewDocument), { accountId: "mine", intervalMinutes: 30 });
});

test("a document is parsed once", () => {
  expect(toDocumentNode(OverviewDocument)).toBe(toDocumentNode(OverviewDocument));
});

test("a document is a string to whatever takes one", async () => {
  const gateway = await startTestGateway();
  const response = await fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: OverviewDocument, variables: LAST_HOUR }),
  });
  expect(await response.json()).toMatchObject({ data: { account: { agentSegments: { intervals: [{}, {}] } } } });
});

test("the README names every operation", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const names = Object.keys(everything).flatMap((name) => /^(?:Live)?(\w+)Document$/.exec(name)?.[1] ?? []);
  expect(names).toContain("Overview");
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
