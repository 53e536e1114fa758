import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { spawnGateway, type GatewayProcess } from "./gateway-process.ts";
import { createTestFolder } from "./test-gateway.ts";
import { startTraceCollector, valuesOf, type CollectedSpan, type TraceCollector } from "./trace-collector.ts";

const REST = "/operations/api/account/a/msgagentsegments";
const INGEST = "/v1/accounts/a/events";
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const RECORDER = { NODE_OPTIONS: `--import ${new URL("module-recorder.ts", import.meta.url).href}` };

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let collector: TraceCollector;
let gateway: GatewayProcess | null = null;
beforeEach(async () => {
  folder = await createTestFolder();
  collector = await startTraceCollector();
});
afterEach(async () => {
  await gateway?.stop();
  gateway = null;
  await collector.close();
  await folder.remove();
});

async function start(environment: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  gateway = await spawnGateway({ DATA_DIR: folder.path, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...environment });
  return gateway;
}

/** Ends the gateway, which sends what it still has. */
async function collected(): Promise<readonly CollectedSpan[]> {
  expect(await gateway!.stop()).toBe(0);
  gateway = null;
  return collector.spans.filter(({ name }) => !name.endsWith("/readyz"));
}

function post(url: string, eventId: string): Promise<Response> {
  const body = JSON.stringify([{ eventId, conversationId: "c", at: 0, type: "MESSAGE_SENT", sentBy: "CONSUMER" }]);
  return fetch(url + INGEST, { method: "POST", headers: { "content-type": "application/json" }, body });
}

describe("with a collector configured", () => {
  test("a question is a span, and every pass of the engine one within it", async () => {
    const { url } = await start();
    const response = await fetch(`${url + REST}?v=1&timeframe=60&skillIds=secret`);
    await response.text();
    const passCount = Number(/desc="(\d+) passes"/.exec(response.headers.get("server-timing")!)![1]);
    expect(passCount).toBeGreaterThan(0);
    const [request, ...passes] = (await collected()).toSorted(
      (a, b) => Number(b.parentSpanId === undefined) - Number(a.parentSpanId === undefined),
    );
    expect(request!.name).toBe("GET /operations/api/account/:accountId/msgagentsegments");
    expect(valuesOf(request!.attributes)).toEqual({
      "http.request.method": "GET",
      "http.route": "/operations/api/account/:accountId/msgagentsegments",
      "url.path": REST,
      "http.response.status_code": 200,
      "segmeter.request_id": response.headers.get("x-request-id"),
    });
    expect(passes.map(({ name, parentSpanId, traceId }) => [name, parentSpanId, traceId])).toEqual(
      Array.from({ length: passCount }, () => ["engine pass", request!.spanId, request!.traceId]),
    );
    expect(collector.resource).toMatchObject({ "service.name": "segmeter", "service.version": expect.stringMatching(/^\d/) });
  });

  test("events are a turn of the intake, which is their append and their fold, within the request that brought them", async () => {
    const { url } = await start({ OTEL_SERVICE_NAME: "segmeter-staging" });
    await (await post(url, "1")).text();
    const spans = await collected();
    const [request, turn, append, fold] = ["POST /v1/accounts/:accountId/events", "intake turn", "log append", "fold"].map((name) =>
      spans.find((span) => span.name === name)!,
    );
    expect(spans).toHaveLength(4);
    expect([turn!.parentSpanId, append!.parentSpanId, fold!.parentSpanId]).toEqual([request!.spanId, turn!.spanId, turn!.spanId]);
    expect(valuesOf(turn!.attributes)).toMatchObject({ "segmeter.requests": 1, "segmeter.accepted": 1, "segmeter.duplicates": 0 });
    const moments = [request!.startTimeUnixNano, append!.startTimeUnixNano, append!.endTimeUnixNano, fold!.endTimeUnixNano].map(BigInt);
    expect(moments).toEqual(moments.toSorted((a, b) => Number(a - b)));
    expect(collector.resource["service.name"]).toBe("segmeter-staging");
  });

  test("requests that share a turn are linked to it", async () => {
    const { url } = await start();
    const posts = await Promise.all(Array.from({ length: 20 }, (_, i) => post(url, String(i))));
    for (const response of posts) await response.text();
    const spans = await collected();
    const requests = new Set(spans.filter(({ name }) => name.startsWith("POST")).map(({ spanId }) => spanId));
    const turns = spans.filter(({ name }) => name === "intake turn");
    const known = turns.flatMap(({ parentSpanId, links = [] }) => [parentSpanId!, ...links.map(({ spanId }) => spanId)]);
    expect(requests.size).toBe(20);
    expect(known.toSorted()).toEqual([...requests].toSorted());
    expect(turns.length).toBeLessThan(20);
  });

  test("a trace that a trusted proxy began goes on; a stranger's does not", async () => {
    const { url } = await start({ TRUSTED_PROXIES: "127.0.0.1", HOST: "127.0.0.1" });
    await (await fetch(`${url}/openapi.json`, { headers: { traceparent: TRACEPARENT } })).text();
    const [span] = await collected();
    expect([span!.traceId, span!.parentSpanId]).toEqual([TRACE_ID, "b7ad6b7169203331"]);

    const again = await start();
    await (await fetch(`${again.url}/openapi.json`, { headers: { traceparent: TRACEPARENT } })).text();
    const other = (await collected()).at(-1)!;
    expect([other.traceId === TRACE_ID, other.parentSpanId]).toEqual([false, undefined]);
  });

  test("a share of none sends nothing", async () => {
    const { url } = await start({ OTEL_TRACES_SAMPLER_ARG: "0" });
    await (await fetch(`${url}/openapi.json`)).text();
    await (await post(url, "1")).text();
    expect(await collected()).toEqual([]);
  });

  test("a collector that is gone keeps nobody waiting", async () => {
    await collector.close();
    const { url } = await start();
    expect((await post(url, "1")).status).toBe(200);
    expect(await gateway!.stop()).toBe(0);
    gateway = null;
    collector = await startTraceCollector();
  });
});

test("without one, nothing of it is read", async () => {
  expect((await modulesOf({})).length).toBeGreaterThan(10);
  expect(await modulesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toEqual([]);
});

/** What a gateway has read of it by its first answer. */
async function modulesOf(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const { child, url } = await start({ ...RECORDER, ...environment });
  await (await fetch(`${url}/openapi.json`)).text();
  const modules = Promise.withResolvers<string[]>();
  child.on("message", (message) => Array.isArray(message) && modules.resolve(message as string[]));
  child.send("modules");
  const urls = await modules.promise;
  expect(await gateway!.stop()).toBe(0);
  gateway = null;
  return urls.filter((module) => /@opentelemetry\/(?!api)|telemetry\/tracing/.test(module));
}
