import type { ReactNode } from "react";
import { formatValue } from "../metrics/format.ts";
import type { Metric } from "../metrics/metrics.ts";

const WIDTH = 100;
const HEIGHT = 30;

interface SparklineProps {
  readonly metric: Metric;
  /** One an interval, oldest first; null leaves a gap. */
  readonly values: readonly (number | null)[];
}

/** The course of a metric over the intervals, from zero up. */
export function Sparkline({ metric, values }: SparklineProps): ReactNode {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return <span className="sparkline" />;
  const highest = Math.max(...known, 1e-9);
  const runs = toRuns(values.map((value) => (value === null ? null : HEIGHT - (value / highest) * (HEIGHT - 2) - 1)));
  const label = `Trend over ${values.length} intervals: lowest ${formatValue(metric.kind, Math.min(...known))}, highest ${formatValue(metric.kind, Math.max(...known))}, last ${values.at(-1) === null ? "without a value" : formatValue(metric.kind, known.at(-1)!)}`;
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {runs.map(({ from, heights }) => {
        const points = toPoints(from, heights, values.length);
        return (
          <g key={from}>
            <polygon points={`${points[0]!.split(",")[0]},${HEIGHT} ${points.join(" ")} ${points.at(-1)!.split(",")[0]},${HEIGHT}`} />
            <polyline points={points.join(" ")} vectorEffect="non-scaling-stroke" />
          </g>
        );
      })}
    </svg>
  );
}

interface Run {
  /** Index of its first value. */
  readonly from: number;
  readonly heights: readonly number[];
}

/** Parts the values at their gaps. */
function toRuns(heights: readonly (number | null)[]): Run[] {
  const runs: { from: number; heights: number[] }[] = [];
  for (const [index, height] of heights.entries()) {
    if (height === null) continue;
    if (index > 0 && heights[index - 1] !== null) runs.at(-1)!.heights.push(height);
    else runs.push({ from: index, heights: [height] });
  }
  return runs;
}

/** Every value is as wide as its interval; a lone one is a short dash. */
function toPoints(from: number, heights: readonly number[], count: number): string[] {
  const step = WIDTH / count;
  const middles = heights.map((height, i) => `${((from + i + 0.5) * step).toFixed(2)},${height.toFixed(2)}`);
  if (heights.length > 1) return middles;
  const height = heights[0]!.toFixed(2);
  return [`${((from + 0.2) * step).toFixed(2)},${height}`, `${((from + 0.8) * step).toFixed(2)},${height}`];
}
