import type { ReactNode } from "react";
import { formatValue } from "../metrics/format.ts";
import { metricOf, type MetricName, type MetricValues } from "../metrics/metrics.ts";

/** Every segment has exactly one; from good to bad. */
const OUTCOMES: readonly MetricName[] = [
  "interactiveAgentSegments",
  "agentSegmentsWithNonResponsiveConsumers",
  "agentSegmentsAbandonedByConsumers",
  "agentSegmentsWithNonResponsiveAgents",
];

/** The four outcomes side by side, as wide as they are many. */
export function OutcomeBar({ metrics }: { readonly metrics: MetricValues }): ReactNode {
  const label = OUTCOMES.map((name) => `${metricOf(name).label} ${formatValue("count", metrics[name] ?? 0)}`).join(", ");
  return (
    <div className="outcomes" role="img" aria-label={`Outcomes: ${label}`}>
      {OUTCOMES.map((name) => (
        <span key={name} data-outcome={name} style={{ flexGrow: metrics[name] ?? 0 }} title={metricOf(name).label} />
      ))}
    </div>
  );
}
