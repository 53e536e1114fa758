export type { Answer, Block, KeyColumn } from "./answer.ts";
export { Engine, type AnswerSize, type Arrivals, type EngineOptions, type History, type Image, type Step } from "./engine.ts";
export {
  EVENT_AHEAD_MAX_MS,
  parseEvent,
  SENDERS,
  UNASSIGNMENT_REASONS,
  USER_TYPES,
  type AgentAssigned,
  type AgentUnassigned,
  type ConversationClosed,
  type ConversationEvent,
  type ConversationResumed,
  type ConversationStarted,
  type MessageSent,
  type ParsedEvent,
  type Sender,
  type UnassignmentReason,
  type UserType,
} from "./event.ts";
export { describe, expectedOneOf } from "./fault.ts";
export type { FilterValues } from "./filter-values.ts";
export { foldConversation, type Conversation, type EmitSegment } from "./fold.ts";
export { accountIdFault, compareIds, idFault, listedIdFault } from "./id.ts";
export { IMAGE_LAYOUT } from "./image.ts";
export type { ListedSegment } from "./list.ts";
export { roomBytes } from "./memory.ts";
export { isMetricName, METRIC_NAMES, metricOf, METRICS, TOTAL_METRIC, type Metric, type MetricName } from "./metrics.ts";
export { DIMENSIONS, intersectIds, NO_FILTER, type Dimension, type Filter, type Query, type RollUp, type Window } from "./query.ts";
export {
  aheadFault,
  INTERVAL_MIN_MINUTES,
  intervalFault,
  MINUTE_MS,
  TIMEFRAME_MAX_MINUTES,
  timeframeFault,
  WINDOW_AHEAD_MAX_MS,
  windowEndFault,
  windowStartFault,
  type Limits,
} from "./rules.ts";
export {
  END_REASONS,
  OUTCOMES,
  START_REASONS,
  UNKNOWN_SOURCE,
  type EndReason,
  type Outcome,
  type Segment,
  type StartReason,
} from "./segment.ts";
export type { ExecutionPath } from "./stream.ts";
export { Team, type TeamOptions } from "./team.ts";
