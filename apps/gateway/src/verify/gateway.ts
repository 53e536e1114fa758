import { METRIC_NAMES, MINUTE_MS, type Dimension, type MetricName, type Window } from "@segmeter/engine";
import type { ReferenceCell } from "@segmeter/reference";
import { DAY_MS, type CountedDay } from "./counted-segments.ts";
import type { Difference } from "./differences.ts";
import { numberDifferences } from "./number-differences.ts";

const HOUR_MS = 60 * MINUTE_MS;
const GROUPINGS: readonly (readonly Dimension[])[] = [[], ["agent"], ["skill", "agent"], ["interval"]];
const INTERVAL_MINUTES = 15;

const METRIC_SET = `metrics { ${METRIC_NAMES.join(" ")} }`;
/** What every gateway answers, whatever else it refuses. */
export const VERIFY_OPERATION = `query Verify($account: ID!, $end: DateTime!) {
  account(id: $account) { agentSegments(timeframe: 60, endingAt: $end) {
    ${METRIC_SET} agents { id ${METRIC_SET} } skills { id agents { id ${METRIC_SET} } } intervals(minutes: ${INTERVAL_MINUTES}) { start ${METRIC_SET} }
  } }
}`;

/** Puts an operation to the gateway; null: it is about a time that the gateway does not keep any more. */
export type AskGateway = (operation: { readonly query: string; readonly variables: object }) => Promise<unknown>;

type Values = Readonly<Record<MetricName, number | null>>;

interface AnsweredPart {
  readonly metrics: Values;
}

interface AnsweredHour extends AnsweredPart {
  readonly agents: readonly (AnsweredPart & { readonly id: string })[];
  readonly skills: readonly { readonly id: string; readonly agents: readonly (AnsweredPart & { readonly id: string })[] }[];
  readonly intervals: readonly (AnsweredPart & { readonly start: string })[];
}

/**
 * Holds the answers of a gateway that runs against the reference, hour by hour from the day's start on.
 *
 * @param untilMs only hours that end by then: the one that runs changes all the time
 */
export async function differencesOfHours(ask: AskGateway, day: CountedDay, untilMs: number): Promise<Difference[]> {
  const differences: Difference[] = [];
  const { accountId } = day;
  const segments = day.segments.map(({ segment }) => segment);
  const byHour = Map.groupBy(segments, ({ endMs }) => endMs - ((endMs - day.startMs) % HOUR_MS));
  for (let startMs = day.startMs; startMs < Math.min(day.startMs + DAY_MS, untilMs - HOUR_MS + 1); startMs += HOUR_MS) {
    const window = { startMs, endMs: startMs + HOUR_MS };
    const hour = byHour.get(startMs) ?? [];
    const answered = await askHour(ask, accountId, window);
    if (answered === null) continue;
    const asked = { accountId, window, segments: hour, groupings: GROUPINGS, intervalMs: INTERVAL_MINUTES * MINUTE_MS };
    differences.push(...numberDifferences(asked, ({ grouping }) => cellsIn(answered, grouping)));
  }
  return differences;
}

async function askHour(ask: AskGateway, account: string, { endMs }: Window): Promise<AnsweredHour | null> {
  const answer = (await ask({ query: VERIFY_OPERATION, variables: { account, end: new Date(endMs).toISOString() } })) as {
    readonly data: { readonly account: { readonly agentSegments: AnsweredHour } };
  } | null;
  return answer && answer.data.account.agentSegments;
}

function cellsIn({ metrics, agents, skills, intervals }: AnsweredHour, [dimension]: readonly Dimension[]): ReferenceCell[] {
  switch (dimension) {
    case undefined:
      return [{ metrics }];
    case "agent":
      return agents.map(({ id, metrics: ofAgent }) => ({ agent: id, metrics: ofAgent }));
    case "skill":
      return skills.flatMap(({ id, agents: ofSkill }) => ofSkill.map((agent) => ({ skill: id, agent: agent.id, metrics: agent.metrics })));
    default:
      // The reference has no intervals without segments.
      return intervals
        .filter(({ metrics: { totalAgentConversationSegments: count } }) => count !== 0)
        .map(({ start, metrics: ofInterval }) => ({ interval: Date.parse(start), metrics: ofInterval }));
  }
}
