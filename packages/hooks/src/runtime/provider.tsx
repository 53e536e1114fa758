"use client";

import { createContext, useContext, type ReactNode } from "react";
import type { SegmeterClient } from "./client.ts";

const ClientContext = createContext<SegmeterClient | null>(null);

export interface SegmeterProviderProps {
  readonly client: SegmeterClient;
  readonly children?: ReactNode;
}

/** Gives the hooks below it the gateway that they ask. */
export function SegmeterProvider({ client, children }: SegmeterProviderProps): ReactNode {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** @throws Error outside a `SegmeterProvider` */
export function useSegmeterClient(): SegmeterClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("expected a SegmeterProvider above the component that uses a hook of Segmeter, found none");
  return client;
}
