import { useEffect, useMemo, useRef, type ReactNode } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Series } from "../board.ts";
import { formatTime, formatValue } from "../metrics/format.ts";
import type { Metric, MetricKind } from "../metrics/metrics.ts";

interface TimeSeriesProps {
  readonly metric: Metric;
  readonly series: readonly Series[];
  /** Drawn anew when the colours change. */
  readonly scheme: "light" | "dark";
  /** Told the interval under the pointer, or null. */
  readonly onPoint: (index: number | null) => void;
}

const DECIMAL_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];
const RATIO_STEPS = [0.1, 0.2, 0.5, ...DECIMAL_STEPS];
const DURATION_STEPS = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000,
  14_400_000, 28_800_000, 86_400_000,
];
const STEPS: Readonly<Record<MetricKind, number[]>> = { count: DECIMAL_STEPS, ratio: RATIO_STEPS, duration: DURATION_STEPS };

/** Lines over the middles of the intervals, with gaps where there is no value; a single line of counts is bars. */
export function TimeSeries({ metric, series, scheme, onPoint }: TimeSeriesProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const point = useRef(onPoint);
  const data = useMemo(() => toData(metric, series), [metric, series]);
  const latest = useRef(data);
  useEffect(() => {
    point.current = onPoint;
  }, [onPoint]);
  useEffect(() => {
    latest.current = data;
    plot.current?.setData(data);
  }, [data]);

  const isBars = isDrawnAsBars(metric, series);
  const lines = series.map(({ id }) => id ?? "").join(",");
  useEffect(() => {
    const element = host.current!;
    const created = new uPlot(
      toOptions(element, metric.kind, lines.split(",").length, isBars, (index) => point.current(index)),
      latest.current,
      element,
    );
    plot.current = created;
    const resizing = new ResizeObserver(() => created.setSize(sizeOf(element)));
    resizing.observe(element);
    return () => {
      resizing.disconnect();
      created.destroy();
      plot.current = null;
    };
  }, [metric.kind, lines, isBars, scheme]);

  return <div className="time-series" ref={host} aria-hidden="true" />;
}

/** Counts add up to what bars fill; averages do not, and lines of several are told apart better. */
export function isDrawnAsBars(metric: Metric, series: readonly Series[]): boolean {
  return metric.kind === "count" && series.length === 1;
}

/** Not by colour alone: of six lines the last three are dashed. */
export function isDashed(index: number): boolean {
  return index >= 3;
}

function toData(metric: Metric, series: readonly Series[]): uPlot.AlignedData {
  const middles = (series[0]?.intervals ?? []).map(({ startMs, endMs }) => (startMs + endMs) / 2000);
  return [middles, ...series.map(({ intervals }) => intervals.map(({ metrics }) => metrics[metric.name]))];
}

function toOptions(
  element: HTMLElement,
  kind: MetricKind,
  lineCount: number,
  isBars: boolean,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const em = Number.parseFloat(style.fontSize);
  const axis: uPlot.Axis = {
    stroke: color("--ink-soft"),
    font: `${em}px ${style.fontFamily}`,
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    ...sizeOf(element),
    legend: { show: false },
    padding: [em, em * 1.8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: em * 0.7 } },
    scales: { x: { range: toXRange }, y: { range: (_, __, highest) => [0, Math.max(highest * 1.08, kind === "duration" ? 1000 : 1)] } },
    axes: [
      {
        ...axis,
        size: em * 2.2,
        space: em * 6,
        values: (_, splits) => splits.map((second) => formatTime(second * 1000)),
        grid: { show: false },
      },
      { ...axis, size: em * 5, space: em * 3, incrs: STEPS[kind], values: (_, splits) => splits.map((value) => toTick(kind, value)) },
    ],
    series: [
      {},
      ...Array.from({ length: lineCount }, (_, index) => ({
        stroke: color(`--series-${index + 1}`),
        width: em / 6,
        ...(isDashed(index) && { dash: [em * 0.6, em * 0.4] }),
        points: { show: !isBars, size: em / 2 },
        ...(isBars && { width: 0, fill: color("--bar"), paths: uPlot.paths.bars!({ size: [0.72, em * 4] }) }),
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
}

/** From the start of the first interval to the end of the last. */
function toXRange(plot: uPlot, first: number, last: number): uPlot.Range.MinMax {
  const seconds = plot.data[0];
  const half = seconds.length > 1 ? (seconds[1]! - seconds[0]!) / 2 : 150;
  return [first - half, last + half];
}

function toTick(kind: MetricKind, value: number): string {
  if (kind === "ratio") return String(Number(value.toFixed(1)));
  // `18 m` for `18 m 00 s`.
  return formatValue(kind, value).replace(/\u00a000\u00a0\w$/, "");
}

function sizeOf(element: HTMLElement): { readonly width: number; readonly height: number } {
  return { width: element.clientWidth, height: element.clientHeight };
}
