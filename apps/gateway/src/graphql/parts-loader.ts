import { METRIC_NAMES, METRICS, MINUTE_MS, type Answer, type Dimension, type Filter, type MetricName } from "@segmeter/engine";
import DataLoader from "dataloader";
import type { PassMeter } from "../pass-meter.ts";
import type { MetricValues, Slice, Step } from "./nodes.ts";

/** How a slice is to be parted; with neither, it is asked as a whole. */
export type Parting =
  | { readonly by: "nothing" }
  | { readonly by: "agent" | "skill"; readonly ids: readonly string[] | null }
  | { readonly by: "interval"; readonly minutes: number };

export interface PartsRequest {
  readonly slice: Slice;
  readonly parting: Parting;
  readonly metrics: readonly MetricName[];
}

/** One part of a slice: what it is narrowed by (null: the whole), and its metrics. */
export interface Part {
  readonly step: Step | null;
  readonly metrics: MetricValues;
}

export type PartsLoader = DataLoader<PartsRequest, readonly Part[]>;

/**
 * Parts slices. Requests of one level of a GraphQL operation differ only in what their parents narrowed them to, so all
 * of them become one engine pass: grouped by the parents' dimensions, then by the one that is asked.
 */
export function createPartsLoader(meter: PassMeter): PartsLoader {
  return new DataLoader<PartsRequest, readonly Part[]>(
    async (requests) => {
      const results: (readonly Part[])[] = [];
      for (const level of groupByShape(requests)) {
        const parts = loadLevel(
          level.map(({ request }) => request),
          meter,
        );
        level.forEach(({ place }, i) => (results[place] = parts[i]!));
      }
      return results;
    },
    { cache: false, maxBatchSize: Infinity },
  );
}

interface PlacedRequest {
  readonly place: number;
  readonly request: PartsRequest;
}

function groupByShape(requests: readonly PartsRequest[]): Iterable<PlacedRequest[]> {
  const groups = new Map<string, PlacedRequest[]>();
  requests.forEach((request, place) => {
    const { accountId, window, filter, path } = request.slice;
    const shape = JSON.stringify([accountId, window, filter, path.map((step) => [step.dimension, widthOf(step)]), request.parting]);
    const group = groups.get(shape);
    if (group) group.push({ place, request });
    else groups.set(shape, [{ place, request }]);
  });
  return groups.values();
}

function widthOf(step: Step): number | null {
  return step.dimension === "interval" ? step.minutes : null;
}

/** Answers requests of equal shape in one pass. */
function loadLevel(requests: readonly PartsRequest[], meter: PassMeter): (readonly Part[])[] {
  const { slice, parting } = requests[0]!;
  const wanted = new Set(requests.flatMap(({ metrics }) => metrics));
  const metrics = METRIC_NAMES.filter((name) => wanted.has(name));
  const minutes = parting.by === "interval" ? parting.minutes : finestMinutes(slice.path);
  const answer = meter.ask(slice.accountId, {
    window: slice.window,
    filter: narrow(slice.filter, requests),
    grouping: groupingOf(slice.path, parting),
    ...(minutes !== null && { intervalMs: minutes * MINUTE_MS }),
    metrics,
  });
  const read = metricsReader(answer, metrics);
  const cellsByParent = groupByParent(answer, slice.path);
  return requests.map((request) => {
    const cells = cellsByParent.get(keyOf(request.slice.path)) ?? [];
    switch (parting.by) {
      case "nothing":
        return [{ step: null, metrics: read(cells[0] ?? null) }];
      case "interval":
        return intervalParts(request.slice, parting.minutes, answer, cells, read);
      case "agent":
      case "skill":
        return cells.map((cell) => ({ step: { dimension: parting.by, id: idAt(answer, parting.by, cell) }, metrics: read(cell) }));
      default:
        return parting satisfies never;
    }
  });
}

/** Parents first, the asked dimension last: so the cells of one parent lie together, in the order of its parts. */
function groupingOf(path: readonly Step[], parting: Parting): Dimension[] {
  const outer = new Set<Dimension>(path.map(({ dimension }) => dimension));
  if (parting.by === "nothing") return [...outer];
  if (parting.by === "interval") outer.delete("interval");
  return [...outer.add(parting.by)];
}

/** Intervals nest by dividing one another, so the innermost decides all those around it. */
function finestMinutes(path: readonly Step[]): number | null {
  return path.findLast((step) => step.dimension === "interval")?.minutes ?? null;
}

/** Keeps to the agents and skills that the parents stand for, and to the ids that are asked. */
function narrow(filter: Filter, requests: readonly PartsRequest[]): Filter {
  const { parting } = requests[0]!;
  const narrowed = (dimension: "agent" | "skill", kept: readonly string[] | null): readonly string[] | null => {
    const ids = new Set<string>();
    for (const { slice } of requests) {
      for (const step of slice.path) if (step.dimension === dimension) ids.add(step.id);
    }
    const ofParents = ids.size > 0 ? intersect(kept, [...ids]) : kept;
    return parting.by === dimension ? intersect(ofParents, parting.ids) : ofParents;
  };
  return { ...filter, agentIds: narrowed("agent", filter.agentIds), skillIds: narrowed("skill", filter.skillIds) };
}

function intersect(some: readonly string[] | null, others: readonly string[] | null): readonly string[] | null {
  if (some === null || others === null) return some ?? others;
  const kept = new Set(others);
  return some.filter((id) => kept.has(id));
}

/** The cells of each parent, by `keyOf` its path. */
function groupByParent(answer: Answer, path: readonly Step[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (let cell = 0; cell < answer.cellCount; cell++) {
    const key = keyOf(path.map((step) => stepAt(answer, step, cell)));
    const group = groups.get(key);
    if (group) group.push(cell);
    else groups.set(key, [cell]);
  }
  return groups;
}

function stepAt(answer: Answer, like: Step, cell: number): Step {
  if (like.dimension !== "interval") return { dimension: like.dimension, id: idAt(answer, like.dimension, cell) };
  const { startMs: windowStartMs } = answer.query.window;
  const widthMs = like.minutes * MINUTE_MS;
  const offsetMs = answer.intervals!.values[answer.intervals!.indexes[cell]!]! - windowStartMs;
  return { ...like, startMs: windowStartMs + Math.floor(offsetMs / widthMs) * widthMs };
}

function idAt(answer: Answer, dimension: "agent" | "skill", cell: number): string {
  const { indexes, values } = dimension === "agent" ? answer.agents! : answer.skills!;
  return values[indexes[cell]!]!;
}

/** Ids hold no control characters. */
function keyOf(path: readonly Step[]): string {
  return path.map((step) => (step.dimension === "interval" ? step.startMs : step.id)).join("\n");
}

function intervalParts(slice: Slice, minutes: number, answer: Answer, cells: readonly number[], read: CellReader): Part[] {
  const { startMs, endMs } = rangeOf(slice);
  const cellAt = new Map(cells.map((cell) => [answer.intervals!.values[answer.intervals!.indexes[cell]!]!, cell]));
  const parts: Part[] = [];
  for (let at = startMs; at < endMs; at += minutes * MINUTE_MS) {
    parts.push({ step: { dimension: "interval", minutes, startMs: at }, metrics: read(cellAt.get(at) ?? null) });
  }
  return parts;
}

/** The time range of a slice: its innermost interval, or the whole window. */
export function rangeOf({ window, path }: Slice): { readonly startMs: number; readonly endMs: number } {
  const interval = path.findLast((step) => step.dimension === "interval");
  return interval ? { startMs: interval.startMs, endMs: interval.startMs + interval.minutes * MINUTE_MS } : window;
}

/** The metrics of no segments: counts are zero, and there is nothing to average. */
const NOTHING: MetricValues = Object.fromEntries(METRICS.map(({ name, denominator }) => [name, denominator.length === 0 ? 0 : null]));

type CellReader = (cell: number | null) => MetricValues;

/** @returns reads a cell's metrics; null stands for an empty part */
function metricsReader(answer: Answer, metrics: readonly MetricName[]): CellReader {
  const readers = metrics.map((name) => [name, answer.reader(name)] as const);
  return (cell) => (cell === null ? NOTHING : Object.fromEntries(readers.map(([name, read]) => [name, read(cell)])));
}
