import { compareIds, METRICS, MINUTE_MS, TOTAL_METRIC, type Dimension, type MetricName, type Query } from "@segmeter/engine";
import type { ReferenceCell } from "@segmeter/reference";
import type { TestAnswer, TestAsker } from "./test-gateway.ts";

/** A way to put queries to a running gateway; its answers are read back as the reference writes them. */
export interface Door {
  readonly name: string;
  readonly canAsk: (query: Query) => boolean;
  /**
   * @param queries over one window, filter and list of metrics, and with one width of intervals
   * @returns the cells of each query, by its place
   */
  readonly ask: (gateway: TestAsker, accountId: string, queries: readonly Query[]) => Promise<ReferenceCell[][]>;
}

type Place = Omit<ReferenceCell, "metrics">;
type Values = Readonly<Record<string, number | null>>;
type PlacedValues = readonly [Place, Values];

/**
 * REST parts by agents, and by skills and their agents, both also by intervals. What narrows to skills narrows
 * the second alone.
 */
export function restDoor(method: "GET" | "POST"): Door {
  return {
    name: `REST ${method}`,
    canAsk: ({ grouping, filter }) =>
      Object.hasOwn(REST_PARTS, partsOf(grouping)) &&
      grouping.indexOf("interval") <= 0 &&
      (filter.skillIds === null || grouping.includes("skill")),
    ask: async (gateway, accountId, queries) => {
      const path = `/operations/api/account/${accountId}/msgagentsegments`;
      const parameters = toParameters(queries);
      const { status, text, body } =
        method === "GET"
          ? await gateway.get(`${path}?${new URLSearchParams(parameters).toString()}`)
          : await gateway.post(path, parameters);
      if (status !== 200) throw new Error(`REST answered ${status}: ${text}`);
      return queries.map((query) => toCells(query, restValues(body as RestBody, query.grouping)));
    },
  };
}

interface RestParts {
  readonly metricsPerSkill?: Readonly<Record<string, RestAgents>>;
  readonly agentsMetrics: RestAgents;
  readonly metricsTotal: Values;
}

interface RestAgents {
  readonly metricsPerAgent: Readonly<Record<string, Values>>;
}

interface RestBody extends RestParts {
  readonly metricsByIntervals?: readonly { readonly timestamp: number; readonly metricsData: RestParts }[];
  readonly timeframeSummary?: RestParts;
}

/** Where REST has the values of each grouping. */
const REST_PARTS: Readonly<Record<string, (parts: RestParts) => PlacedValues[]>> = {
  total: ({ metricsTotal }) => [[{}, metricsTotal]],
  agent: ({ agentsMetrics }) => agentsIn(agentsMetrics, {}),
  "skill agent": ({ metricsPerSkill = {} }) => Object.entries(metricsPerSkill).flatMap(([skill, agents]) => agentsIn(agents, { skill })),
};

function partsOf(grouping: readonly Dimension[]): string {
  return grouping.filter((dimension) => dimension !== "interval").join(" ") || "total";
}

function agentsIn({ metricsPerAgent }: RestAgents, place: Place): PlacedValues[] {
  return Object.entries(metricsPerAgent).map(([agent, values]) => [{ ...place, agent }, values]);
}

function toParameters(queries: readonly Query[]): Record<string, string> {
  const [{ window, filter, metrics }] = queries as [Query];
  const { skillIds } = queries.find(({ grouping }) => grouping.includes("skill"))?.filter ?? filter;
  return {
    v: "2",
    fromMillis: String(window.startMs),
    toMillis: String(window.endMs),
    agentIds: listOf(filter.agentIds),
    skillIds: listOf(skillIds),
    groupIds: listOf(filter.groupIds),
    source: listOf(filter.sources),
    userType: filter.userType?.toLowerCase() ?? "all",
    metrics: listOf(metrics.length > 0 ? metrics : [TOTAL_METRIC]),
    ...intervalOf(queries, (minutes) => ({ interval: String(minutes) })),
  };
}

/** REST cannot say an empty list; nobody's id comes to the same. */
function listOf(ids: readonly string[] | null): string {
  return ids === null ? "all" : ids.join(",") || "nobody";
}

function restValues(body: RestBody, grouping: readonly Dimension[]): PlacedValues[] {
  const parts = REST_PARTS[partsOf(grouping)]!;
  const values = grouping.includes("interval")
    ? body.metricsByIntervals!.flatMap(({ timestamp, metricsData }) =>
        parts(metricsData).map(([place, cell]): PlacedValues => [{ interval: timestamp, ...place }, cell]),
      )
    : parts(body.timeframeSummary ?? body);
  return values.map(([place, cell]) => [place, withNulls(cell)]);
}

const AVERAGES: ReadonlySet<string> = new Set(METRICS.filter(({ denominator }) => denominator.length > 0).map(({ name }) => name));

/** REST says "nothing to average" with -1, and over no segments with 0. */
function withNulls(values: Values): Values {
  const none = values[TOTAL_METRIC] === 0 ? 0 : -1;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, AVERAGES.has(name) && value === none ? null : value]));
}

/** GraphQL parts by anything in any order; all queries go into one operation, under aliases. */
export const graphqlDoor: Door = {
  name: "GraphQL",
  canAsk: () => true,
  ask: async (gateway, accountId, queries) => {
    const [{ window, filter, metrics }] = queries as [Query];
    const fields = queries.map(({ grouping }, i) => `q${i}: ${selectionOf(grouping, metrics)}`);
    const minutes = intervalOf(queries, (width) => ({ minutes: width }));
    const { status, text, body } = await askTwice(
      gateway,
      `query Cells($account: ID!, $timeframe: Int!, $end: DateTime!, $filter: SegmentFilter${"minutes" in minutes ? ", $minutes: Int!" : ""}) {
        account(id: $account) { agentSegments(timeframe: $timeframe, endingAt: $end, filter: $filter) { ${fields.join(" ")} } }
      }`,
      {
        account: accountId,
        timeframe: (window.endMs - window.startMs) / MINUTE_MS,
        end: new Date(window.endMs).toISOString(),
        filter,
        ...minutes,
      },
    );
    if (status !== 200 || body.errors) throw new Error(`GraphQL answered ${status}: ${text}`);
    return queries.map((query, i) => toCells(query, graphqlValues(body.data.account.agentSegments[`q${i}`], query.grouping, {})));
  },
};

/** What is asked for the first time is executed by graphql-js; after that by code compiled for it, which writes parts itself. */
export async function askTwice(gateway: TestAsker, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<TestAnswer> {
  const first = await gateway.graphql(query, variables);
  const second = await gateway.graphql(query, variables);
  if (first.text !== second.text) throw new Error(`the answer became another one: ${first.text} | ${second.text}`);
  return second;
}

const GRAPHQL_FIELDS: Readonly<Record<Dimension, string>> = {
  agent: "agents { id",
  skill: "skills { id",
  interval: "intervals(minutes: $minutes) { start",
};

function selectionOf([dimension, ...rest]: readonly Dimension[], metrics: readonly MetricName[]): string {
  if (dimension === undefined) return `metrics { ${[TOTAL_METRIC, ...metrics].join(" ")} }`;
  return `${GRAPHQL_FIELDS[dimension]} ${selectionOf(rest, metrics)} }`;
}

interface GraphqlPart {
  readonly id?: string;
  readonly start?: string;
  readonly metrics?: Values;
  readonly agents?: readonly GraphqlPart[];
  readonly skills?: readonly GraphqlPart[];
  readonly intervals?: readonly GraphqlPart[];
}

/** @param found what stands at a place: its metrics, or the parts of the next dimension */
function graphqlValues(found: unknown, [dimension, ...rest]: readonly Dimension[], place: Place): PlacedValues[] {
  if (dimension === undefined) return [[place, found as Values]];
  return (found as readonly GraphqlPart[]).flatMap((part) => {
    const next = rest[0] === undefined ? part.metrics : part[`${rest[0]}s`];
    return graphqlValues(next, rest, { ...place, [dimension]: dimension === "interval" ? Date.parse(part.start!) : part.id });
  });
}

function intervalOf<Parameter extends object>(queries: readonly Query[], to: (minutes: number) => Parameter): Parameter | object {
  const intervalMs = queries.find((query) => query.intervalMs !== undefined)?.intervalMs;
  return intervalMs === undefined ? {} : to(intervalMs / MINUTE_MS);
}

/** In the reference's order; it has no cells without segments where there are dimensions, though a door may. */
function toCells({ grouping, metrics }: Query, values: readonly PlacedValues[]): ReferenceCell[] {
  return values
    .filter(([, cell]) => grouping.length === 0 || !isEmpty(cell))
    .toSorted(([a], [b]) => grouping.map((dimension) => compareIn(dimension, a, b)).find((order) => order !== 0) ?? 0)
    .map(([place, cell]) => toCell(place, cell, metrics));
}

function isEmpty(values: Values): boolean {
  if (values[TOTAL_METRIC] !== 0) return false;
  const wrong = Object.entries(values).filter(([name, value]) => value !== (AVERAGES.has(name) ? null : 0));
  if (wrong.length > 0) throw new Error(`over no segments there is ${JSON.stringify(Object.fromEntries(wrong))}`);
  return true;
}

function toCell(place: Place, values: Values, metrics: readonly MetricName[]): ReferenceCell {
  return { ...place, metrics: Object.fromEntries(metrics.map((name) => [name, values[name]!])) };
}

function compareIn(dimension: Dimension, a: Place, b: Place): number {
  return dimension === "interval" ? a.interval! - b.interval! : compareIds(a[dimension]!, b[dimension]!);
}
