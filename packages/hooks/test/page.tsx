import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { SegmeterProvider, type SegmeterClient } from "../src/index.ts";

/** What an application puts around its components. */
export function Page({
  client,
  queryClient = new QueryClient(),
  children,
}: {
  readonly client: SegmeterClient;
  readonly queryClient?: QueryClient;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <QueryClientProvider client={queryClient}>
      <SegmeterProvider client={client}>{children}</SegmeterProvider>
    </QueryClientProvider>
  );
}

/** As `wrapper` of `renderHook`: one page for all its renders. */
export function pageOf(client: SegmeterClient): (props: { readonly children: ReactNode }) => ReactElement {
  const queryClient = new QueryClient();
  return ({ children }) => (
    <Page client={client} queryClient={queryClient}>
      {children}
    </Page>
  );
}
