import type { DataTag } from "@tanstack/react-query";
import { waitMs } from "./backoff.ts";
import type { SegmeterClient } from "./client.ts";
import type { TypedDocumentString } from "./document.ts";
import { isRetryable, type SegmeterError } from "./error.ts";

/** It knows the type of what lies under it, so that `getQueryData` and `setQueryData` do. */
export type TypedQueryKey<TResult> = DataTag<QueryKey, TResult, SegmeterError>;
export type QueryKey = readonly ["segmeter", operationName: string, hash: string, variables: unknown];

/** Where an operation's answer lies in the query cache. It does not name the gateway: a server may reach it by another URL. */
export function queryKeyOf<TResult, TVariables>(
  { meta }: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
): TypedQueryKey<TResult> {
  return ["segmeter", meta.operationName, meta.hash, variables] as QueryKey as TypedQueryKey<TResult>;
}

export interface SegmeterQueryOptions<TResult> {
  readonly queryKey: TypedQueryKey<TResult>;
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<TResult>;
  readonly retry: (failureCount: number, error: SegmeterError) => boolean;
  readonly retryDelay: (failureCount: number, error: SegmeterError) => number;
}

/** Options for any of TanStack Query's functions. What may succeed later is sent again; what is wrong is not. */
export function createQueryOptions<TResult, TVariables>(
  client: SegmeterClient,
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
): SegmeterQueryOptions<TResult> {
  return {
    queryKey: queryKeyOf(document, variables),
    queryFn: ({ signal }) => client.request(document, variables, { signal }),
    retry: (failureCount, error) => failureCount < client.retries && isRetryable(error),
    retryDelay: (failureCount, error) => waitMs(error, failureCount),
  };
}
