import type { QueryClient } from "@tanstack/react-query";
import { expectTypeOf } from "vitest";
import {
  OverviewDocument,
  overviewQueryOptions,
  useLiveOverviewSubscription,
  useOverviewQuery,
  type AgentTableFragment,
  type MetricDefinitionsQuery,
  type OverviewQuery,
  type OverviewQueryVariables,
  type SegmeterClient,
  type SegmeterError,
} from "../src/index.ts";
import { usePulseQuery, type PulseQuery } from "./generated/pulse.ts";

// Held by the compiler alone, and never called: an `@ts-expect-error` is itself an error where there is none.

const LAST_HOUR = { accountId: "mine", timeframe: 60, intervalMinutes: 5 } satisfies OverviewQueryVariables;

export function useOnlyWhatWasSelected(): void {
  const metrics = usePulseQuery({ accountId: "mine", withDuration: true }).data!.account.agentSegments.metrics;
  expectTypeOf(metrics.totalAgentConversationSegments).toEqualTypeOf<number>();
  // @ts-expect-error -- not selected
  void metrics.interactiveAgentSegments;
  // @ts-expect-error -- selected under another name
  void metrics.avgTimeToResponseFromAgentAssignment;
  // @ts-expect-error -- null where there is nothing to average
  metrics.answer.toFixed();
}

expectTypeOf<PulseQuery["account"]["agentSegments"]["metrics"]>().toEqualTypeOf<{
  readonly totalAgentConversationSegments: number;
  readonly answer: number | null;
  readonly avgAgentSegmentDuration?: number | null;
}>();

export function useCheckedVariables(): void {
  // @ts-expect-error -- `timeframe` is missing
  useOverviewQuery({ accountId: "mine", intervalMinutes: 5 });
  // @ts-expect-error -- no such user type
  useOverviewQuery({ ...LAST_HOUR, filter: { userType: "ROBOT" } });
  // @ts-expect-error -- results are not to be written to
  useOverviewQuery(LAST_HOUR).data!.account.agentSegments.start = "";
}

export function usePulledAndPushed(): void {
  const pulled = useOverviewQuery(LAST_HOUR);
  const pushed = useLiveOverviewSubscription(LAST_HOUR);
  expectTypeOf(pushed.data!.agentSegments).toEqualTypeOf(pulled.data!.account.agentSegments);
}

export function useStates(): void {
  const state = useLiveOverviewSubscription(LAST_HOUR);
  if (state.status === "live") expectTypeOf(state.data.agentSegments.start).toEqualTypeOf<string>();
  if (state.status === "failed") expectTypeOf(state.error).toEqualTypeOf<SegmeterError>();
  // @ts-expect-error -- nothing may have come yet
  void state.data.agentSegments;
}

export function readErrorByKind(error: SegmeterError): void {
  if (error.kind === "graphql") expectTypeOf(error.causes).toEqualTypeOf<readonly string[]>();
  if (error.kind === "http") expectTypeOf(error.status).toEqualTypeOf<number>();
  // @ts-expect-error -- the network has no codes
  if (error.kind === "network") void error.code;
}

export function useRowsAndSelections(client: SegmeterClient, queryClient: QueryClient): void {
  const { data } = useOverviewQuery(LAST_HOUR, { select: ({ account }) => account.agentSegments.start });
  expectTypeOf(data).toEqualTypeOf<string | undefined>();
  expectTypeOf(queryClient.getQueryData(overviewQueryOptions(client, LAST_HOUR).queryKey)).toEqualTypeOf<OverviewQuery | undefined>();
  expectTypeOf(queryClient.fetchQuery(overviewQueryOptions(client, LAST_HOUR))).toEqualTypeOf<Promise<OverviewQuery>>();
  expectTypeOf(client.request(OverviewDocument, LAST_HOUR)).toEqualTypeOf<Promise<OverviewQuery>>();
}

expectTypeOf<AgentTableFragment["agents"][number]["metrics"]["avgAgentSegmentDuration"]>().toEqualTypeOf<number | null>();
expectTypeOf<MetricDefinitionsQuery["metricDefinitions"][number]["unit"]>().toEqualTypeOf<"SEGMENTS" | "RESPONSES_PER_SEGMENT" | "MS">();
