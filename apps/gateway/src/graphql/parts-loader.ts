import {
  intersectIds,
  METRIC_NAMES,
  METRICS,
  MINUTE_MS,
  type Answer,
  type Dimension,
  type Filter,
  type MetricName,
} from "@segmeter/engine";
import { toLabel, type JsonBytes } from "@segmeter/json-bytes";
import DataLoader from "dataloader";
import type { PassMeter } from "../pass-meter.ts";
import type { MetricValues, NameOf, Slice, Step } from "./nodes.ts";
import type { PartWriter } from "./part-writer.ts";
import { Written } from "./written.ts";

/** How a slice is to be parted. */
export type Parting =
  | { readonly by: "agent" | "skill"; readonly ids: readonly string[] | null }
  | { readonly by: "interval"; readonly minutes: number };

export interface PartsRequest {
  readonly slice: Slice;
  /** `by` nothing: as a whole. */
  readonly parting: Parting | { readonly by: "nothing" };
  readonly metrics: readonly MetricName[];
}

/** One part of a slice: what it is narrowed by (null: the whole), and its metrics. */
export interface Part {
  readonly step: Step | null;
  readonly metrics: MetricValues;
}

/** A request whose parts are to be written at once. */
export interface WrittenRequest extends PartsRequest {
  readonly parting: Parting;
  readonly writer: PartWriter;
}

export type PartsLoader = DataLoader<PartsRequest, readonly Part[]>;
export type WrittenLoader = DataLoader<WrittenRequest, Written>;

/**
 * Parts slices. Requests of one level of a GraphQL operation differ only in what their parents narrowed them to, so all
 * of them become one engine pass: grouped by the parents' dimensions, then by the one that is asked.
 */
export function createPartsLoader(meter: PassMeter): PartsLoader {
  return createLoader(meter, readParts);
}

/** The same, with JSON as its result. */
export function createWrittenLoader(meter: PassMeter, nameOf: NameOf): WrittenLoader {
  return createLoader(meter, (requests, level) => writeParts(requests, level, nameOf));
}

function createLoader<Request extends PartsRequest, Result>(
  meter: PassMeter,
  toResults: (requests: readonly Request[], level: Level) => Result[],
): DataLoader<Request, Result> {
  return new DataLoader<Request, Result>(
    async (placed) => {
      const results: Result[] = [];
      for (const group of groupByShape(placed)) {
        const requests = group.map(({ request }) => request);
        const ofGroup = toResults(requests, askLevel(requests, meter));
        group.forEach(({ place }, i) => (results[place] = ofGroup[i]!));
      }
      return results;
    },
    { cache: false, maxBatchSize: Infinity },
  );
}

interface PlacedRequest<Request> {
  readonly place: number;
  readonly request: Request;
}

function groupByShape<Request extends PartsRequest>(requests: readonly Request[]): Iterable<PlacedRequest<Request>[]> {
  const groups = new Map<string, PlacedRequest<Request>[]>();
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

/** What answers requests of equal shape. */
interface Level {
  readonly answer: Answer;
  readonly cellsOf: (request: PartsRequest) => CellRange;
}

/** Cells `[from, to)`. */
interface CellRange {
  readonly from: number;
  readonly to: number;
}

const NO_CELLS: CellRange = { from: 0, to: 0 };

/** Asks requests of equal shape in one pass. */
function askLevel(requests: readonly PartsRequest[], meter: PassMeter): Level {
  const { slice, parting } = requests[0]!;
  const minutes = parting.by === "interval" ? parting.minutes : finestMinutes(slice.path);
  const answer = meter.ask(slice.accountId, {
    window: slice.window,
    filter: narrow(slice.filter, requests),
    grouping: groupingOf(slice.path, parting),
    ...(minutes !== null && { intervalMs: minutes * MINUTE_MS }),
    metrics: metricsOf(requests),
  });
  if (slice.path.length === 0) return { answer, cellsOf: () => ({ from: 0, to: answer.cellCount }) };
  const cellsByParent = groupByParent(answer, slice.path);
  return { answer, cellsOf: ({ slice: { path } }) => cellsByParent.get(keyOf(path)) ?? NO_CELLS };
}

function metricsOf(requests: readonly PartsRequest[]): MetricName[] {
  const wanted = new Set(requests.flatMap(({ metrics }) => metrics));
  return METRIC_NAMES.filter((name) => wanted.has(name));
}

function readParts(requests: readonly PartsRequest[], { answer, cellsOf }: Level): (readonly Part[])[] {
  const read = metricsReader(answer);
  const parted = requests.map((request) => {
    const { slice, parting } = request;
    const cells = cellsOf(request);
    if (parting.by === "nothing") return [{ step: null, metrics: read(cells.from < cells.to ? cells.from : null) }];
    const parts: Part[] = [];
    forEachPart(slice, parting, answer, cells, (step, cell) => parts.push({ step, metrics: read(cell) }));
    return parts;
  });
  answer.close();
  return parted;
}

const COMMA = toLabel(",");
const BEGIN = toLabel("[");
const END = toLabel("]");
const NO_PARTS = toLabel("[]");

function writeParts(requests: readonly WrittenRequest[], { answer, cellsOf }: Level, nameOf: NameOf): Written[] {
  let openCount = requests.length;
  const close = (): void => {
    openCount -= 1;
    if (openCount === 0) answer.close();
  };
  return requests.map((request) => {
    const cells = cellsOf(request);
    const write = (out: JsonBytes): void => {
      const writePart = request.writer.over(answer.metric, (id) => nameOf(request.slice.accountId, id), out);
      let separator = BEGIN;
      forEachPart(request.slice, request.parting, answer, cells, (step, cell) => {
        out.label(separator);
        separator = COMMA;
        writePart(step, cell);
      });
      out.label(separator === BEGIN ? NO_PARTS : END);
    };
    return new Written(write, close);
  });
}

/** The parts of one slice, in their order; a cell of null stands for a part without segments. */
function forEachPart(
  slice: Slice,
  parting: Parting,
  answer: Answer,
  { from, to }: CellRange,
  take: (step: Step, cell: number | null) => void,
): void {
  if (parting.by !== "interval") {
    for (let cell = from; cell < to; cell++) take({ dimension: parting.by, id: idAt(answer, parting.by, cell) }, cell);
    return;
  }
  const { minutes } = parting;
  const { startMs, endMs } = rangeOf(slice);
  const { indexes, values } = answer.intervals!;
  let cell = from;
  for (let at = startMs; at < endMs; at += minutes * MINUTE_MS) {
    const isThere = cell < to && values[indexes[cell]!] === at;
    take({ dimension: "interval", minutes, startMs: at }, isThere ? cell++ : null);
  }
}

/** Parents first, the asked dimension last: so the cells of one parent lie together, in the order of its parts. */
function groupingOf(path: readonly Step[], parting: PartsRequest["parting"]): Dimension[] {
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
    const ofParents = ids.size > 0 ? intersectIds(kept, [...ids]) : kept;
    return parting.by === dimension ? intersectIds(ofParents, parting.ids) : ofParents;
  };
  return { ...filter, agentIds: narrowed("agent", filter.agentIds), skillIds: narrowed("skill", filter.skillIds) };
}

/** The cells of each parent, by `keyOf` its path. They lie together, since the parents' dimensions stand first in the grouping. */
function groupByParent(answer: Answer, path: readonly Step[]): Map<string, CellRange> {
  const groups = new Map<string, CellRange>();
  for (let from = 0, to = 0; from < answer.cellCount; from = to) {
    const key = keyOf(path.map((step) => stepAt(answer, step, from)));
    to++;
    while (to < answer.cellCount && keyOf(path.map((step) => stepAt(answer, step, to))) === key) to++;
    if (groups.has(key)) throw new Error("the cells of one parent do not lie together");
    groups.set(key, { from, to });
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

/** The time range of a slice: its innermost interval, or the whole window. */
export function rangeOf({ window, path }: Slice): { readonly startMs: number; readonly endMs: number } {
  const interval = path.findLast((step) => step.dimension === "interval");
  return interval ? { startMs: interval.startMs, endMs: interval.startMs + interval.minutes * MINUTE_MS } : window;
}

/** The metrics of no segments: counts are zero, and there is nothing to average. */
const NOTHING: MetricValues = Object.fromEntries(METRICS.map(({ name, denominator }) => [name, denominator.length === 0 ? 0 : null]));

type CellReader = (cell: number | null) => MetricValues;

/** @returns reads a cell's metrics; null stands for an empty part */
function metricsReader(answer: Answer): CellReader {
  const readers = answer.query.metrics.map((name) => [name, answer.reader(name)] as const);
  return (cell) => (cell === null ? NOTHING : Object.fromEntries(readers.map(([name, read]) => [name, read(cell)])));
}
