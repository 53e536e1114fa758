import { METRIC_NAMES } from "@segmeter/engine";
import { atMost, toRow, type Benchmark, type Row } from "./benchmark.ts";
import { ACCOUNT_ID, agentIdOf, DAY_END_MS } from "./dataset.ts";
import type { Stage } from "./stage.ts";

/** Subscriptions over WebSockets, held by a process of its own, which posts the events too. */
export const PUSH_BENCHMARKS: readonly Benchmark[] = [
  { name: "P", question: "an event, from its post to the screens of 1,000 subscribers, everyMs: 250", run: timePushes },
];

const EVERY_MS = 250;
const DURATION_MS = 10_000;

async function timePushes(stage: Stage): Promise<readonly Row[]> {
  const { url } = await stage.served();
  const isSmall = stage.budgetMs === 0;
  const [subscribers, topics, eventsASecond] = isSmall ? [10, 5, 100] : [1_000, 50, 1_000];
  const metrics = `metrics { ${METRIC_NAMES.join(" ")} }`;
  const agentIds = Array.from({ length: 10 }, (_, agent) => agentIdOf(agent));
  stage.tell("P: measuring");
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const { isWhole, newsCount, p50, p99, ...found } = await stage.client().run("push", {
    url: `${url.replace("http", "ws")}/graphql`,
    eventsUrl: `${url}/v1/accounts/${ACCOUNT_ID}/events`,
    query: `subscription ($skillId: ID!) {
      agentSegments(accountId: "${ACCOUNT_ID}", timeframe: 60, everyMs: ${EVERY_MS}, filter: { skillIds: [$skillId] }) {
        ${metrics} agents(ids: ${JSON.stringify(agentIds)}) { id ${metrics} }
      }
    }`,
    skillIds: Array.from({ length: topics }, (_, skill) => `skill-${skill}`),
    agentId: agentIds[0]!,
    prefix: "p-",
    endMs: DAY_END_MS,
    subscribers,
    eventsASecond,
    durationMs: isSmall ? 2 * EVERY_MS : DURATION_MS,
  });
  const { user, system } = process.cpuUsage(cpu);
  const cpuShare = Math.round((user + system) / 10 / (performance.now() - beganMs));
  const load = `${subscribers} subscribers of ${topics} topics, ${Math.round(found.eventsASecond)} events/s`;
  const checksum = `${newsCount} news`;
  return [
    toRow({ name: "P p50", oursMs: p50, ratio: p50, unit: "ms", note: load, checksum }, atMost(EVERY_MS, "ms"), isWhole),
    toRow(
      { name: "P p99", oursMs: p99, ratio: p99, unit: "ms", note: `${load}; ${cpuShare} % of one core`, checksum },
      atMost(500, "ms"),
      isWhole,
    ),
  ];
}
