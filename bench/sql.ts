import { METRICS, type MetricName, type Query } from "@segmeter/engine";
import { DAY_START_MS } from "./dataset.ts";
import { MILLION } from "./checksum.ts";
import { tableOf, type Sorting } from "./database.ts";
import type { SegmentTable } from "./segment-table.ts";

/** What the two databases say differently. */
export interface Dialect {
  /** Whole-number division, truncated; null where the divisor is 0. */
  readonly divide: (numerator: string, denominator: string) => string;
  readonly toDouble: (expression: string) => string;
  readonly sumWhere: (expression: string, condition: string) => string;
  readonly countWhere: (condition: string) => string;
  /** Width of an interval in ms, of a column that is ms since the start of the day. */
  readonly intervalOf: (column: string, widthMs: number) => string;
}

/** The eleven metrics of the contract's section 3, over the columns of `segment-table.ts`. */
function selectMetrics(dialect: Dialect): Readonly<Record<MetricName, string>> {
  const { divide, toDouble, sumWhere, countWhere } = dialect;
  const isNew = "start_reason = 0";
  const isTransfer = "start_reason = 1";
  return {
    totalAgentConversationSegments: "count(*)",
    avgAgentMessagesinAgentSegment: `${toDouble("sum(responses)")} / ${toDouble("count(*)")}`,
    avgAgentSegmentDuration: divide("sum(duration_ms)", "count(*)"),
    interactiveAgentSegments: countWhere("outcome = 0"),
    agentSegmentsAbandonedByConsumers: countWhere("outcome = 1"),
    agentSegmentsWithNonResponsiveConsumers: countWhere("outcome = 2"),
    agentSegmentsWithNonResponsiveAgents: countWhere("outcome = 3"),
    avgTimetoFirstAgentMessageFromAgentAssignment: divide("sum(first_response_ms)", "sum(first_responses)"),
    avgTimetoFirstAgentMessageFromAgentAssignment_AfterTransfer: divide(
      sumWhere("first_response_ms", isTransfer),
      sumWhere("first_responses", isTransfer),
    ),
    avgTimetoFirstAgentMessageFromAgentAssignment_NewConversation: divide(
      sumWhere("first_response_ms", isNew),
      sumWhere("first_responses", isNew),
    ),
    avgTimeToResponseFromAgentAssignment: divide("sum(response_ms)", "sum(responses)"),
  };
}

/** @returns the question in SQL, keys first, then the metrics asked for as m0, m1… */
export function toSql(query: Query, table: SegmentTable, sorting: Sorting, dialect: Dialect): string {
  const { window, filter, grouping, intervalMs = 0, metrics } = query;
  const keys = grouping.map((dimension) =>
    dimension === "interval" ? `${dialect.intervalOf("end_ms", intervalMs)} AS part` : dimension === "agent" ? "agent" : "skill",
  );
  const names = grouping.map((dimension) => (dimension === "interval" ? "part" : dimension));
  const conditions = [`end_ms >= ${window.startMs - DAY_START_MS}`, `end_ms < ${window.endMs - DAY_START_MS}`];
  if (filter.userType !== null) conditions.push(`user_type = ${table.codeOf("userType", filter.userType)}`);
  if (filter.sources !== null) conditions.push(oneOf("source", filter.sources, (source) => table.codeOf("source", source)));
  if (filter.agentIds !== null) conditions.push(oneOf("agent", filter.agentIds, (agent) => table.codeOf("agent", agent)));
  if (filter.skillIds !== null || filter.groupIds !== null) throw new Error("the benchmarks ask for no skills and groups by name");
  const expressions = selectMetrics(dialect);
  const columns = [...keys, ...metrics.map((name, m) => `${expressions[name]} AS m${m}`)];
  const groups = names.length > 0 ? ` GROUP BY ${names.join(", ")}` : "";
  return `SELECT ${columns.join(", ")} FROM ${tableOf(sorting)} WHERE ${conditions.join(" AND ")}${groups}`;
}

/** @returns one row for all eleven metrics: what `checksumOf` computes, in the database */
export function toChecksumSql(query: Query, table: SegmentTable, sorting: Sorting, dialect: Dialect): string {
  const sums = METRICS.map(({ type }, m) => (type === "Double" ? `sum(floor(m${m} * ${MILLION} + 0.5))` : `sum(coalesce(m${m}, 0))`));
  return `SELECT ${["count(*)", ...sums].map((sum) => dialect.toDouble(sum)).join(", ")} FROM (${toSql(query, table, sorting, dialect)}) AS cells`;
}

function oneOf(column: string, words: readonly string[], codeOf: (word: string) => number): string {
  const codes = words.map(codeOf);
  return codes.length === 1 ? `${column} = ${codes[0]}` : `${column} IN (${codes.join(", ")})`;
}
