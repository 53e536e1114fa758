// Generated from the operations beside it and the schema; `graphql-codegen` writes it anew.
import { TypedDocumentString, type QueryHookOptions, type SegmeterClient, type SuspenseQueryHookOptions, createQueryOptions, useSegmeterQuery, useSegmeterSuspenseQuery } from "../../src/index.ts";


export type CountFragment = {
  /** Closed segments: how often a conversation's assignment to an agent ended. A count. */
  readonly totalAgentConversationSegments: number;
};

/** How busy it is. */
export type PulseQuery = {
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  readonly account: {
    /** The agent segments that ended in one window, at most 24 hours long. */
    readonly agentSegments: {
      readonly metrics: {
        /** Closed segments: how often a conversation's assignment to an agent ended. A count. */
        readonly totalAgentConversationSegments: number;
        /** Mean time from assignment (after a resume: from the resume) to the end of the segment. In ms; null when there is nothing to average. */
        readonly avgAgentSegmentDuration?: number | null;
        /** Mean time of a response: from the assignment, or from the consumer's first message after the response before, to the agent's message. The first one after a takeover or resume is left out. In ms; null when there is nothing to average. */
        readonly answer: number | null;
      };
    };
  };
};

export type PulseQueryVariables = {
  readonly accountId: string;
  readonly timeframe?: number | undefined;
  readonly withDuration: boolean;
};

/** How busy it is. */
export const PulseDocument = /* @__PURE__ */ new TypedDocumentString<PulseQuery, PulseQueryVariables>(`
  query Pulse($accountId: ID!, $timeframe: Int! = 60, $withDuration: Boolean!) {
    account(id: $accountId) {
      agentSegments(timeframe: $timeframe) {
        metrics {
          ...Count
          ... on MetricSet @include(if: $withDuration) {
            totalAgentConversationSegments
            avgAgentSegmentDuration
          }
          answer: avgTimeToResponseFromAgentAssignment
        }
      }
    }
  }

  fragment Count on MetricSet {
    totalAgentConversationSegments
  }
`, {"operationName":"Pulse","hash":"a152c3f8ba28"});

/** How busy it is. */
export function usePulseQuery<TData = PulseQuery>(variables: PulseQueryVariables, options?: QueryHookOptions<PulseQuery, TData>) {
  return useSegmeterQuery(PulseDocument, variables, options);
}

/** How busy it is. */
export function useSuspensePulseQuery<TData = PulseQuery>(variables: PulseQueryVariables, options?: SuspenseQueryHookOptions<PulseQuery, TData>) {
  return useSegmeterSuspenseQuery(PulseDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `usePulseQuery` asks, under the same key. */
export function pulseQueryOptions(client: SegmeterClient, variables: PulseQueryVariables) {
  return createQueryOptions(client, PulseDocument, variables);
}