import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Heading, Popover } from "react-aria-components";
import type { MetricDefinition } from "../board.ts";
import type { Metric } from "../metrics/metrics.ts";

interface MetricInfoProps {
  readonly metric: Metric;
  /** Missing until the definitions have come. */
  readonly definition: MetricDefinition | undefined;
}

/** What a metric means, and what the original API calls it. */
export function MetricInfo({ metric, definition }: MetricInfoProps): ReactNode {
  return (
    <DialogTrigger>
      <Button className="info" aria-label={`What is ${metric.label}?`}>
        <span aria-hidden="true">i</span>
      </Button>
      <Popover className="popover explanation" placement="bottom start">
        <Dialog>
          <Heading slot="title">{metric.label}</Heading>
          <p>{definition?.definition ?? "Its definition has not come yet."}</p>
          <dl>
            <dt>In the API</dt>
            <dd>
              <code>{metric.name}</code>
            </dd>
            {definition && (
              <>
                <dt>After</dt>
                <dd>{definition.source}</dd>
              </>
            )}
            {metric.missing !== null && (
              <>
                <dt>Shows –</dt>
                <dd>when {metric.missing}</dd>
              </>
            )}
          </dl>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
