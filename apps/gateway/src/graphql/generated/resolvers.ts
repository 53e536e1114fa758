import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { AccountNode, SliceNode, PartNode, IntervalNode, MetricValues } from '../nodes.ts';
import type { Metric } from '@segmeter/engine';
import type { RequestContext } from '../context.ts';
export type Maybe<T> = T | null | undefined;
export type InputMaybe<T> = T | null | undefined;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A moment in UTC, RFC 3339 with milliseconds: `2026-11-22T08:51:55.118Z`. */
  DateTime: { input: Date; output: Date; }
  /** A whole number up to 2^53 − 1, as a JSON number. */
  Long: { input: number; output: number; }
};

export type Query = {
  __typename?: 'Query';
  /** One contact centre. Fails with FORBIDDEN when the caller may not see it. */
  account: Account;
  /** What each metric means, in the order of the original API. */
  metricDefinitions: Array<MetricDefinition>;
};


export type QueryAccountArgs = {
  id: Scalars['ID']['input'];
};

export type Subscription = {
  __typename?: 'Subscription';
  /**
   * The answer of `Account.agentSegments` for the window that ends now: at once, and again whenever it has changed, be it by
   * events or because the window moved. If nothing but `start` and `end` differ, and they are selected, every ten seconds.
   * Over graphql-transport-ws at `/graphql`, or as server-sent events at `/graphql/stream`.
   */
  agentSegments: AgentSegments;
};


export type SubscriptionAgentSegmentsArgs = {
  accountId: Scalars['ID']['input'];
  timeframe: Scalars['Int']['input'];
  filter: InputMaybe<SegmentFilter>;
  everyMs?: Scalars['Int']['input'];
};

export type Account = {
  __typename?: 'Account';
  id: Scalars['ID']['output'];
  /** The agent segments that ended in one window, at most 24 hours long. */
  agentSegments: AgentSegments;
  /** What the segments kept of this account can be filtered by. */
  filterValues: FilterValues;
};


export type AccountAgentSegmentsArgs = {
  timeframe: Scalars['Int']['input'];
  endingAt: InputMaybe<Scalars['DateTime']['input']>;
  filter: InputMaybe<SegmentFilter>;
};

/** Every value that occurs in an account's segments, ascending. */
export type FilterValues = {
  __typename?: 'FilterValues';
  agentIds: Array<Scalars['ID']['output']>;
  skillIds: Array<Scalars['ID']['output']>;
  groupIds: Array<Scalars['ID']['output']>;
  /** In upper case. */
  sources: Array<Scalars['String']['output']>;
};

/** Each field keeps only the segments that match one of its values; fields left out keep all. */
export type SegmentFilter = {
  agentIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  skillIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  groupIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  userType?: InputMaybe<UserType>;
  /** Channels, in any case: `WEB`, `FACEBOOK`… */
  sources?: InputMaybe<Array<Scalars['String']['input']>>;
};

export type UserType =
  | 'HUMAN'
  | 'BOT';

/** All chosen segments of the window. */
export type AgentSegments = {
  __typename?: 'AgentSegments';
  start: Scalars['DateTime']['output'];
  end: Scalars['DateTime']['output'];
  metrics: MetricSet;
  /** Agents with at least one segment here, by id. `ids` keeps only these. */
  agents: Array<Agent>;
  /** Skills with at least one segment here, by id. */
  skills: Array<Skill>;
  /** Equal parts of the window, oldest first, empty ones included. `minutes`: at least 5, a divisor of the window. */
  intervals: Array<Interval>;
};


/** All chosen segments of the window. */
export type AgentSegmentsAgentsArgs = {
  ids: InputMaybe<Array<Scalars['ID']['input']>>;
};


/** All chosen segments of the window. */
export type AgentSegmentsSkillsArgs = {
  ids: InputMaybe<Array<Scalars['ID']['input']>>;
};


/** All chosen segments of the window. */
export type AgentSegmentsIntervalsArgs = {
  minutes: Scalars['Int']['input'];
};

/** One agent's share of the segments that it hangs under. */
export type Agent = {
  __typename?: 'Agent';
  id: Scalars['ID']['output'];
  /** As the account's directory of users has it; null for agents that it does not name. */
  name?: Maybe<Scalars['String']['output']>;
  metrics: MetricSet;
  skills: Array<Skill>;
  intervals: Array<Interval>;
};


/** One agent's share of the segments that it hangs under. */
export type AgentSkillsArgs = {
  ids: InputMaybe<Array<Scalars['ID']['input']>>;
};


/** One agent's share of the segments that it hangs under. */
export type AgentIntervalsArgs = {
  minutes: Scalars['Int']['input'];
};

/** One skill's share of the segments that it hangs under. */
export type Skill = {
  __typename?: 'Skill';
  id: Scalars['ID']['output'];
  metrics: MetricSet;
  agents: Array<Agent>;
  intervals: Array<Interval>;
};


/** One skill's share of the segments that it hangs under. */
export type SkillAgentsArgs = {
  ids: InputMaybe<Array<Scalars['ID']['input']>>;
};


/** One skill's share of the segments that it hangs under. */
export type SkillIntervalsArgs = {
  minutes: Scalars['Int']['input'];
};

/** One part of the time range that it hangs under. */
export type Interval = {
  __typename?: 'Interval';
  start: Scalars['DateTime']['output'];
  end: Scalars['DateTime']['output'];
  metrics: MetricSet;
  agents: Array<Agent>;
  skills: Array<Skill>;
};


/** One part of the time range that it hangs under. */
export type IntervalAgentsArgs = {
  ids: InputMaybe<Array<Scalars['ID']['input']>>;
};


/** One part of the time range that it hangs under. */
export type IntervalSkillsArgs = {
  ids: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** The metrics of some closed segments, named as in the original API. Averages are null when there is nothing to average. */
export type MetricSet = {
  __typename?: 'MetricSet';
  /** Closed segments: how often a conversation's assignment to an agent ended. A count. */
  totalAgentConversationSegments: Scalars['Long']['output'];
  /** Responses (runs of the agent's consecutive messages) per segment. The first one after a takeover or resume is left out. In responses per segment; null when there is nothing to average. */
  avgAgentMessagesinAgentSegment?: Maybe<Scalars['Float']['output']>;
  /** Mean time from assignment (after a resume: from the resume) to the end of the segment. In ms; null when there is nothing to average. */
  avgAgentSegmentDuration?: Maybe<Scalars['Long']['output']>;
  /** Segments in which the agent sent a message and the consumer sent one after it. A count. */
  interactiveAgentSegments: Scalars['Long']['output'];
  /** Segments without an agent message that the consumer ended by closing the conversation. A count. */
  agentSegmentsAbandonedByConsumers: Scalars['Long']['output'];
  /** Segments with an agent message and no consumer message after it. A count. */
  agentSegmentsWithNonResponsiveConsumers: Scalars['Long']['output'];
  /** Segments without an agent message that ended in any way but the consumer's closing. A count. */
  agentSegmentsWithNonResponsiveAgents: Scalars['Long']['output'];
  /** Mean time from assignment to the agent's first message, over segments of new conversations and after transfers that have one. In ms; null when there is nothing to average. */
  avgTimetoFirstAgentMessageFromAgentAssignment?: Maybe<Scalars['Long']['output']>;
  /** Mean time from assignment to the agent's first message, over segments after transfers that have one. In ms; null when there is nothing to average. */
  avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer?: Maybe<Scalars['Long']['output']>;
  /** Mean time from assignment to the agent's first message, over segments of new conversations that have one. In ms; null when there is nothing to average. */
  avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation?: Maybe<Scalars['Long']['output']>;
  /** Mean time of a response: from the assignment, or from the consumer's first message after the response before, to the agent's message. The first one after a takeover or resume is left out. In ms; null when there is nothing to average. */
  avgTimeToResponseFromAgentAssignment?: Maybe<Scalars['Long']['output']>;
};

export type MetricDefinition = {
  __typename?: 'MetricDefinition';
  /** As in `MetricSet`. */
  name: Scalars['String']['output'];
  unit: MetricUnit;
  definition: Scalars['String']['output'];
  /** Where the definition comes from. */
  source: Scalars['String']['output'];
  /** True for an average, which is null when there is nothing to average. */
  isAverage: Scalars['Boolean']['output'];
};

export type MetricUnit =
  | 'SEGMENTS'
  | 'RESPONSES_PER_SEGMENT'
  | 'MS';



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Long: ResolverTypeWrapper<Scalars['Long']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Account: ResolverTypeWrapper<AccountNode>;
  FilterValues: ResolverTypeWrapper<FilterValues>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  SegmentFilter: SegmentFilter;
  UserType: UserType;
  AgentSegments: ResolverTypeWrapper<SliceNode>;
  Agent: ResolverTypeWrapper<PartNode>;
  Skill: ResolverTypeWrapper<PartNode>;
  Interval: ResolverTypeWrapper<IntervalNode>;
  MetricSet: ResolverTypeWrapper<MetricValues>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  MetricDefinition: ResolverTypeWrapper<Metric>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  MetricUnit: MetricUnit;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Long: Scalars['Long']['output'];
  Query: Record<PropertyKey, never>;
  ID: Scalars['ID']['output'];
  Subscription: Record<PropertyKey, never>;
  Int: Scalars['Int']['output'];
  Account: AccountNode;
  FilterValues: FilterValues;
  String: Scalars['String']['output'];
  SegmentFilter: SegmentFilter;
  AgentSegments: SliceNode;
  Agent: PartNode;
  Skill: PartNode;
  Interval: IntervalNode;
  MetricSet: MetricValues;
  Float: Scalars['Float']['output'];
  MetricDefinition: Metric;
  Boolean: Scalars['Boolean']['output'];
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface LongScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Long'], any> {
  name: 'Long';
}

export type QueryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  account?: Resolver<ResolversTypes['Account'], ParentType, ContextType, RequireFields<QueryAccountArgs, 'id'>>;
  metricDefinitions?: Resolver<Array<ResolversTypes['MetricDefinition']>, ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  agentSegments?: SubscriptionResolver<ResolversTypes['AgentSegments'], "agentSegments", ParentType, ContextType, RequireFields<SubscriptionAgentSegmentsArgs, 'accountId' | 'timeframe' | 'everyMs'>>;
};

export type AccountResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Account'] = ResolversParentTypes['Account']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  agentSegments?: Resolver<ResolversTypes['AgentSegments'], ParentType, ContextType, RequireFields<AccountAgentSegmentsArgs, 'timeframe'>>;
  filterValues?: Resolver<ResolversTypes['FilterValues'], ParentType, ContextType>;
};

export type FilterValuesResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['FilterValues'] = ResolversParentTypes['FilterValues']> = {
  agentIds?: Resolver<Array<ResolversTypes['ID']>, ParentType, ContextType>;
  skillIds?: Resolver<Array<ResolversTypes['ID']>, ParentType, ContextType>;
  groupIds?: Resolver<Array<ResolversTypes['ID']>, ParentType, ContextType>;
  sources?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
};

export type AgentSegmentsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AgentSegments'] = ResolversParentTypes['AgentSegments']> = {
  start?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  end?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  metrics?: Resolver<ResolversTypes['MetricSet'], ParentType, ContextType>;
  agents?: Resolver<Array<ResolversTypes['Agent']>, ParentType, ContextType, Partial<AgentSegmentsAgentsArgs>>;
  skills?: Resolver<Array<ResolversTypes['Skill']>, ParentType, ContextType, Partial<AgentSegmentsSkillsArgs>>;
  intervals?: Resolver<Array<ResolversTypes['Interval']>, ParentType, ContextType, RequireFields<AgentSegmentsIntervalsArgs, 'minutes'>>;
};

export type AgentResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Agent'] = ResolversParentTypes['Agent']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  metrics?: Resolver<ResolversTypes['MetricSet'], ParentType, ContextType>;
  skills?: Resolver<Array<ResolversTypes['Skill']>, ParentType, ContextType, Partial<AgentSkillsArgs>>;
  intervals?: Resolver<Array<ResolversTypes['Interval']>, ParentType, ContextType, RequireFields<AgentIntervalsArgs, 'minutes'>>;
};

export type SkillResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Skill'] = ResolversParentTypes['Skill']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  metrics?: Resolver<ResolversTypes['MetricSet'], ParentType, ContextType>;
  agents?: Resolver<Array<ResolversTypes['Agent']>, ParentType, ContextType, Partial<SkillAgentsArgs>>;
  intervals?: Resolver<Array<ResolversTypes['Interval']>, ParentType, ContextType, RequireFields<SkillIntervalsArgs, 'minutes'>>;
};

export type IntervalResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Interval'] = ResolversParentTypes['Interval']> = {
  start?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  end?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  metrics?: Resolver<ResolversTypes['MetricSet'], ParentType, ContextType>;
  agents?: Resolver<Array<ResolversTypes['Agent']>, ParentType, ContextType, Partial<IntervalAgentsArgs>>;
  skills?: Resolver<Array<ResolversTypes['Skill']>, ParentType, ContextType, Partial<IntervalSkillsArgs>>;
};

export type MetricSetResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['MetricSet'] = ResolversParentTypes['MetricSet']> = {
  totalAgentConversationSegments?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  avgAgentMessagesinAgentSegment?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  avgAgentSegmentDuration?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  interactiveAgentSegments?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  agentSegmentsAbandonedByConsumers?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  agentSegmentsWithNonResponsiveConsumers?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  agentSegmentsWithNonResponsiveAgents?: Resolver<ResolversTypes['Long'], ParentType, ContextType>;
  avgTimetoFirstAgentMessageFromAgentAssignment?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
  avgTimeToResponseFromAgentAssignment?: Resolver<Maybe<ResolversTypes['Long']>, ParentType, ContextType>;
};

export type MetricDefinitionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['MetricDefinition'] = ResolversParentTypes['MetricDefinition']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  unit?: Resolver<ResolversTypes['MetricUnit'], ParentType, ContextType>;
  definition?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  isAverage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type Resolvers<ContextType = RequestContext> = {
  DateTime?: GraphQLScalarType;
  Long?: GraphQLScalarType;
  Query?: QueryResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Account?: AccountResolvers<ContextType>;
  FilterValues?: FilterValuesResolvers<ContextType>;
  AgentSegments?: AgentSegmentsResolvers<ContextType>;
  Agent?: AgentResolvers<ContextType>;
  Skill?: SkillResolvers<ContextType>;
  Interval?: IntervalResolvers<ContextType>;
  MetricSet?: MetricSetResolvers<ContextType>;
  MetricDefinition?: MetricDefinitionResolvers<ContextType>;
};

