import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import { render, renderHook, waitFor } from "@testing-library/react";
import { Suspense, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import {
  createSegmeterClient,
  OverviewDocument,
  overviewQueryOptions,
  useLiveOverviewSubscription,
  useOverviewQuery,
  useSuspenseOverviewQuery,
  type SegmeterClient,
  type SegmeterClientOptions,
  type SegmeterError,
} from "../src/index.ts";
import { installDom } from "./dom.ts";
import { startTestGateway } from "./gateway.ts";
import { Page, pageOf } from "./page.tsx";
import { freeUrl, startServer } from "./servers.ts";

installDom();

const LAST_HOUR = { accountId: "mine", timeframe: 60, intervalMinutes: 30 };

describe("a query hook", () => {
  test("gives the gateway's answer", async () => {
    const gateway = await startTestGateway();
    await gateway.closeSegment({ agentId: "4501" });
    const { result } = renderHook(() => useOverviewQuery(LAST_HOUR), { wrapper: pageOf(createSegmeterClient(gateway)) });
    await waitFor(() => expect(result.current.isSuccess).toBe(true));
    const { metrics, intervals } = result.current.data!.account.agentSegments;
    expect(metrics).toMatchObject({ totalAgentConversationSegments: 1, avgAgentSegmentDuration: 1999, interactiveAgentSegments: 0 });
    expect(intervals).toHaveLength(2);
  });

  test("gives what `select` makes of it", async () => {
    const gateway = await startTestGateway();
    const { result } = renderHook(
      () => useOverviewQuery(LAST_HOUR, { select: ({ account }) => account.agentSegments.metrics.totalAgentConversationSegments }),
      { wrapper: pageOf(createSegmeterClient(gateway)) },
    );
    await waitFor(() => expect(result.current.data).toBe(0));
  });

  test("suspends until there is an answer", async () => {
    const gateway = await startTestGateway();
    const page = render(
      <Page client={createSegmeterClient(gateway)}>
        <Suspense fallback={<p>waiting</p>}>
          <SuspendedTotal />
        </Suspense>
      </Page>,
    );
    expect(page.getByText("waiting")).toBeTruthy();
    expect(await page.findByText("total: 0")).toBeTruthy();
  });

  test("finds what a server asked before it rendered the page, and asks nothing itself", async () => {
    const gateway = await startTestGateway();
    await gateway.closeSegment({ agentId: "4501" });
    const onServer = new QueryClient();
    await onServer.prefetchQuery(overviewQueryOptions(createSegmeterClient(gateway), LAST_HOUR));
    const state = dehydrate(onServer);

    const client = createSegmeterClient({ url: await freeUrl() });
    const html = renderToString(
      <Page client={client}>
        <HydrationBoundary state={JSON.parse(JSON.stringify(state))}>
          <Total />
        </HydrationBoundary>
      </Page>,
    );
    expect(html).toBe("<p>total: 1, live: connecting</p>");
    expect(client.streams.count).toBe(0);
  });

  test("outside a provider says what is missing", () => {
    expect(() => renderToString(<SuspendedTotal />)).toThrow("expected a SegmeterProvider above");
  });
});

describe("a request", () => {
  test("carries the token, asked anew each time", async () => {
    const seen: (string | undefined)[] = [];
    const url = await startServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"data":{"account":{}}}');
    });
    let tokenCount = 0;
    const client = createSegmeterClient({ url, token: async () => `token-${++tokenCount}` });
    await ask(client);
    await ask(client);
    await ask(createSegmeterClient({ url, token: "fixed" }));
    await ask(createSegmeterClient({ url, token: () => null }));
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2", "Bearer fixed", undefined]);
  });

  test("goes through the fetch that was given, below the path of the URL", async () => {
    const asked: unknown[] = [];
    const client = createSegmeterClient({
      url: "https://example.com/metrics/",
      fetch: async (input) => {
        asked.push(input);
        return Response.json({ data: {} });
      },
    });
    await ask(client);
    expect(asked).toEqual(["https://example.com/metrics/graphql"]);
  });

  test("that is cancelled fails with the reason of its signal", async () => {
    const url = await startServer(() => undefined);
    const abort = new AbortController();
    const asked = createSegmeterClient({ url }).request(OverviewDocument, LAST_HOUR, { signal: abort.signal });
    abort.abort(new Error("gone away"));
    await expect(asked).rejects.toThrow("gone away");
  });
});

describe("an error of a hook", () => {
  test("has the gateway's code and a cause for every wrong argument, and is not asked again", async () => {
    const gateway = await startTestGateway();
    const { error, requestCount } = await failureOf({ url: gateway.url }, { ...LAST_HOUR, timeframe: 0 });
    expect(error).toMatchObject({
      kind: "graphql",
      code: "BAD_USER_INPUT",
      causes: [expect.stringMatching(/^timeframe: /)],
      faults: [{ path: ["account", "agentSegments"] }],
    });
    expect(requestCount).toBe(1);
  });

  test("has the code of a refused document", async () => {
    const gateway = await startTestGateway();
    const { error } = await failureOf({ url: gateway.url }, { ...LAST_HOUR, timeframe: "sixty" as never });
    expect(error).toMatchObject({ kind: "graphql", code: "BAD_USER_INPUT", faults: [{ path: null }] });
  });

  test("is of the network when nobody listens, after as many attempts as are allowed", async () => {
    const { error, requestCount } = await failureOf({ url: await freeUrl(), retries: 1 });
    expect(error).toMatchObject({ kind: "network", cause: expect.any(TypeError) });
    expect(requestCount).toBe(2);
  });

  test("is of the network when the token cannot be had", async () => {
    const { error } = await failureOf({
      retries: 0,
      token: () => {
        throw new Error("signed out");
      },
    });
    expect(error).toMatchObject({ kind: "network", cause: new Error("signed out") });
  });

  test("is a time-out when no answer comes, and when it never ends", async () => {
    const silent = await startServer(() => undefined);
    const endless = await startServer((_request, response) => void response.writeHead(200).write('{"data":'));
    for (const url of [silent, endless]) {
      const { error } = await failureOf({ url, retries: 0, timeoutMs: 100 });
      expect(error).toMatchObject({ kind: "timeout", timeoutMs: 100 });
    }
  });

  test("is a time-out when the token does not come", async () => {
    const { error, requestCount } = await failureOf({ retries: 0, timeoutMs: 100, token: () => new Promise(() => undefined) });
    expect(error).toMatchObject({ kind: "timeout", timeoutMs: 100 });
    expect(requestCount).toBe(0);
  });

  test("has the status, the causes and the wait of a problem", async () => {
    const url = await startServer((_request, response) => {
      response.writeHead(503, { "retry-after": "2" }).end('{"message":"starting","causes":["the log is being read"]}');
    });
    const { error } = await failureOf({ url, retries: 0 });
    expect(error).toMatchObject({ kind: "http", status: 503, message: "starting", causes: ["the log is being read"], retryAfterMs: 2_000 });
  });

  test("has the status of a proxy's page", async () => {
    const url = await startServer((_request, response) => response.writeHead(502, "Bad Gateway").end("<h1>Bad Gateway</h1>"));
    const { error } = await failureOf({ url, retries: 0 });
    expect(error).toMatchObject({ kind: "http", status: 502, message: "HTTP 502 Bad Gateway", causes: [], retryAfterMs: null });
  });

  test("is of the protocol when something else answers", async () => {
    for (const body of ["<h1>Welcome</h1>", "[]", "{}"]) {
      const url = await startServer((_request, response) => response.end(body));
      const { error, requestCount } = await failureOf({ url });
      expect(error).toMatchObject({ kind: "protocol" });
      expect(requestCount).toBe(1);
    }
  });
});

function SuspendedTotal(): ReactNode {
  const { data } = useSuspenseOverviewQuery(LAST_HOUR);
  return <p>{`total: ${data.account.agentSegments.metrics.totalAgentConversationSegments}`}</p>;
}

function Total(): ReactNode {
  const { data } = useOverviewQuery(LAST_HOUR);
  const { status } = useLiveOverviewSubscription(LAST_HOUR);
  return <p>{`total: ${data?.account.agentSegments.metrics.totalAgentConversationSegments}, live: ${status}`}</p>;
}

function ask(client: SegmeterClient): Promise<unknown> {
  return client.request(OverviewDocument, LAST_HOUR);
}

async function failureOf(
  options: SegmeterClientOptions,
  variables = LAST_HOUR,
): Promise<{ readonly error: SegmeterError; readonly requestCount: number }> {
  let requestCount = 0;
  const client = createSegmeterClient({
    ...options,
    fetch: (input, init) => {
      requestCount += 1;
      return fetch(input, init);
    },
  });
  const { result } = renderHook(() => useOverviewQuery(variables), { wrapper: pageOf(client) });
  await waitFor(() => expect(result.current.isError).toBe(true));
  return { error: result.current.error!, requestCount };
}
