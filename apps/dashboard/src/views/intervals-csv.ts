import type { Series } from "../board.ts";
import { toCsv } from "../csv/csv.ts";
import { METRIC_NAMES } from "../metrics/metrics.ts";
import type { View } from "../view/view.ts";

/** Every interval with all eleven metrics; split, with the skill's or agent's id before them. Times as the API writes them. */
export function intervalsCsv(split: View["split"], series: readonly Series[]): string {
  const idHead = { none: [], skill: ["skillId"], agent: ["agentId"] }[split];
  return toCsv([
    ["start", "end", ...idHead, ...METRIC_NAMES],
    ...series.flatMap(({ id, intervals }) =>
      intervals.map(({ startMs, endMs, metrics }) => [
        new Date(startMs).toISOString(),
        new Date(endMs).toISOString(),
        ...(id === null ? [] : [id]),
        ...METRIC_NAMES.map((name) => metrics[name]),
      ]),
    ),
  ]);
}
