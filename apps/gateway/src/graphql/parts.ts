import { intervalFault, MINUTE_MS } from "@segmeter/engine";
import type { GraphQLResolveInfo } from "graphql";
import { ArgumentChecker } from "./bad-input.ts";
import type { RequestContext } from "./context.ts";
import type { IntervalNode, MetricValues, PartNode, Slice, SliceNode, Step } from "./nodes.ts";
import type { PartWriter } from "./part-writer.ts";
import { rangeOf, type Parting } from "./parts-loader.ts";
import { selectedMetrics } from "./selected-metrics.ts";
import type { Written } from "./written.ts";

export interface IdsArguments {
  readonly ids?: readonly string[] | null | undefined;
}

export interface MinutesArguments {
  readonly minutes: number;
}

// What `AgentSegments`, `Agent`, `Skill` and `Interval` have in common: each is a slice of segments with parts of its own.

export async function resolveMetrics(
  { slice }: SliceNode,
  _: unknown,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<MetricValues> {
  const [whole] = await context.parts.load({ slice, parting: { by: "nothing" }, metrics: selectedMetrics(info) });
  return whole!.metrics;
}

export function resolveAgents(
  parent: SliceNode,
  args: IdsArguments,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<PartNode[]> {
  return resolveIds("agent", parent, args, context, info);
}

export function resolveSkills(
  parent: SliceNode,
  args: IdsArguments,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<PartNode[]> {
  return resolveIds("skill", parent, args, context, info);
}

async function resolveIds(
  dimension: "agent" | "skill",
  { slice }: SliceNode,
  args: IdsArguments,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<PartNode[]> {
  const parts = await context.parts.load({ slice, parting: byIds(dimension, args), metrics: selectedMetrics(info) });
  return parts.map(({ step, metrics }) => ({ id: idOf(step), slice: narrowed(slice, step), metrics }));
}

export async function resolveIntervals(
  { slice }: SliceNode,
  args: MinutesArguments,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<IntervalNode[]> {
  const parts = await context.parts.load({ slice, parting: byMinutes(slice, args), metrics: selectedMetrics(info) });
  return parts.map(({ step, metrics }) => {
    const narrowedSlice = narrowed(slice, step);
    const range = rangeOf(narrowedSlice);
    return { start: new Date(range.startMs), end: new Date(range.endMs), slice: narrowedSlice, metrics };
  });
}

// The same lists of parts, written.

export async function writeIds(
  dimension: "agent" | "skill",
  writer: PartWriter,
  { slice }: SliceNode,
  args: IdsArguments,
  context: RequestContext,
): Promise<Written> {
  return context.written.load({ slice, parting: byIds(dimension, args), metrics: writer.metrics, writer });
}

export async function writeIntervals(
  writer: PartWriter,
  { slice }: SliceNode,
  args: MinutesArguments,
  context: RequestContext,
): Promise<Written> {
  return context.written.load({ slice, parting: byMinutes(slice, args), metrics: writer.metrics, writer });
}

function byIds(dimension: "agent" | "skill", { ids = null }: IdsArguments): Parting {
  const checker = new ArgumentChecker();
  checker.checkIds("ids", ids);
  checker.assertNone();
  return { by: dimension, ids };
}

function byMinutes(slice: Slice, { minutes }: MinutesArguments): Parting {
  const { startMs, endMs } = rangeOf(slice);
  const checker = new ArgumentChecker();
  const isNested = slice.path.some((step) => step.dimension === "interval");
  checker.check(
    "minutes",
    intervalFault(minutes, { name: isNested ? "the interval around it" : "timeframe", minutes: (endMs - startMs) / MINUTE_MS }),
  );
  checker.assertNone();
  return { by: "interval", minutes };
}

function narrowed(slice: Slice, step: Step | null): Slice {
  return step === null ? slice : { ...slice, path: [...slice.path, step] };
}

function idOf(step: Step | null): string {
  if (step === null || step.dimension === "interval") throw new Error("expected a part by id");
  return step.id;
}
