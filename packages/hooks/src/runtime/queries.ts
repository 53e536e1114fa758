"use client";

import {
  useQuery,
  useSuspenseQuery,
  type UseQueryOptions,
  type UseQueryResult,
  type UseSuspenseQueryOptions,
  type UseSuspenseQueryResult,
} from "@tanstack/react-query";
import type { TypedDocumentString } from "./document.ts";
import type { SegmeterError } from "./error.ts";
import { useSegmeterClient } from "./provider.tsx";
import { createQueryOptions, type QueryKey } from "./query-options.ts";

/** TanStack Query's own, but for what the operation gives. */
export type QueryHookOptions<TResult, TData = TResult> = Omit<
  UseQueryOptions<TResult, SegmeterError, TData, QueryKey>,
  "queryKey" | "queryFn"
>;
export type SuspenseQueryHookOptions<TResult, TData = TResult> = Omit<
  UseSuspenseQueryOptions<TResult, SegmeterError, TData, QueryKey>,
  "queryKey" | "queryFn"
>;

/** Asks, and asks again whenever TanStack Query thinks that the answer is old. */
export function useSegmeterQuery<TResult, TVariables, TData = TResult>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  options?: QueryHookOptions<TResult, TData>,
): UseQueryResult<TData, SegmeterError> {
  return useQuery({ ...createQueryOptions(useSegmeterClient(), document, variables), ...options });
}

/** The same, suspending until there is an answer and throwing to the error boundary if there is none. */
export function useSegmeterSuspenseQuery<TResult, TVariables, TData = TResult>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  options?: SuspenseQueryHookOptions<TResult, TData>,
): UseSuspenseQueryResult<TData, SegmeterError> {
  return useSuspenseQuery({ ...createQueryOptions(useSegmeterClient(), document, variables), ...options });
}
