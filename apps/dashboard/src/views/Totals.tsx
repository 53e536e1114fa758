import type { ReactNode } from "react";
import type { Board, MetricDefinition } from "../board.ts";
import { MetricInfo } from "../components/MetricInfo.tsx";
import { MetricValue } from "../components/MetricValue.tsx";
import { Sparkline } from "../components/Sparkline.tsx";
import { metricOf, type MetricName } from "../metrics/metrics.ts";
import { OutcomeBar } from "./OutcomeBar.tsx";

interface TotalsProps {
  readonly board: Pick<Board, "metrics" | "intervals">;
  readonly definitions: readonly MetricDefinition[];
  /** The one that the chart shows. */
  readonly chosen: MetricName;
  readonly onChoose: (metric: MetricName) => void;
}

export const TILE_GROUPS: readonly { readonly title: string; readonly metrics: readonly MetricName[] }[] = [
  {
    title: "Segments and what became of them",
    metrics: [
      "totalAgentConversationSegments",
      "interactiveAgentSegments",
      "agentSegmentsWithNonResponsiveConsumers",
      "agentSegmentsAbandonedByConsumers",
      "agentSegmentsWithNonResponsiveAgents",
    ],
  },
  {
    title: "How fast",
    metrics: [
      "avgTimeToResponseFromAgentAssignment",
      "avgTimetoFirstAgentMessageFromAgentAssignment",
      "avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation",
      "avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer",
    ],
  },
  { title: "How much work", metrics: ["avgAgentMessagesinAgentSegment", "avgAgentSegmentDuration"] },
];

/** All eleven metrics of the window, each with its course over the intervals. */
export function Totals({ board, definitions, chosen, onChoose }: TotalsProps): ReactNode {
  return (
    <div className="totals">
      {TILE_GROUPS.map(({ title, metrics }, group) => (
        <section key={title} className="tile-group" aria-label={title}>
          <h2>{title}</h2>
          <div className="tiles">
            {metrics.map((name) => (
              <Tile
                key={name}
                name={name}
                board={board}
                definition={definitions.find((definition) => definition.name === name)}
                isChosen={name === chosen}
                onChoose={onChoose}
              />
            ))}
          </div>
          {group === 0 && <OutcomeBar metrics={board.metrics} />}
        </section>
      ))}
    </div>
  );
}

interface TileProps extends Pick<TotalsProps, "board" | "onChoose"> {
  readonly name: MetricName;
  readonly definition: MetricDefinition | undefined;
  readonly isChosen: boolean;
}

function Tile({ name, board, definition, isChosen, onChoose }: TileProps): ReactNode {
  const metric = metricOf(name);
  return (
    <article className="tile" data-metric={name} data-chosen={isChosen}>
      <header>
        <h3>
          <button type="button" aria-pressed={isChosen} title="Show in the chart" onClick={() => onChoose(name)}>
            {metric.label}
          </button>
        </h3>
        <MetricInfo metric={metric} definition={definition} />
      </header>
      <p className="figure">
        <MetricValue metric={metric} value={board.metrics[name]} />
      </p>
      <Sparkline metric={metric} values={board.intervals.map(({ metrics }) => metrics[name])} />
    </article>
  );
}
