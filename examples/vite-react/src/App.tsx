import type { SegmeterError } from "@segmeter/hooks";
import type { ReactNode } from "react";
import { useBotShareQuery, useBusiestSubscription } from "./generated/segmeter.ts";

const LAST_HOUR = { timeframe: 60 };
const SHOWN_MAX = 10;

export function App({ accountId }: { readonly accountId: string }): ReactNode {
  return (
    <main>
      <h1>The last hour of {accountId}</h1>
      <BotShare accountId={accountId} />
      <Busiest accountId={accountId} />
    </main>
  );
}

/** Pulled: asked once, and again when TanStack Query finds the answer old. */
function BotShare({ accountId }: { readonly accountId: string }): ReactNode {
  const { data, error } = useBotShareQuery({ accountId, ...LAST_HOUR });
  if (error) return <p role="alert">{explain(error)}</p>;
  if (!data) return <p>…</p>;
  const { bots, everybody } = data.account;
  return (
    <p>
      {bots.metrics.totalAgentConversationSegments} of {everybody.metrics.totalAgentConversationSegments} segments were a bot's.
    </p>
  );
}

/** Pushed: the newest answer, for as long as this is on the screen. */
function Busiest({ accountId }: { readonly accountId: string }): ReactNode {
  const { status, data, error } = useBusiestSubscription({ accountId, ...LAST_HOUR });
  const agents = data?.agentSegments.agents.toSorted(
    (a, b) => b.metrics.totalAgentConversationSegments - a.metrics.totalAgentConversationSegments,
  );
  return (
    <section>
      <p role="status">
        {status}
        {error && `: ${explain(error)}`}
      </p>
      <ol>
        {agents?.slice(0, SHOWN_MAX).map(({ id, metrics }) => (
          <li key={id}>
            {id}: {metrics.totalAgentConversationSegments}, answering in {toSeconds(metrics.avgTimeToResponseFromAgentAssignment)}
          </li>
        ))}
      </ol>
    </section>
  );
}

function toSeconds(durationMs: number | null): string {
  return durationMs === null ? "–" : `${Math.round(durationMs / 1000)} s`;
}

function explain(error: SegmeterError): string {
  switch (error.kind) {
    case "graphql":
    case "http":
      return error.causes.join("; ") || error.message;
    case "network":
    case "timeout":
      return "The gateway cannot be reached.";
    case "protocol":
      return "This is no gateway of Segmeter.";
    default:
      return error satisfies never;
  }
}
