export { createSegmeterClient, type RequestOptions, type SegmeterClient, type SegmeterClientOptions } from "./client.ts";
export { TypedDocumentString, type DocumentMeta } from "./document.ts";
export {
  GraphqlError,
  HttpError,
  isRetryable,
  isSegmeterError,
  NetworkError,
  ProtocolError,
  TimeoutError,
  type GraphqlErrorCode,
  type GraphqlFault,
  type SegmeterError,
} from "./error.ts";
export { SegmeterProvider, useSegmeterClient, type SegmeterProviderProps } from "./provider.tsx";
export { useSegmeterQuery, useSegmeterSuspenseQuery, type QueryHookOptions, type SuspenseQueryHookOptions } from "./queries.ts";
export { createQueryOptions, queryKeyOf, type QueryKey, type SegmeterQueryOptions, type TypedQueryKey } from "./query-options.ts";
export { useSegmeterSubscription, type SubscriptionHookOptions } from "./subscriptions.ts";
export type { SubscriptionState } from "./streams.ts";
