import type { ReactNode } from "react";
import type { Board } from "../board.ts";
import { MetricValue } from "../components/MetricValue.tsx";
import { Sparkline } from "../components/Sparkline.tsx";
import { metricOf } from "../metrics/metrics.ts";
import { OutcomeBar } from "./OutcomeBar.tsx";
import { TILE_GROUPS } from "./Totals.tsx";

/** All eleven metrics, to be read at three metres. */
export function TvTotals({ board }: { readonly board: Pick<Board, "metrics" | "intervals"> }): ReactNode {
  return (
    <div className="tv-totals">
      {TILE_GROUPS.map(({ title, metrics }, group) => (
        <section key={title} className="tile-group" aria-label={title}>
          <div className="tiles">
            {metrics.map((name) => {
              const metric = metricOf(name);
              return (
                <article key={name} className="tile" data-metric={name}>
                  <h2>{metric.label}</h2>
                  <p className="figure">
                    <MetricValue metric={metric} value={board.metrics[name]} />
                  </p>
                  <Sparkline metric={metric} values={board.intervals.map((interval) => interval.metrics[name])} />
                </article>
              );
            })}
          </div>
          {group === 0 && <OutcomeBar metrics={board.metrics} />}
        </section>
      ))}
    </div>
  );
}
