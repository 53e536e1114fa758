import { expect, test } from "vitest";
import { createSegmeterClient, MetricDefinitionsDocument } from "../src/index.ts";

test("a request that is aborted already does not wait for a token that never comes", async () => {
  const client = createSegmeterClient({ url: "http://127.0.0.1:9", token: () => new Promise<string>(() => undefined) });
  const reason = new Error("left");
  await expect(client.request(MetricDefinitionsDocument, {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
