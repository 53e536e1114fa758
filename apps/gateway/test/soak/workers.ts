import { setTimeout as delay } from "node:timers/promises";
import { MINUTE_MS } from "@segmeter/engine";
import type { Random } from "@segmeter/testkit";
import type { Book } from "./book.ts";
import type { Feed } from "./feed.ts";
import type { Pace } from "./pace.ts";
import { ask, type Tally } from "./tally.ts";

/** Where to ask, and as whom. */
export interface Place {
  readonly url: string;
  readonly token: string;
}

const RETRY_MS = 100;
/** A batch that is not taken for so long never will be. */
const TAKEN_MS_MAX = 180_000;
/** How often a batch is sent again although it was acknowledged. */
const REPEATED = 0.01;

export interface SendCounts {
  /** Batches that were refused or cut off, and acknowledged on a later try. */
  recoveredCount: number;
  /** Events of these that the gateway had taken before, and did not take again. */
  foundCount: number;
  /** Events that were sent again although acknowledged. */
  repeatedCount: number;
}

export interface SenderOptions {
  readonly place: Place;
  readonly accountId: string;
  readonly feed: Feed;
  readonly random: Random;
  readonly pace: Pace;
  readonly tally: Tally;
  readonly counts: SendCounts;
  readonly book: Book;
}

interface IngestAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly unknown[];
}

/** Sends batch after batch, each until it is acknowledged, as a source of events should. */
export async function sendBatches(options: SenderOptions, signal: AbortSignal): Promise<void> {
  const { accountId, feed, random, pace, counts, book } = options;
  while (!signal.aborted) {
    await pace.turn(signal);
    const batch = feed.next();
    const { answer, tries } = await sendUntilTaken(options, JSON.stringify(batch));
    if (tries > 1) {
      counts.recoveredCount += 1;
      counts.foundCount += answer.duplicates;
    } else if (answer.duplicates > 0) throw new Error(`${accountId}: new events were found to be duplicates: ${JSON.stringify(answer)}`);
    if (answer.accepted + answer.duplicates !== batch.length)
      throw new Error(`${accountId}: events were refused: ${JSON.stringify(answer)}`);
    book.add(accountId, batch);
    if (!random.chance(REPEATED)) continue;
    const again = await sendUntilTaken(options, JSON.stringify(batch));
    counts.repeatedCount += batch.length;
    if (again.answer.accepted > 0) throw new Error(`${accountId}: acknowledged events were lost: ${JSON.stringify(again.answer)}`);
  }
}

async function sendUntilTaken(
  { place: { url, token }, accountId, tally }: SenderOptions,
  body: string,
): Promise<{ readonly answer: IngestAnswer; readonly tries: number }> {
  const begin = performance.now();
  for (let tries = 1; performance.now() - begin < TAKEN_MS_MAX; tries++) {
    const asked = await ask(tally, `${url}/v1/accounts/${accountId}/events`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body,
    });
    if (asked.kind === "answered") return { answer: JSON.parse(asked.text) as IngestAnswer, tries };
    await delay(asked.kind === "refused" ? asked.retryAfterMs : RETRY_MS);
  }
  throw new Error(`${accountId}: a batch was not taken within ${TAKEN_MS_MAX} ms`);
}

export interface AskerOptions {
  readonly place: Place;
  readonly accounts: readonly { readonly accountId: string; readonly feed: Feed }[];
  readonly random: Random;
  readonly pace: Pace;
  readonly tally: Tally;
}

const REST_PARAMETERS = ["", "&skillIds=all", "&agentIds=4501,4502,4503", "&groupIds=3", "&userType=bot", "&interval=20&skillIds=all"];
const TIMEFRAMES = [20, 60, 240, 1_200];

/** Asks the original REST method one question after another; each answer is held against itself. */
export async function askRest({ place: { url, token }, accounts, random, pace, tally }: AskerOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pace.turn(signal);
    const { accountId, feed } = random.pick(accounts);
    const fromMillis = feed.edgeMs - random.pick(TIMEFRAMES) * MINUTE_MS;
    const parameters = `v=2&fromMillis=${fromMillis}&toMillis=${feed.edgeMs}${random.pick(REST_PARAMETERS)}`;
    const path = `/operations/api/account/${accountId}/msgagentsegments?${parameters}`;
    const asked = await ask(tally, url + path, { headers: { authorization: `Bearer ${token}` } });
    if (asked.kind !== "answered") await delay(RETRY_MS);
    else assertWhole(path, wholeOfRest(asked.text));
  }
}

const OPERATION = `query ($account: ID!, $timeframe: Int!, $end: DateTime!, $agents: [ID!]) {
  account(id: $account) { agentSegments(timeframe: $timeframe, endingAt: $end) {
    metrics { totalAgentConversationSegments avgTimeToResponseFromAgentAssignment avgAgentSegmentDuration }
    agents { id metrics { totalAgentConversationSegments interactiveAgentSegments } }
    skills { id metrics { totalAgentConversationSegments } agents(ids: $agents) { id metrics { avgAgentSegmentDuration } } }
  } }
}`;

/** The same in GraphQL, nested. */
export async function askGraphql(
  { place: { url, token }, accounts, random, pace, tally }: AskerOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pace.turn(signal);
    const { accountId, feed } = random.pick(accounts);
    const variables = {
      account: accountId,
      timeframe: random.pick(TIMEFRAMES),
      end: new Date(feed.edgeMs).toISOString(),
      agents: random.pick([null, ["4501", "4520"]]),
    };
    const asked = await ask(tally, `${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: OPERATION, variables }),
    });
    if (asked.kind !== "answered") await delay(RETRY_MS);
    else assertWhole(JSON.stringify(variables), wholeOfGraphql(asked.text));
  }
}

/** A total, and the totals of the agents that it is of. */
interface Whole {
  readonly total: number;
  readonly ofAgents: readonly number[];
}

interface Counted {
  readonly totalAgentConversationSegments: number;
}

interface RestParts {
  readonly agentsMetrics: { readonly metricsPerAgent: Readonly<Record<string, Counted>> };
  readonly metricsTotal: Counted;
}

function wholeOfRest(text: string): Whole {
  const body = JSON.parse(text) as RestParts & { readonly timeframeSummary?: RestParts };
  const { agentsMetrics, metricsTotal } = body.timeframeSummary ?? body;
  return { total: countOf(metricsTotal), ofAgents: Object.values(agentsMetrics.metricsPerAgent).map(countOf) };
}

interface GraphqlAnswer {
  readonly errors?: unknown;
  readonly data: {
    readonly account: { readonly agentSegments: { readonly metrics: Counted; readonly agents: readonly { readonly metrics: Counted }[] } };
  };
}

function wholeOfGraphql(text: string): Whole {
  const { data, errors } = JSON.parse(text) as GraphqlAnswer;
  if (errors !== undefined) throw new Error(`GraphQL answered ${text}`);
  const { metrics, agents } = data.account.agentSegments;
  return { total: countOf(metrics), ofAgents: agents.map((agent) => countOf(agent.metrics)) };
}

function countOf({ totalAgentConversationSegments }: Counted): number {
  return totalAgentConversationSegments;
}

function assertWhole(question: string, { total, ofAgents }: Whole): void {
  const sum = ofAgents.reduce((counted, count) => counted + count, 0);
  if (sum !== total) throw new Error(`${question}: the agents have ${sum} segments, all together ${total}`);
}
