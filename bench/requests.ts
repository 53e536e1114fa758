import { METRIC_NAMES, type Query } from "@segmeter/engine";
import type { Asked } from "./client-job.ts";
import { ACCOUNT_ID } from "./dataset.ts";
import { QUESTIONS } from "./questions.ts";

/** A question as it is asked over REST, version 2. */
export function toRest(gatewayUrl: string, { window, filter, grouping, intervalMs }: Query): Asked {
  const parameters = new URLSearchParams({ v: "2", fromMillis: String(window.startMs), toMillis: String(window.endMs) });
  if (filter.agentIds !== null) parameters.set("agentIds", filter.agentIds.join(","));
  if (grouping.includes("interval") && intervalMs !== undefined) parameters.set("interval", String(intervalMs / 60_000));
  return { url: `${gatewayUrl}/operations/api/account/${ACCOUNT_ID}/msgagentsegments?${parameters.toString()}` };
}

/** E2 over GraphQL, whoever serves it. */
export function toGraphql(serverUrl: string): Asked {
  const { startMs, endMs } = QUESTIONS.E2.window;
  const query = `query E2($endingAt: DateTime!, $timeframe: Int!) {
    account(id: "${ACCOUNT_ID}") {
      agentSegments(timeframe: $timeframe, endingAt: $endingAt) { agents { id metrics { ${METRIC_NAMES.join(" ")} } } }
    }
  }`;
  const variables = { endingAt: new Date(endMs).toISOString(), timeframe: (endMs - startMs) / 60_000 };
  return { url: `${serverUrl}/graphql`, body: JSON.stringify({ query, variables }) };
}
