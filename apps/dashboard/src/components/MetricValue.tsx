import type { ReactNode } from "react";
import { exactValue, formatValue } from "../metrics/format.ts";
import type { Metric } from "../metrics/metrics.ts";

interface MetricValueProps {
  readonly metric: Metric;
  readonly value: number | null;
}

/** A value as people read it, with the API's own beside it; one that does not exist says why. */
export function MetricValue({ metric, value }: MetricValueProps): ReactNode {
  if (value !== null) {
    return (
      <data value={value} title={exactValue(metric.kind, value)}>
        <Reading text={formatValue(metric.kind, value)} />
      </data>
    );
  }
  const reason = `No value: ${metric.missing}`;
  return (
    <span className="missing" title={reason}>
      <span aria-hidden="true">–</span>
      <span className="unseen">{reason}</span>
    </span>
  );
}

/** `1 m 24 s` with its units marked up, so that figures stand out from them. */
function Reading({ text }: { readonly text: string }): ReactNode {
  return text.split(/([a-z]+)/).map((part, index) => (index % 2 === 1 ? <small key={index}>{part}</small> : part));
}
