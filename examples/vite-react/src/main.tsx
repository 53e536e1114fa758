import { createSegmeterClient, SegmeterProvider } from "@segmeter/hooks";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";

const segmeter = createSegmeterClient({ url: import.meta.env.VITE_SEGMETER_URL ?? "" });

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={new QueryClient()}>
      <SegmeterProvider client={segmeter}>
        <App accountId={import.meta.env.VITE_ACCOUNT_ID ?? "demo"} />
      </SegmeterProvider>
    </QueryClientProvider>
  </StrictMode>,
);
