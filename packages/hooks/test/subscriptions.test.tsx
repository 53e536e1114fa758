import { renderHook, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import {
  createSegmeterClient,
  useLiveAgentTableSubscription,
  useLiveOverviewSubscription,
  type LiveAgentTableSubscription,
  type LiveAgentTableSubscriptionVariables,
  type SegmeterClient,
  type SubscriptionHookOptions,
  type SubscriptionState,
} from "../src/index.ts";
import { installDom } from "./dom.ts";
import { startTestGateway } from "./gateway.ts";
import { pageOf } from "./page.tsx";
import { freeUrl, startAnswering, startCable, startGuardedServer, startServer } from "./servers.ts";

installDom();

const LIVE = { accountId: "mine", timeframe: 60, everyMs: 250 };

describe.each(["ws", "sse"] as const)("a subscription over %s", (transport) => {
  test("shows an event that is posted while it is looked at", async () => {
    const gateway = await startTestGateway();
    const { state, until } = watch(createSegmeterClient({ url: gateway.url, transport }));
    expect(state()).toMatchObject({ status: "connecting", data: undefined, error: null, lastValueAtMs: null });
    await until(({ status }) => status === "live");
    expect(agentIds(state())).toEqual([]);

    const beforeMs = Date.now();
    await gateway.closeSegment({ agentId: "4501" });
    await until((now) => agentIds(now).includes("4501"));
    expect(state().lastValueAtMs).toBeGreaterThanOrEqual(beforeMs);
  });

  test("says that it is stale while the gateway is away, keeps its data, and goes on by itself", async () => {
    const gateway = await startTestGateway();
    await gateway.closeSegment({ agentId: "4501" });
    const { state, until } = watch(createSegmeterClient({ url: gateway.url, transport }));
    await until(({ status }) => status === "live");
    const lastValueAtMs = state().lastValueAtMs!;

    await gateway.stop();
    await until(({ status }) => status === "stale");
    expect(agentIds(state())).toEqual(["4501"]);
    expect(state()).toMatchObject({ error: { kind: "network" }, lastValueAtMs });

    await gateway.startAgain();
    await gateway.closeSegment({ agentId: "4502" });
    await until(({ status }) => status === "live");
    await until((now) => agentIds(now).includes("4502"));
    expect(state().error).toBe(null);
  });

  test("connects once the gateway is there, and says meanwhile why not", async () => {
    const gateway = await startTestGateway();
    await gateway.stop();
    const { state, until } = watch(createSegmeterClient({ url: gateway.url, transport }));
    await until(({ error }) => error !== null);
    expect(state()).toMatchObject({ status: "connecting", data: undefined, error: { kind: "network" } });
    await gateway.startAgain();
    await until(({ status }) => status === "live");
  });

  test("is stale when its connection falls silent, and makes a new one", async () => {
    const gateway = await startTestGateway();
    const cable = await startCable(gateway.url);
    const { state, until } = watch(createSegmeterClient({ url: cable.url, transport, staleAfterMs: 1_000 }));
    await until(({ status }) => status === "live");
    cable.cut();
    await until(({ status }) => status === "stale");
    expect(state().error).toMatchObject({ kind: "timeout", timeoutMs: 1_000 });
    cable.mend();
    await until(({ status }) => status === "live");
  });

  test("fails with the gateway's code and causes, and does not try again", async () => {
    const gateway = await startTestGateway();
    const client = createSegmeterClient({ url: gateway.url, transport });
    const { state, until } = watch(client, { ...LIVE, everyMs: 1 });
    await until(({ status }) => status === "failed");
    expect(state()).toMatchObject({
      data: undefined,
      error: { kind: "graphql", code: "BAD_USER_INPUT", causes: [expect.stringMatching(/^everyMs: /)] },
    });
  });

  test("is one stream for all who ask the same, until the last of them is gone", async () => {
    const gateway = await startTestGateway();
    const client = createSegmeterClient({ url: gateway.url, transport });
    const first = watch(client);
    const second = watch(client);
    const other = watch(client, { ...LIVE, filter: { skillIds: ["21"] } });
    await Promise.all([first, second, other].map(({ until }) => until(({ status }) => status === "live")));
    expect(client.streams.count).toBe(2);
    expect(first.state()).toBe(second.state());

    first.unmount();
    other.unmount();
    await waitFor(() => expect(client.streams.count).toBe(1));
    await gateway.closeSegment({ agentId: "4501" });
    await second.until((now) => agentIds(now).includes("4501"));

    second.unmount();
    await waitFor(() => expect(client.streams.count).toBe(0));
  });

  test("in strict mode subscribes once", async () => {
    const gateway = await startTestGateway();
    const cable = await startCable(gateway.url);
    const client = createSegmeterClient({ url: cable.url, transport });
    const { until } = watch(client, LIVE, {}, { reactStrictMode: true });
    await until(({ status }) => status === "live");
    expect(cable.connectionCount()).toBe(1);
  });
});

describe("a subscription", () => {
  test("shows nothing of the variables before unless asked to", async () => {
    const gateway = await startTestGateway();
    await gateway.closeSegment({ agentId: "4501" });
    const forgetting = watch(createSegmeterClient(gateway));
    const keeping = watch(createSegmeterClient(gateway), LIVE, { keepPreviousData: true });
    for (const { state, until, rerender } of [forgetting, keeping]) {
      await until(({ status }) => status === "live");
      rerender({ ...LIVE, filter: { agentIds: ["4502"] } });
      expect(state().status).toBe("connecting");
    }
    expect(forgetting.state().data).toBe(undefined);
    expect(agentIds(keeping.state())).toEqual(["4501"]);
    await keeping.until(({ status }) => status === "live");
    expect(agentIds(keeping.state())).toEqual([]);
  });

  test("keeps what has not changed the same object, so that rows need not be drawn again", async () => {
    const gateway = await startTestGateway();
    await gateway.closeSegment({ agentId: "4501" });
    const { state, until } = watch(createSegmeterClient(gateway));
    await until(({ status }) => status === "live");
    const [row] = state().data!.agentSegments.agents;
    await gateway.closeSegment({ agentId: "4502" });
    await until((now) => agentIds(now).length === 2);
    expect(state().data!.agentSegments.agents[0]).toBe(row);
  });

  test("that is not enabled opens nothing", async () => {
    const client = createSegmeterClient({ url: await freeUrl() });
    const { state } = watch(client, LIVE, { enabled: false });
    expect(state()).toEqual({ status: "paused", data: undefined, error: null, lastValueAtMs: null });
    expect(client.streams.count).toBe(0);
  });

  test("that is turned out comes back with a new token, and fails if that is no better", async () => {
    let good = "Bearer token-1";
    let tokenCount = 0;
    const server = await startGuardedServer((authorization) => authorization === good);
    const { state, until } = watch(createSegmeterClient({ url: server.url, token: () => `token-${++tokenCount}` }));
    await until(({ status }) => status === "live");

    good = "Bearer token-2";
    server.turnOut();
    await until(({ status }) => status === "stale");
    await until(({ status }) => status === "live");

    good = "none";
    server.turnOut();
    await until(({ status }) => status === "failed");
    expect(state()).toMatchObject({ data: { agentSegments: { agents: [] } }, error: { kind: "graphql", code: "FORBIDDEN" } });
    expect(tokenCount).toBe(3);
  });

  test("goes on at another gateway once that knows as much, and until then shows nothing older", async () => {
    const [ahead, behind] = [await startTestGateway(), await startTestGateway()];
    for (const agentId of ["4501", "4502", "4503"]) await ahead.closeSegment({ agentId });
    await behind.closeSegment({ agentId: "4504" });
    const balancer = await startCable(ahead.url);
    const socket = watch(createSegmeterClient({ url: balancer.url, transport: "ws" }));
    const stream = watch(createSegmeterClient({ url: balancer.url, transport: "sse" }));
    for (const { until } of [socket, stream]) await until(({ status }) => status === "live");

    balancer.leadTo(behind.url);
    await socket.until(({ error }) => error?.kind === "graphql" && error.code === "UNAVAILABLE");
    await stream.until(({ error }) => error?.kind === "http" && error.status === 503);
    for (const agentId of ["4505", "4506"]) await behind.closeSegment({ agentId });
    for (const { states, until } of [socket, stream]) {
      await until((now) => now.status === "live" && agentIds(now).includes("4506"));
      const shown = new Set(states.filter(({ data }) => data !== undefined).map((state) => agentIds(state).join()));
      expect(shown).toEqual(new Set(["4501,4502,4503", "4504,4505,4506"]));
    }
  });

  test("names the position that it has seen whenever it connects, and passes over what is older", async () => {
    const named: unknown[] = [];
    const url = await startAnswering(({ extensions }) => {
      named.push(extensions);
      return named.length === 1 ? [answerAt(7, "a"), answerAt(6, "b")] : [answerAt(5, "c"), answerAt(8, "d")];
    });
    const { states, until } = watch(createSegmeterClient({ url, transport: "sse" }));
    await until((now) => agentIds(now).includes("d"));
    expect(named.slice(0, 2)).toEqual([{ position: 0 }, { position: 7 }]);
    expect(new Set(states.flatMap(agentIds))).toEqual(new Set(["a", "d"]));
  });

  test("that is told again and again that its position is not reached begins anew: there is another log", async () => {
    const named: number[] = [];
    const url = await startAnswering(({ extensions: { position } }) => {
      named.push(position);
      if (named.length === 1) return [answerAt(7, "a")];
      return position === 0 ? [answerAt(2, "b")] : { message: "not yet", causes: ["segmeter-position: expected at most 2"] };
    });
    const { until } = watch(createSegmeterClient({ url, transport: "sse" }));
    await until((now) => agentIds(now).includes("b"));
    expect(named.slice(0, 7)).toEqual([0, 7, 7, 7, 7, 7, 0]);
  });

  test("over server-sent events carries the token and waits as long as the gateway asks", async () => {
    const requests: { readonly authorization: string | undefined; readonly atMs: number }[] = [];
    const url = await startServer(({ headers: { authorization } }, response) => {
      requests.push({ authorization, atMs: Date.now() });
      response.writeHead(503, { "retry-after": "1" }).end('{"message":"starting","causes":[]}');
    });
    const { state } = watch(createSegmeterClient({ url, transport: "sse", token: "secret" }));
    await waitFor(() => expect(requests).toHaveLength(2));
    expect(requests[0]!.authorization).toBe("Bearer secret");
    expect(requests[1]!.atMs - requests[0]!.atMs).toBeGreaterThanOrEqual(990);
    expect(state()).toMatchObject({ status: "connecting", error: { kind: "http", status: 503 } });
  });

  test("over server-sent events gives up a gateway that does not answer at all", async () => {
    const url = await startServer(() => undefined);
    const { state, until } = watch(createSegmeterClient({ url, transport: "sse", staleAfterMs: 1_000 }));
    await until(({ error }) => error !== null);
    expect(state()).toMatchObject({ status: "connecting", error: { kind: "timeout", timeoutMs: 1_000 } });
  });

  test("has the fields that the query has", async () => {
    const gateway = await startTestGateway();
    await gateway.closeSegment({ agentId: "4501" });
    const variables = { ...LIVE, intervalMinutes: 30 };
    const { result } = renderHook(() => useLiveOverviewSubscription(variables), { wrapper: pageOf(createSegmeterClient(gateway)) });
    await waitFor(() => expect(result.current.status).toBe("live"));
    expect(result.current.data!.agentSegments.metrics.totalAgentConversationSegments).toBe(1);
    expect(result.current.data!.agentSegments.intervals).toHaveLength(2);
  });

  test("that would be given up within a second is refused", () => {
    expect(() => createSegmeterClient({ staleAfterMs: 100 })).toThrow("staleAfterMs: must be at least 1000, got 100");
  });
});

interface Watched {
  readonly state: () => SubscriptionState<LiveAgentTableSubscription>;
  /** Everything that it ever was. */
  readonly states: readonly SubscriptionState<LiveAgentTableSubscription>[];
  readonly until: (isSo: (state: SubscriptionState<LiveAgentTableSubscription>) => boolean) => Promise<void>;
  readonly rerender: (variables: LiveAgentTableSubscriptionVariables) => void;
  readonly unmount: () => void;
}

/** A component that looks at the agent table. */
function watch(
  client: SegmeterClient,
  initialProps: LiveAgentTableSubscriptionVariables = LIVE,
  options: SubscriptionHookOptions = {},
  { reactStrictMode = false } = {},
): Watched {
  const states: SubscriptionState<LiveAgentTableSubscription>[] = [];
  const render = (variables: LiveAgentTableSubscriptionVariables): SubscriptionState<LiveAgentTableSubscription> => {
    const state = useLiveAgentTableSubscription(variables, options);
    states.push(state);
    return state;
  };
  const { result, rerender, unmount } = renderHook(render, { initialProps, wrapper: pageOf(client), reactStrictMode });
  return {
    states,
    state: () => result.current,
    until: (isSo) => waitFor(() => expect(isSo(result.current), JSON.stringify(result.current)).toBe(true)),
    rerender,
    unmount,
  };
}

function agentIds({ data }: SubscriptionState<LiveAgentTableSubscription>): readonly string[] {
  return data?.agentSegments.agents.map(({ id }) => id) ?? [];
}

function answerAt(position: number, agentId: string): object {
  return { data: { agentSegments: { agents: [{ id: agentId }] } }, extensions: { position } };
}
