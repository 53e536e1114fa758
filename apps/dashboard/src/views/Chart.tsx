import { useState, type ReactNode } from "react";
import type { IntervalPart, Series } from "../board.ts";
import { MetricValue } from "../components/MetricValue.tsx";
import { PickOne } from "../components/PickOne.tsx";
import { isDashed, isDrawnAsBars, TimeSeries } from "../components/TimeSeries.tsx";
import { formatTimeRange, formatValue } from "../metrics/format.ts";
import { METRICS, metricOf, type Metric, type MetricName } from "../metrics/metrics.ts";
import type { View } from "../view/view.ts";

interface ChartProps {
  readonly view: Pick<View, "metric" | "split" | "chart">;
  /** Everybody's line, or one of each of the busiest skills or agents. */
  readonly series: readonly Series[];
  /** False when the window is too short to be parted. */
  readonly hasIntervals: boolean;
  /** Whose line it is when it is not split. */
  readonly whole: string;
  readonly splits: readonly View["split"][];
  /** How many skills or agents there are in all; null while that is on its way. */
  readonly partCount: number | null;
  readonly scheme: "light" | "dark";
  readonly onChange: (change: Partial<View>) => void;
  readonly onCsv: () => void;
}

const SPLIT_NAMES: Readonly<Record<View["split"], string>> = { none: "Not split", skill: "By skill", agent: "By agent" };

/** One metric, interval by interval. */
export function Chart(props: ChartProps): ReactNode {
  const { view, series, whole, splits, scheme, onChange, onCsv } = props;
  const metric = metricOf(view.metric);
  const remark = remarkOn(props);
  return (
    <section className="panel chart" aria-label="Chart">
      <header>
        <PickOne<MetricName>
          label="Metric"
          choices={METRICS.map(({ name, label }) => ({ id: name, name: label }))}
          chosen={view.metric}
          onChoose={(name) => onChange({ metric: name })}
        />
        <PickOne<View["split"]>
          label="Split"
          choices={splits.map((id) => ({ id, name: SPLIT_NAMES[id] }))}
          chosen={view.split}
          onChoose={(split) => onChange({ split })}
        />
        <button
          type="button"
          className="button quiet"
          aria-pressed={view.chart === "table"}
          onClick={() => onChange({ chart: view.chart === "table" ? "lines" : "table" })}
        >
          As a table
        </button>
        <button type="button" className="button quiet" onClick={onCsv}>
          CSV<span className="unseen"> of the intervals</span>
        </button>
      </header>
      <ChartBody metric={metric} whole={whole} split={view.split} isTable={view.chart === "table"} series={series} scheme={scheme} />
      {remark !== null && <p className="remark">{remark}</p>}
    </section>
  );
}

/** What the drawing does not say itself. */
function remarkOn({ view, series, hasIntervals, partCount }: ChartProps): string | null {
  if (!hasIntervals) return "A window below five minutes has no intervals to draw.";
  if (view.split !== "none" && partCount === 0) return `None of these segments has ${view.split === "skill" ? "a skill" : "an agent"}.`;
  if (series.length === 0) return "Loading…";
  if (view.split === "none" || partCount === null || series.length >= partCount) return null;
  return `The ${series.length} ${view.split}s with most segments, of ${partCount}. The others are left out.`;
}

interface ChartBodyProps {
  readonly metric: Metric;
  readonly whole: string;
  readonly split: View["split"];
  readonly isTable: boolean;
  readonly series: readonly Series[];
  readonly scheme: "light" | "dark";
}

function ChartBody({ metric, whole, split, isTable, series, scheme }: ChartBodyProps): ReactNode {
  const [pointed, setPointed] = useState<number | null>(null);
  const intervals = series[0]?.intervals ?? [];
  const last = intervals.at(-1);
  if (last === undefined) return null;
  if (isTable) return <IntervalTable metric={metric} whole={whole} split={split} series={series} />;
  const shown = intervals[pointed ?? intervals.length - 1] ?? last;
  const index = intervals.indexOf(shown);
  const isBars = isDrawnAsBars(metric, series);
  return (
    <>
      <div role="img" aria-label={describe(metric, intervals)} className="plot">
        <TimeSeries metric={metric} series={series} scheme={scheme} onPoint={setPointed} />
      </div>
      <div className="legend">
        <span className="when">{formatTimeRange(shown.startMs, shown.endMs)}</span>
        {series.map(({ id, name, intervals: line }, i) => (
          <span key={id ?? ""} className="entry">
            <span
              className="swatch"
              data-dashed={isDashed(i)}
              style={{ color: isBars ? "var(--bar)" : `var(--series-${i + 1})` }}
              aria-hidden="true"
            />
            <span>{name ?? nameOf(whole, split, id)}</span>
            <strong>
              <MetricValue metric={metric} value={line[index]?.metrics[metric.name] ?? null} />
            </strong>
          </span>
        ))}
      </div>
    </>
  );
}

function IntervalTable({ metric, whole, split, series }: Omit<ChartBodyProps, "isTable" | "scheme">): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls is reached by keyboard
    <div className="interval-table" tabIndex={0} role="region" aria-label={`${metric.label} by interval`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Interval</th>
            {series.map(({ id, name }) => (
              <th key={id ?? ""} scope="col">
                {name ?? nameOf(whole, split, id)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {series[0]!.intervals.map(({ startMs, endMs }, index) => (
            <tr key={startMs}>
              <th scope="row">{formatTimeRange(startMs, endMs)}</th>
              {series.map(({ id, intervals }) => (
                <td key={id ?? ""}>
                  <MetricValue metric={metric} value={intervals[index]?.metrics[metric.name] ?? null} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf(whole: string, split: View["split"], id: string | null): string {
  if (id === null) return whole;
  return split === "skill" ? `Skill ${id}` : `Agent ${id}`;
}

function describe(metric: Metric, intervals: readonly IntervalPart[]): string {
  const known = intervals.map(({ metrics }) => metrics[metric.name]).filter((value) => value !== null);
  const range =
    known.length === 0
      ? "without a value"
      : `from ${formatValue(metric.kind, Math.min(...known))} to ${formatValue(metric.kind, Math.max(...known))}`;
  return `${metric.label} over ${intervals.length} intervals, ${range}. The button “As a table” gives every value.`;
}
