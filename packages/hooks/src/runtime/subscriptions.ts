"use client";

import { hashKey } from "@tanstack/react-query";
import { useCallback, useState, useSyncExternalStore } from "react";
import type { TypedDocumentString } from "./document.ts";
import { useSegmeterClient } from "./provider.tsx";
import { queryKeyOf } from "./query-options.ts";
import { CONNECTING, PAUSED, type SubscriptionState } from "./streams.ts";

export interface SubscriptionHookOptions {
  /** `false` subscribes to nothing. */
  readonly enabled?: boolean;
  /** Shows the last data of the variables before while those of new ones are on their way. */
  readonly keepPreviousData?: boolean;
}

/** Stays subscribed while the component is mounted. Components that ask the same share one stream. */
export function useSegmeterSubscription<TResult, TVariables>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  { enabled = true, keepPreviousData = false }: SubscriptionHookOptions = {},
): SubscriptionState<TResult> {
  const { streams } = useSegmeterClient();
  const key = hashKey(queryKeyOf(document, variables));
  const listen = useCallback(
    (listener: () => void) => (enabled ? streams.listen(key, document, variables, listener) : () => undefined),
    // The key stands for the document and the variables, which are new objects each time.
    [streams, key, enabled],
  );
  const state = useSyncExternalStore<SubscriptionState<TResult>>(
    listen,
    () => (enabled ? streams.stateOf(key) : PAUSED),
    () => (enabled ? CONNECTING : PAUSED),
  );
  const [previous, setPrevious] = useState<TResult | undefined>(undefined);
  if (keepPreviousData && state.data !== undefined && state.data !== previous) setPrevious(state.data);
  return keepPreviousData && state.status === "connecting" ? { ...state, data: previous } : state;
}
