// Generated from the operations beside it and the schema; `graphql-codegen` writes it anew.
import { TypedDocumentString, type QueryHookOptions, type SegmeterClient, type SuspenseQueryHookOptions, createQueryOptions, useSegmeterQuery, useSegmeterSuspenseQuery, type SubscriptionHookOptions, type SubscriptionState, useSegmeterSubscription } from "../runtime/index.ts";


/** Each field keeps only the segments that match one of its values; fields left out keep all. */
export type SegmentFilter = {
  readonly agentIds?: ReadonlyArray<string> | null | undefined;
  readonly skillIds?: ReadonlyArray<string> | null | undefined;
  readonly groupIds?: ReadonlyArray<string> | null | undefined;
  readonly userType?: UserType | null | undefined;
  /** Channels, in any case: `WEB`, `FACEBOOK`… */
  readonly sources?: ReadonlyArray<string> | null | undefined;
};

export type MetricUnit = "SEGMENTS" | "RESPONSES_PER_SEGMENT" | "MS";

export type UserType = "HUMAN" | "BOT";

export type AgentPageFragment = {
  readonly start: string;
  readonly end: string;
  /** Agents with at least one segment here, by id. `ids` keeps only these. */
  readonly agents: ReadonlyArray<{
    readonly id: string;
    /** As the account's directory of users has it; null for agents that it does not name. */
    readonly name: string | null;
    readonly metrics: AllMetricsFragment;
    readonly skills: ReadonlyArray<{
      readonly id: string;
      readonly metrics: AllMetricsFragment;
    }>;
    readonly intervals: ReadonlyArray<{
      readonly start: string;
      readonly end: string;
      readonly metrics: AllMetricsFragment;
    }>;
  }>;
};

export type AgentTableFragment = {
  readonly start: string;
  readonly end: string;
  readonly metrics: AllMetricsFragment;
  /** Agents with at least one segment here, by id. `ids` keeps only these. */
  readonly agents: ReadonlyArray<{
    readonly id: string;
    /** As the account's directory of users has it; null for agents that it does not name. */
    readonly name: string | null;
    readonly metrics: AllMetricsFragment;
  }>;
};

/** All eleven metrics. */
export type AllMetricsFragment = {
  /** Closed segments: how often a conversation's assignment to an agent ended. A count. */
  readonly totalAgentConversationSegments: number;
  /** Responses (runs of the agent's consecutive messages) per segment. The first one after a takeover or resume is left out. In responses per segment; null when there is nothing to average. */
  readonly avgAgentMessagesinAgentSegment: number | null;
  /** Mean time from assignment (after a resume: from the resume) to the end of the segment. In ms; null when there is nothing to average. */
  readonly avgAgentSegmentDuration: number | null;
  /** Segments in which the agent sent a message and the consumer sent one after it. A count. */
  readonly interactiveAgentSegments: number;
  /** Segments without an agent message that the consumer ended by closing the conversation. A count. */
  readonly agentSegmentsAbandonedByConsumers: number;
  /** Segments with an agent message and no consumer message after it. A count. */
  readonly agentSegmentsWithNonResponsiveConsumers: number;
  /** Segments without an agent message that ended in any way but the consumer's closing. A count. */
  readonly agentSegmentsWithNonResponsiveAgents: number;
  /** Mean time from assignment to the agent's first message, over segments of new conversations and after transfers that have one. In ms; null when there is nothing to average. */
  readonly avgTimetoFirstAgentMessageFromAgentAssignment: number | null;
  /** Mean time from assignment to the agent's first message, over segments after transfers that have one. In ms; null when there is nothing to average. */
  readonly avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer: number | null;
  /** Mean time from assignment to the agent's first message, over segments of new conversations that have one. In ms; null when there is nothing to average. */
  readonly avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation: number | null;
  /** Mean time of a response: from the assignment, or from the consumer's first message after the response before, to the agent's message. The first one after a takeover or resume is left out. In ms; null when there is nothing to average. */
  readonly avgTimeToResponseFromAgentAssignment: number | null;
};

export type OverviewFragment = {
  readonly start: string;
  readonly end: string;
  readonly metrics: AllMetricsFragment;
  /** Equal parts of the window, oldest first, empty ones included. `minutes`: at least 5, a divisor of the window. */
  readonly intervals: ReadonlyArray<{
    readonly start: string;
    readonly end: string;
    readonly metrics: AllMetricsFragment;
  }>;
};

export type SkillTreeFragment = {
  readonly start: string;
  readonly end: string;
  readonly metrics: AllMetricsFragment;
  /** Skills with at least one segment here, by id. */
  readonly skills: ReadonlyArray<{
    readonly id: string;
    readonly metrics: AllMetricsFragment;
    readonly agents: ReadonlyArray<{
      readonly id: string;
      /** As the account's directory of users has it; null for agents that it does not name. */
      readonly name: string | null;
      readonly metrics: AllMetricsFragment;
    }>;
  }>;
};

export type TrendByAgentFragment = {
  readonly start: string;
  readonly end: string;
  /** Equal parts of the window, oldest first, empty ones included. `minutes`: at least 5, a divisor of the window. */
  readonly intervals: ReadonlyArray<{
    readonly start: string;
    readonly end: string;
    readonly metrics: AllMetricsFragment;
    readonly agents: ReadonlyArray<{
      readonly id: string;
      /** As the account's directory of users has it; null for agents that it does not name. */
      readonly name: string | null;
      readonly metrics: AllMetricsFragment;
    }>;
  }>;
};

export type TrendBySkillFragment = {
  readonly start: string;
  readonly end: string;
  /** Equal parts of the window, oldest first, empty ones included. `minutes`: at least 5, a divisor of the window. */
  readonly intervals: ReadonlyArray<{
    readonly start: string;
    readonly end: string;
    readonly metrics: AllMetricsFragment;
    readonly skills: ReadonlyArray<{
      readonly id: string;
      readonly metrics: AllMetricsFragment;
    }>;
  }>;
};

/** One agent: the metrics of the window, by skill, and by interval. `agents` is empty if the agent has no segment in the window. */
export type AgentPageQuery = {
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  readonly account: {
    /** The agent segments that ended in one window, at most 24 hours long. */
    readonly agentSegments: AgentPageFragment;
  };
};

export type AgentPageQueryVariables = {
  readonly accountId: string;
  readonly agentId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly filter?: SegmentFilter | null | undefined;
};

/** One agent: the metrics of the window, by skill, and by interval. `agents` is empty if the agent has no segment in the window. */
export const AgentPageDocument = /* @__PURE__ */ new TypedDocumentString<AgentPageQuery, AgentPageQueryVariables>(`
  query AgentPage($accountId: ID!, $agentId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $filter: SegmentFilter) {
    account(id: $accountId) {
      agentSegments(timeframe: $timeframe, filter: $filter) {
        ...AgentPage
      }
    }
  }

  fragment AgentPage on AgentSegments {
    start
    end
    agents(ids: [$agentId]) {
      id
      name
      metrics {
        ...AllMetrics
      }
      skills {
        id
        metrics {
          ...AllMetrics
        }
      }
      intervals(minutes: $intervalMinutes) {
        start
        end
        metrics {
          ...AllMetrics
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"AgentPage","hash":"a5bebe2bb133"});

/** One agent: the metrics of the window, by skill, and by interval. `agents` is empty if the agent has no segment in the window. */
export function useAgentPageQuery<TData = AgentPageQuery>(variables: AgentPageQueryVariables, options?: QueryHookOptions<AgentPageQuery, TData>) {
  return useSegmeterQuery(AgentPageDocument, variables, options);
}

/** One agent: the metrics of the window, by skill, and by interval. `agents` is empty if the agent has no segment in the window. */
export function useSuspenseAgentPageQuery<TData = AgentPageQuery>(variables: AgentPageQueryVariables, options?: SuspenseQueryHookOptions<AgentPageQuery, TData>) {
  return useSegmeterSuspenseQuery(AgentPageDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `useAgentPageQuery` asks, under the same key. */
export function agentPageQueryOptions(client: SegmeterClient, variables: AgentPageQueryVariables) {
  return createQueryOptions(client, AgentPageDocument, variables);
}

/** Every agent that has a segment in the window, with all metrics, and the total. */
export type AgentTableQuery = {
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  readonly account: {
    /** The agent segments that ended in one window, at most 24 hours long. */
    readonly agentSegments: AgentTableFragment;
  };
};

export type AgentTableQueryVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly filter?: SegmentFilter | null | undefined;
};

/** Every agent that has a segment in the window, with all metrics, and the total. */
export const AgentTableDocument = /* @__PURE__ */ new TypedDocumentString<AgentTableQuery, AgentTableQueryVariables>(`
  query AgentTable($accountId: ID!, $timeframe: Int!, $filter: SegmentFilter) {
    account(id: $accountId) {
      agentSegments(timeframe: $timeframe, filter: $filter) {
        ...AgentTable
      }
    }
  }

  fragment AgentTable on AgentSegments {
    start
    end
    metrics {
      ...AllMetrics
    }
    agents {
      id
      name
      metrics {
        ...AllMetrics
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"AgentTable","hash":"9b677b1c1b03"});

/** Every agent that has a segment in the window, with all metrics, and the total. */
export function useAgentTableQuery<TData = AgentTableQuery>(variables: AgentTableQueryVariables, options?: QueryHookOptions<AgentTableQuery, TData>) {
  return useSegmeterQuery(AgentTableDocument, variables, options);
}

/** Every agent that has a segment in the window, with all metrics, and the total. */
export function useSuspenseAgentTableQuery<TData = AgentTableQuery>(variables: AgentTableQueryVariables, options?: SuspenseQueryHookOptions<AgentTableQuery, TData>) {
  return useSegmeterSuspenseQuery(AgentTableDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `useAgentTableQuery` asks, under the same key. */
export function agentTableQueryOptions(client: SegmeterClient, variables: AgentTableQueryVariables) {
  return createQueryOptions(client, AgentTableDocument, variables);
}

/** What an account's segments can be filtered by: every agent, skill, group and source that occurs in them. */
export type FilterValuesQuery = {
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  readonly account: {
    /** What the segments kept of this account can be filtered by. */
    readonly filterValues: {
      readonly agentIds: ReadonlyArray<string>;
      readonly skillIds: ReadonlyArray<string>;
      readonly groupIds: ReadonlyArray<string>;
      /** In upper case. */
      readonly sources: ReadonlyArray<string>;
    };
  };
};

export type FilterValuesQueryVariables = {
  readonly accountId: string;
};

/** What an account's segments can be filtered by: every agent, skill, group and source that occurs in them. */
export const FilterValuesDocument = /* @__PURE__ */ new TypedDocumentString<FilterValuesQuery, FilterValuesQueryVariables>(`
  query FilterValues($accountId: ID!) {
    account(id: $accountId) {
      filterValues {
        agentIds
        skillIds
        groupIds
        sources
      }
    }
  }
`, {"operationName":"FilterValues","hash":"9e400d79e6db"});

/** What an account's segments can be filtered by: every agent, skill, group and source that occurs in them. */
export function useFilterValuesQuery<TData = FilterValuesQuery>(variables: FilterValuesQueryVariables, options?: QueryHookOptions<FilterValuesQuery, TData>) {
  return useSegmeterQuery(FilterValuesDocument, variables, options);
}

/** What an account's segments can be filtered by: every agent, skill, group and source that occurs in them. */
export function useSuspenseFilterValuesQuery<TData = FilterValuesQuery>(variables: FilterValuesQueryVariables, options?: SuspenseQueryHookOptions<FilterValuesQuery, TData>) {
  return useSegmeterSuspenseQuery(FilterValuesDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `useFilterValuesQuery` asks, under the same key. */
export function filterValuesQueryOptions(client: SegmeterClient, variables: FilterValuesQueryVariables) {
  return createQueryOptions(client, FilterValuesDocument, variables);
}

/** One agent: the metrics of the window, by skill, and by interval, kept up to date. */
export type LiveAgentPageSubscription = {
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  readonly agentSegments: AgentPageFragment;
};

export type LiveAgentPageSubscriptionVariables = {
  readonly accountId: string;
  readonly agentId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly filter?: SegmentFilter | null | undefined;
  readonly everyMs?: number | null | undefined;
};

/** One agent: the metrics of the window, by skill, and by interval, kept up to date. */
export const LiveAgentPageDocument = /* @__PURE__ */ new TypedDocumentString<LiveAgentPageSubscription, LiveAgentPageSubscriptionVariables>(`
  subscription LiveAgentPage($accountId: ID!, $agentId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $filter: SegmentFilter, $everyMs: Int) {
    agentSegments(
      accountId: $accountId
      timeframe: $timeframe
      filter: $filter
      everyMs: $everyMs
    ) {
      ...AgentPage
    }
  }

  fragment AgentPage on AgentSegments {
    start
    end
    agents(ids: [$agentId]) {
      id
      name
      metrics {
        ...AllMetrics
      }
      skills {
        id
        metrics {
          ...AllMetrics
        }
      }
      intervals(minutes: $intervalMinutes) {
        start
        end
        metrics {
          ...AllMetrics
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"LiveAgentPage","hash":"18d1bbe908da"});

/** One agent: the metrics of the window, by skill, and by interval, kept up to date. */
export function useLiveAgentPageSubscription(variables: LiveAgentPageSubscriptionVariables, options?: SubscriptionHookOptions): SubscriptionState<LiveAgentPageSubscription> {
  return useSegmeterSubscription(LiveAgentPageDocument, variables, options);
}

/** Every agent that has a segment in the window, with all metrics, and the total, kept up to date. */
export type LiveAgentTableSubscription = {
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  readonly agentSegments: AgentTableFragment;
};

export type LiveAgentTableSubscriptionVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly filter?: SegmentFilter | null | undefined;
  readonly everyMs?: number | null | undefined;
};

/** Every agent that has a segment in the window, with all metrics, and the total, kept up to date. */
export const LiveAgentTableDocument = /* @__PURE__ */ new TypedDocumentString<LiveAgentTableSubscription, LiveAgentTableSubscriptionVariables>(`
  subscription LiveAgentTable($accountId: ID!, $timeframe: Int!, $filter: SegmentFilter, $everyMs: Int) {
    agentSegments(
      accountId: $accountId
      timeframe: $timeframe
      filter: $filter
      everyMs: $everyMs
    ) {
      ...AgentTable
    }
  }

  fragment AgentTable on AgentSegments {
    start
    end
    metrics {
      ...AllMetrics
    }
    agents {
      id
      name
      metrics {
        ...AllMetrics
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"LiveAgentTable","hash":"d985e5004de3"});

/** Every agent that has a segment in the window, with all metrics, and the total, kept up to date. */
export function useLiveAgentTableSubscription(variables: LiveAgentTableSubscriptionVariables, options?: SubscriptionHookOptions): SubscriptionState<LiveAgentTableSubscription> {
  return useSegmeterSubscription(LiveAgentTableDocument, variables, options);
}

/**
 * A whole screen from one instant: everybody's metrics and their trend, and the agents, the skills, or some skills' agents, each part
 * only if asked for. Leave `intervals` out for windows below five minutes, which cannot be parted.
 */
export type LiveBoardSubscription = {
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  readonly agentSegments: {
    readonly start: string;
    readonly end: string;
    readonly metrics: AllMetricsFragment;
    /** Equal parts of the window, oldest first, empty ones included. `minutes`: at least 5, a divisor of the window. */
    readonly intervals?: ReadonlyArray<{
      readonly start: string;
      readonly end: string;
      readonly metrics: AllMetricsFragment;
    }>;
    /** Agents with at least one segment here, by id. `ids` keeps only these. */
    readonly agents?: ReadonlyArray<{
      readonly id: string;
      /** As the account's directory of users has it; null for agents that it does not name. */
      readonly name: string | null;
      readonly metrics: AllMetricsFragment;
    }>;
    /** Skills with at least one segment here, by id. */
    readonly skills?: ReadonlyArray<{
      readonly id: string;
      readonly metrics: AllMetricsFragment;
    }>;
    /** Skills with at least one segment here, by id. */
    readonly openSkills?: ReadonlyArray<{
      readonly id: string;
      readonly agents: ReadonlyArray<{
        readonly id: string;
        /** As the account's directory of users has it; null for agents that it does not name. */
        readonly name: string | null;
        readonly metrics: AllMetricsFragment;
      }>;
    }>;
  };
};

export type LiveBoardSubscriptionVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly withIntervals: boolean;
  readonly withAgents: boolean;
  readonly withSkills: boolean;
  readonly withOpenSkills: boolean;
  readonly openSkillIds?: ReadonlyArray<string> | null | undefined;
  readonly filter?: SegmentFilter | null | undefined;
  readonly everyMs?: number | null | undefined;
};

/**
 * A whole screen from one instant: everybody's metrics and their trend, and the agents, the skills, or some skills' agents, each part
 * only if asked for. Leave `intervals` out for windows below five minutes, which cannot be parted.
 */
export const LiveBoardDocument = /* @__PURE__ */ new TypedDocumentString<LiveBoardSubscription, LiveBoardSubscriptionVariables>(`
  subscription LiveBoard($accountId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $withIntervals: Boolean!, $withAgents: Boolean!, $withSkills: Boolean!, $withOpenSkills: Boolean!, $openSkillIds: [ID!], $filter: SegmentFilter, $everyMs: Int) {
    agentSegments(
      accountId: $accountId
      timeframe: $timeframe
      filter: $filter
      everyMs: $everyMs
    ) {
      start
      end
      metrics {
        ...AllMetrics
      }
      intervals(minutes: $intervalMinutes) @include(if: $withIntervals) {
        start
        end
        metrics {
          ...AllMetrics
        }
      }
      agents @include(if: $withAgents) {
        id
        name
        metrics {
          ...AllMetrics
        }
      }
      skills @include(if: $withSkills) {
        id
        metrics {
          ...AllMetrics
        }
      }
      openSkills: skills(ids: $openSkillIds) @include(if: $withOpenSkills) {
        id
        agents {
          id
          name
          metrics {
            ...AllMetrics
          }
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"LiveBoard","hash":"2b7ebdd74d20"});

/**
 * A whole screen from one instant: everybody's metrics and their trend, and the agents, the skills, or some skills' agents, each part
 * only if asked for. Leave `intervals` out for windows below five minutes, which cannot be parted.
 */
export function useLiveBoardSubscription(variables: LiveBoardSubscriptionVariables, options?: SubscriptionHookOptions): SubscriptionState<LiveBoardSubscription> {
  return useSegmeterSubscription(LiveBoardDocument, variables, options);
}

/** Some skills' or agents' metrics by interval, one list of intervals each, empty ones included: the lines of a chart. */
export type LiveBoardSplitSubscription = {
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  readonly agentSegments: {
    /** Skills with at least one segment here, by id. */
    readonly skills?: ReadonlyArray<{
      readonly id: string;
      readonly intervals: ReadonlyArray<{
        readonly start: string;
        readonly end: string;
        readonly metrics: AllMetricsFragment;
      }>;
    }>;
    /** Agents with at least one segment here, by id. `ids` keeps only these. */
    readonly agents?: ReadonlyArray<{
      readonly id: string;
      /** As the account's directory of users has it; null for agents that it does not name. */
      readonly name: string | null;
      readonly intervals: ReadonlyArray<{
        readonly start: string;
        readonly end: string;
        readonly metrics: AllMetricsFragment;
      }>;
    }>;
  };
};

export type LiveBoardSplitSubscriptionVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly bySkill: boolean;
  readonly ids: ReadonlyArray<string>;
  readonly filter?: SegmentFilter | null | undefined;
  readonly everyMs?: number | null | undefined;
};

/** Some skills' or agents' metrics by interval, one list of intervals each, empty ones included: the lines of a chart. */
export const LiveBoardSplitDocument = /* @__PURE__ */ new TypedDocumentString<LiveBoardSplitSubscription, LiveBoardSplitSubscriptionVariables>(`
  subscription LiveBoardSplit($accountId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $bySkill: Boolean!, $ids: [ID!]!, $filter: SegmentFilter, $everyMs: Int) {
    agentSegments(
      accountId: $accountId
      timeframe: $timeframe
      filter: $filter
      everyMs: $everyMs
    ) {
      skills(ids: $ids) @include(if: $bySkill) {
        id
        intervals(minutes: $intervalMinutes) {
          start
          end
          metrics {
            ...AllMetrics
          }
        }
      }
      agents(ids: $ids) @skip(if: $bySkill) {
        id
        name
        intervals(minutes: $intervalMinutes) {
          start
          end
          metrics {
            ...AllMetrics
          }
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"LiveBoardSplit","hash":"e0f6bdcee31d"});

/** Some skills' or agents' metrics by interval, one list of intervals each, empty ones included: the lines of a chart. */
export function useLiveBoardSplitSubscription(variables: LiveBoardSplitSubscriptionVariables, options?: SubscriptionHookOptions): SubscriptionState<LiveBoardSplitSubscription> {
  return useSegmeterSubscription(LiveBoardSplitDocument, variables, options);
}

/** Everybody's metrics over the window that ends now, and their trend by interval, kept up to date. */
export type LiveOverviewSubscription = {
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  readonly agentSegments: OverviewFragment;
};

export type LiveOverviewSubscriptionVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly filter?: SegmentFilter | null | undefined;
  readonly everyMs?: number | null | undefined;
};

/** Everybody's metrics over the window that ends now, and their trend by interval, kept up to date. */
export const LiveOverviewDocument = /* @__PURE__ */ new TypedDocumentString<LiveOverviewSubscription, LiveOverviewSubscriptionVariables>(`
  subscription LiveOverview($accountId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $filter: SegmentFilter, $everyMs: Int) {
    agentSegments(
      accountId: $accountId
      timeframe: $timeframe
      filter: $filter
      everyMs: $everyMs
    ) {
      ...Overview
    }
  }

  fragment Overview on AgentSegments {
    start
    end
    metrics {
      ...AllMetrics
    }
    intervals(minutes: $intervalMinutes) {
      start
      end
      metrics {
        ...AllMetrics
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"LiveOverview","hash":"44178820cb0e"});

/** Everybody's metrics over the window that ends now, and their trend by interval, kept up to date. */
export function useLiveOverviewSubscription(variables: LiveOverviewSubscriptionVariables, options?: SubscriptionHookOptions): SubscriptionState<LiveOverviewSubscription> {
  return useSegmeterSubscription(LiveOverviewDocument, variables, options);
}

/** Every skill of the window, and under each its agents: both with all metrics, kept up to date. */
export type LiveSkillTreeSubscription = {
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  readonly agentSegments: SkillTreeFragment;
};

export type LiveSkillTreeSubscriptionVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly filter?: SegmentFilter | null | undefined;
  readonly everyMs?: number | null | undefined;
};

/** Every skill of the window, and under each its agents: both with all metrics, kept up to date. */
export const LiveSkillTreeDocument = /* @__PURE__ */ new TypedDocumentString<LiveSkillTreeSubscription, LiveSkillTreeSubscriptionVariables>(`
  subscription LiveSkillTree($accountId: ID!, $timeframe: Int!, $filter: SegmentFilter, $everyMs: Int) {
    agentSegments(
      accountId: $accountId
      timeframe: $timeframe
      filter: $filter
      everyMs: $everyMs
    ) {
      ...SkillTree
    }
  }

  fragment SkillTree on AgentSegments {
    start
    end
    metrics {
      ...AllMetrics
    }
    skills {
      id
      metrics {
        ...AllMetrics
      }
      agents {
        id
        name
        metrics {
          ...AllMetrics
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"LiveSkillTree","hash":"a33692827259"});

/** Every skill of the window, and under each its agents: both with all metrics, kept up to date. */
export function useLiveSkillTreeSubscription(variables: LiveSkillTreeSubscriptionVariables, options?: SubscriptionHookOptions): SubscriptionState<LiveSkillTreeSubscription> {
  return useSegmeterSubscription(LiveSkillTreeDocument, variables, options);
}

/** The metrics of each agent by interval, kept up to date. */
export type LiveTrendByAgentSubscription = {
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  readonly agentSegments: TrendByAgentFragment;
};

export type LiveTrendByAgentSubscriptionVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly agentIds?: ReadonlyArray<string> | null | undefined;
  readonly filter?: SegmentFilter | null | undefined;
  readonly everyMs?: number | null | undefined;
};

/** The metrics of each agent by interval, kept up to date. */
export const LiveTrendByAgentDocument = /* @__PURE__ */ new TypedDocumentString<LiveTrendByAgentSubscription, LiveTrendByAgentSubscriptionVariables>(`
  subscription LiveTrendByAgent($accountId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $agentIds: [ID!], $filter: SegmentFilter, $everyMs: Int) {
    agentSegments(
      accountId: $accountId
      timeframe: $timeframe
      filter: $filter
      everyMs: $everyMs
    ) {
      ...TrendByAgent
    }
  }

  fragment TrendByAgent on AgentSegments {
    start
    end
    intervals(minutes: $intervalMinutes) {
      start
      end
      metrics {
        ...AllMetrics
      }
      agents(ids: $agentIds) {
        id
        name
        metrics {
          ...AllMetrics
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"LiveTrendByAgent","hash":"ecba7b6b9d38"});

/** The metrics of each agent by interval, kept up to date. */
export function useLiveTrendByAgentSubscription(variables: LiveTrendByAgentSubscriptionVariables, options?: SubscriptionHookOptions): SubscriptionState<LiveTrendByAgentSubscription> {
  return useSegmeterSubscription(LiveTrendByAgentDocument, variables, options);
}

/** The metrics of each skill by interval, kept up to date. */
export type LiveTrendBySkillSubscription = {
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  readonly agentSegments: TrendBySkillFragment;
};

export type LiveTrendBySkillSubscriptionVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly skillIds?: ReadonlyArray<string> | null | undefined;
  readonly filter?: SegmentFilter | null | undefined;
  readonly everyMs?: number | null | undefined;
};

/** The metrics of each skill by interval, kept up to date. */
export const LiveTrendBySkillDocument = /* @__PURE__ */ new TypedDocumentString<LiveTrendBySkillSubscription, LiveTrendBySkillSubscriptionVariables>(`
  subscription LiveTrendBySkill($accountId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $skillIds: [ID!], $filter: SegmentFilter, $everyMs: Int) {
    agentSegments(
      accountId: $accountId
      timeframe: $timeframe
      filter: $filter
      everyMs: $everyMs
    ) {
      ...TrendBySkill
    }
  }

  fragment TrendBySkill on AgentSegments {
    start
    end
    intervals(minutes: $intervalMinutes) {
      start
      end
      metrics {
        ...AllMetrics
      }
      skills(ids: $skillIds) {
        id
        metrics {
          ...AllMetrics
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"LiveTrendBySkill","hash":"45564e9f652e"});

/** The metrics of each skill by interval, kept up to date. */
export function useLiveTrendBySkillSubscription(variables: LiveTrendBySkillSubscriptionVariables, options?: SubscriptionHookOptions): SubscriptionState<LiveTrendBySkillSubscription> {
  return useSegmeterSubscription(LiveTrendBySkillDocument, variables, options);
}

/** What each metric means, its unit and where its definition comes from. */
export type MetricDefinitionsQuery = {
  /** What each metric means, in the order of the original API. */
  readonly metricDefinitions: ReadonlyArray<{
    /** As in `MetricSet`. */
    readonly name: string;
    readonly unit: MetricUnit;
    readonly definition: string;
    /** Where the definition comes from. */
    readonly source: string;
    /** True for an average, which is null when there is nothing to average. */
    readonly isAverage: boolean;
  }>;
};

export type MetricDefinitionsQueryVariables = Record<string, never>;

/** What each metric means, its unit and where its definition comes from. */
export const MetricDefinitionsDocument = /* @__PURE__ */ new TypedDocumentString<MetricDefinitionsQuery, MetricDefinitionsQueryVariables>(`
  query MetricDefinitions {
    metricDefinitions {
      name
      unit
      definition
      source
      isAverage
    }
  }
`, {"operationName":"MetricDefinitions","hash":"c962d989e4ff"});

/** What each metric means, its unit and where its definition comes from. */
export function useMetricDefinitionsQuery<TData = MetricDefinitionsQuery>(variables: MetricDefinitionsQueryVariables = {}, options?: QueryHookOptions<MetricDefinitionsQuery, TData>) {
  return useSegmeterQuery(MetricDefinitionsDocument, variables, options);
}

/** What each metric means, its unit and where its definition comes from. */
export function useSuspenseMetricDefinitionsQuery<TData = MetricDefinitionsQuery>(variables: MetricDefinitionsQueryVariables = {}, options?: SuspenseQueryHookOptions<MetricDefinitionsQuery, TData>) {
  return useSegmeterSuspenseQuery(MetricDefinitionsDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `useMetricDefinitionsQuery` asks, under the same key. */
export function metricDefinitionsQueryOptions(client: SegmeterClient, variables: MetricDefinitionsQueryVariables = {}) {
  return createQueryOptions(client, MetricDefinitionsDocument, variables);
}

/** Everybody's metrics over the window that ends now, and their trend by interval. */
export type OverviewQuery = {
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  readonly account: {
    /** The agent segments that ended in one window, at most 24 hours long. */
    readonly agentSegments: OverviewFragment;
  };
};

export type OverviewQueryVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly filter?: SegmentFilter | null | undefined;
};

/** Everybody's metrics over the window that ends now, and their trend by interval. */
export const OverviewDocument = /* @__PURE__ */ new TypedDocumentString<OverviewQuery, OverviewQueryVariables>(`
  query Overview($accountId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $filter: SegmentFilter) {
    account(id: $accountId) {
      agentSegments(timeframe: $timeframe, filter: $filter) {
        ...Overview
      }
    }
  }

  fragment Overview on AgentSegments {
    start
    end
    metrics {
      ...AllMetrics
    }
    intervals(minutes: $intervalMinutes) {
      start
      end
      metrics {
        ...AllMetrics
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"Overview","hash":"5d49623ad545"});

/** Everybody's metrics over the window that ends now, and their trend by interval. */
export function useOverviewQuery<TData = OverviewQuery>(variables: OverviewQueryVariables, options?: QueryHookOptions<OverviewQuery, TData>) {
  return useSegmeterQuery(OverviewDocument, variables, options);
}

/** Everybody's metrics over the window that ends now, and their trend by interval. */
export function useSuspenseOverviewQuery<TData = OverviewQuery>(variables: OverviewQueryVariables, options?: SuspenseQueryHookOptions<OverviewQuery, TData>) {
  return useSegmeterSuspenseQuery(OverviewDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `useOverviewQuery` asks, under the same key. */
export function overviewQueryOptions(client: SegmeterClient, variables: OverviewQueryVariables) {
  return createQueryOptions(client, OverviewDocument, variables);
}

/** Every skill of the window, and under each its agents: both with all metrics. */
export type SkillTreeQuery = {
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  readonly account: {
    /** The agent segments that ended in one window, at most 24 hours long. */
    readonly agentSegments: SkillTreeFragment;
  };
};

export type SkillTreeQueryVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly filter?: SegmentFilter | null | undefined;
};

/** Every skill of the window, and under each its agents: both with all metrics. */
export const SkillTreeDocument = /* @__PURE__ */ new TypedDocumentString<SkillTreeQuery, SkillTreeQueryVariables>(`
  query SkillTree($accountId: ID!, $timeframe: Int!, $filter: SegmentFilter) {
    account(id: $accountId) {
      agentSegments(timeframe: $timeframe, filter: $filter) {
        ...SkillTree
      }
    }
  }

  fragment SkillTree on AgentSegments {
    start
    end
    metrics {
      ...AllMetrics
    }
    skills {
      id
      metrics {
        ...AllMetrics
      }
      agents {
        id
        name
        metrics {
          ...AllMetrics
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"SkillTree","hash":"b74385058e6a"});

/** Every skill of the window, and under each its agents: both with all metrics. */
export function useSkillTreeQuery<TData = SkillTreeQuery>(variables: SkillTreeQueryVariables, options?: QueryHookOptions<SkillTreeQuery, TData>) {
  return useSegmeterQuery(SkillTreeDocument, variables, options);
}

/** Every skill of the window, and under each its agents: both with all metrics. */
export function useSuspenseSkillTreeQuery<TData = SkillTreeQuery>(variables: SkillTreeQueryVariables, options?: SuspenseQueryHookOptions<SkillTreeQuery, TData>) {
  return useSegmeterSuspenseQuery(SkillTreeDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `useSkillTreeQuery` asks, under the same key. */
export function skillTreeQueryOptions(client: SegmeterClient, variables: SkillTreeQueryVariables) {
  return createQueryOptions(client, SkillTreeDocument, variables);
}

/** The metrics of each agent by interval, as a chart's series: an agent is missing from the intervals in which it has no segment. */
export type TrendByAgentQuery = {
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  readonly account: {
    /** The agent segments that ended in one window, at most 24 hours long. */
    readonly agentSegments: TrendByAgentFragment;
  };
};

export type TrendByAgentQueryVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly agentIds?: ReadonlyArray<string> | null | undefined;
  readonly filter?: SegmentFilter | null | undefined;
};

/** The metrics of each agent by interval, as a chart's series: an agent is missing from the intervals in which it has no segment. */
export const TrendByAgentDocument = /* @__PURE__ */ new TypedDocumentString<TrendByAgentQuery, TrendByAgentQueryVariables>(`
  query TrendByAgent($accountId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $agentIds: [ID!], $filter: SegmentFilter) {
    account(id: $accountId) {
      agentSegments(timeframe: $timeframe, filter: $filter) {
        ...TrendByAgent
      }
    }
  }

  fragment TrendByAgent on AgentSegments {
    start
    end
    intervals(minutes: $intervalMinutes) {
      start
      end
      metrics {
        ...AllMetrics
      }
      agents(ids: $agentIds) {
        id
        name
        metrics {
          ...AllMetrics
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"TrendByAgent","hash":"29dd480e7b50"});

/** The metrics of each agent by interval, as a chart's series: an agent is missing from the intervals in which it has no segment. */
export function useTrendByAgentQuery<TData = TrendByAgentQuery>(variables: TrendByAgentQueryVariables, options?: QueryHookOptions<TrendByAgentQuery, TData>) {
  return useSegmeterQuery(TrendByAgentDocument, variables, options);
}

/** The metrics of each agent by interval, as a chart's series: an agent is missing from the intervals in which it has no segment. */
export function useSuspenseTrendByAgentQuery<TData = TrendByAgentQuery>(variables: TrendByAgentQueryVariables, options?: SuspenseQueryHookOptions<TrendByAgentQuery, TData>) {
  return useSegmeterSuspenseQuery(TrendByAgentDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `useTrendByAgentQuery` asks, under the same key. */
export function trendByAgentQueryOptions(client: SegmeterClient, variables: TrendByAgentQueryVariables) {
  return createQueryOptions(client, TrendByAgentDocument, variables);
}

/** The metrics of each skill by interval, as a chart's series: a skill is missing from the intervals in which it has no segment. */
export type TrendBySkillQuery = {
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  readonly account: {
    /** The agent segments that ended in one window, at most 24 hours long. */
    readonly agentSegments: TrendBySkillFragment;
  };
};

export type TrendBySkillQueryVariables = {
  readonly accountId: string;
  readonly timeframe: number;
  readonly intervalMinutes: number;
  readonly skillIds?: ReadonlyArray<string> | null | undefined;
  readonly filter?: SegmentFilter | null | undefined;
};

/** The metrics of each skill by interval, as a chart's series: a skill is missing from the intervals in which it has no segment. */
export const TrendBySkillDocument = /* @__PURE__ */ new TypedDocumentString<TrendBySkillQuery, TrendBySkillQueryVariables>(`
  query TrendBySkill($accountId: ID!, $timeframe: Int!, $intervalMinutes: Int!, $skillIds: [ID!], $filter: SegmentFilter) {
    account(id: $accountId) {
      agentSegments(timeframe: $timeframe, filter: $filter) {
        ...TrendBySkill
      }
    }
  }

  fragment TrendBySkill on AgentSegments {
    start
    end
    intervals(minutes: $intervalMinutes) {
      start
      end
      metrics {
        ...AllMetrics
      }
      skills(ids: $skillIds) {
        id
        metrics {
          ...AllMetrics
        }
      }
    }
  }

  fragment AllMetrics on MetricSet {
    totalAgentConversationSegments
    avgAgentMessagesinAgentSegment
    avgAgentSegmentDuration
    interactiveAgentSegments
    agentSegmentsAbandonedByConsumers
    agentSegmentsWithNonResponsiveConsumers
    agentSegmentsWithNonResponsiveAgents
    avgTimetoFirstAgentMessageFromAgentAssignment
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation
    avgTimeToResponseFromAgentAssignment
  }
`, {"operationName":"TrendBySkill","hash":"b17dec320731"});

/** The metrics of each skill by interval, as a chart's series: a skill is missing from the intervals in which it has no segment. */
export function useTrendBySkillQuery<TData = TrendBySkillQuery>(variables: TrendBySkillQueryVariables, options?: QueryHookOptions<TrendBySkillQuery, TData>) {
  return useSegmeterQuery(TrendBySkillDocument, variables, options);
}

/** The metrics of each skill by interval, as a chart's series: a skill is missing from the intervals in which it has no segment. */
export function useSuspenseTrendBySkillQuery<TData = TrendBySkillQuery>(variables: TrendBySkillQueryVariables, options?: SuspenseQueryHookOptions<TrendBySkillQuery, TData>) {
  return useSegmeterSuspenseQuery(TrendBySkillDocument, variables, options);
}

/** For `prefetchQuery`, `ensureQueryData` and the like: what `useTrendBySkillQuery` asks, under the same key. */
export function trendBySkillQueryOptions(client: SegmeterClient, variables: TrendBySkillQueryVariables) {
  return createQueryOptions(client, TrendBySkillDocument, variables);
}