import { BATCH_EVENTS } from "./feed.ts";
import type { LoadReport } from "./run.ts";
import { textOf, type SoakReport } from "./soak.ts";
import type { Tally } from "./tally.ts";

/** Whether nothing was lost, nothing stands twice, and no number is wrong. */
export function isWhole({ acknowledgedCount, log, verified, load }: SoakReport): boolean {
  const { eventCount, lostCount, doubleCount, alteredCount } = log;
  return eventCount === acknowledgedCount && lostCount + doubleCount + alteredCount + load.pushed.silentCount === 0 && verified.isRight;
}

/** A report that reads well as text and as Markdown. */
export function toText(report: SoakReport): string {
  const { seed, capacity, capacityLoad, load, acknowledgedCount, log, verified } = report;
  const { sends, pushed, recoveriesMs } = load;
  return [
    `Seed ${seed}; ${minutesOf(load)} minutes at half of the capacity measured before: ${textOf(capacity)}`,
    `(${seconds(capacityLoad.durationMs)} s without a pause; the gateway used ${capacityLoad.cores.toFixed(2)} cores).`,
    "",
    "| what | sent | answered | refused, to come again | cut off by a kill | p50 ms | p99 ms |",
    "| --- | --: | --: | --: | --: | --: | --: |",
    rowOf(`batches of ${BATCH_EVENTS} events`, load.ingest),
    rowOf("REST", load.rest),
    rowOf("GraphQL", load.graphql),
    "",
    "| what | |",
    "| --- | --: |",
    ...Object.entries({
      "kill -9, and started again on the same folder": recoveriesMs.length,
      "ready again after, s":
        recoveriesMs.length === 0 ? "–" : `${seconds(Math.min(...recoveriesMs))} to ${seconds(Math.max(...recoveriesMs))}`,
      "batches refused or cut off, and acknowledged on a later try": sends.recoveredCount,
      "events of these that had been stored before the kill, and were not taken again": sends.foundCount,
      "events sent again after they were acknowledged, none taken": sends.repeatedCount,
      "subscriptions held through all of it": pushed.heldCount,
      "answers pushed to them": pushed.answeredCount,
      "subscriptions that fell silent": pushed.silentCount,
      "memory at most, MiB": load.peakRssMib,
      "event loop at work at a stretch, at most, ms": Math.round(load.stallMsMax),
      "cores used by the gateway": load.cores.toFixed(2),
      "events acknowledged, by the client's book": acknowledgedCount,
      "events in the log": log.eventCount,
      "**lost**": log.lostCount,
      "**double**": log.doubleCount,
      "conversations with other events than sent": log.alteredCount,
    }).map(([what, value]) => `| ${what} | ${value} |`),
    "",
    `\`segmeter verify\`: ${verified.text.split("\n").join("; ")}`,
    ...log.examples.map((example) => `- ${example}`),
  ].join("\n");
}

function rowOf(what: string, { sent, answered, refused, cutOff, durationsMs }: Tally): string {
  const refusals = [...refused].map(([status, count]) => `${count} × ${status}`).join(", ") || "0";
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const quantile = (share: number): string => (sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN).toFixed(1);
  return `| ${what} | ${sent} | ${answered} | ${refusals} | ${cutOff} | ${quantile(0.5)} | ${quantile(0.99)} |`;
}

function minutesOf({ durationMs }: LoadReport): string {
  return (durationMs / 60_000).toFixed(1);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
