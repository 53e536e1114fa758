import type { CSSProperties, ReactNode } from "react";
import type { Board } from "../board.ts";
import { MetricValue } from "../components/MetricValue.tsx";
import { Sparkline } from "../components/Sparkline.tsx";
import { formatValue } from "../metrics/format.ts";
import { metricOf, type MetricName, type MetricValues } from "../metrics/metrics.ts";
import { OutcomeBar } from "./OutcomeBar.tsx";
import { TILE_GROUPS } from "./Totals.tsx";

/** All eleven metrics, to be read at three metres. */
export function TvTotals({ board }: { readonly board: Pick<Board, "metrics" | "intervals"> }): ReactNode {
  return (
    <div className="tv-totals">
      {TILE_GROUPS.map(({ title, metrics }, group) => (
        <section
          key={title}
          className="tile-group"
          aria-label={title}
          style={{ "--figure-em": figureEm(metrics, board.metrics) } as CSSProperties}
        >
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

/** The mark of an outcome, and about what characters are wide in the figures' type. */
const MARK_EM = 0.62;
const DIGIT_EM = 0.62;
const UNIT_EM = 0.5;
const GAP_EM = 0.24;

const FIGURE_EM_MIN = 2;

/** How wide the widest figure of a row is, so that all are of one size. */
function figureEm(names: readonly MetricName[], values: MetricValues): number {
  const widths = names.map((name) => {
    const value = values[name];
    const text = value === null ? "–" : formatValue(metricOf(name).kind, value);
    return Array.from(text).reduce((em, letter) => em + (/\d/.test(letter) ? DIGIT_EM : /[a-z]/.test(letter) ? UNIT_EM : GAP_EM), 0);
  });
  const markEm = names.includes("interactiveAgentSegments") ? MARK_EM : 0;
  return Math.max(FIGURE_EM_MIN, Math.max(...widths) + markEm);
}
