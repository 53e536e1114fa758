import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { NO_FILTER, OUTCOMES, START_REASONS, type Engine } from "@segmeter/engine";
import { ACCOUNT_ID, DAY_END_MS, DAY_START_MS } from "./dataset.ts";

/** The columns of the peers' table, in order, with the range of each: whole numbers as narrow as they can be. */
export const COLUMNS = [
  { name: "end_ms", bits: 32 },
  { name: "agent", bits: 16 },
  { name: "skill", bits: 8 },
  { name: "team", bits: 8 },
  { name: "source", bits: 8 },
  { name: "user_type", bits: 8 },
  { name: "start_reason", bits: 8 },
  { name: "outcome", bits: 8 },
  { name: "responses", bits: 16 },
  { name: "first_responses", bits: 8 },
  { name: "duration_ms", bits: 32 },
  { name: "response_ms", bits: 32 },
  { name: "first_response_ms", bits: 32 },
] as const;

type Coded = "agent" | "skill" | "group" | "source" | "userType";

/** The same segments that the engine holds, as a file that both databases read; words are numbered. */
export interface SegmentTable {
  readonly path: string;
  readonly rowCount: number;
  readonly codeOf: (column: Coded, word: string) => number;
}

const WRITE_BYTES = 1 << 20;

/** Writes what `engine.list` has as tab-separated whole numbers, in the order of `COLUMNS`. */
export async function writeSegmentTable(engine: Engine, path: string): Promise<SegmentTable> {
  const codes: Record<Coded, Map<string, number>> = {
    agent: new Map(),
    skill: new Map(),
    group: new Map(),
    source: new Map(),
    userType: new Map(),
  };
  const codeOf = (column: Coded, word: string): number => {
    const known = codes[column].get(word);
    if (known !== undefined) return known;
    codes[column].set(word, codes[column].size);
    return codes[column].size - 1;
  };
  const file = createWriteStream(path);
  let rowCount = 0;
  let text = "";
  for (const segment of engine.list(ACCOUNT_ID, { startMs: DAY_START_MS, endMs: DAY_END_MS }, NO_FILTER)) {
    const row = [
      segment.endMs - DAY_START_MS,
      codeOf("agent", segment.agentId),
      codeOf("skill", segment.skillId ?? ""),
      codeOf("group", segment.groupId ?? ""),
      codeOf("source", segment.source),
      codeOf("userType", segment.userType),
      START_REASONS.indexOf(segment.startReason),
      OUTCOMES.indexOf(segment.outcome),
      segment.responseCount,
      segment.firstResponseMs === null ? 0 : 1,
      segment.endMs - segment.startMs,
      segment.responseMs,
      segment.firstResponseMs ?? 0,
    ];
    text += `${row.join("\t")}\n`;
    rowCount += 1;
    if (text.length < WRITE_BYTES) continue;
    if (!file.write(text)) await once(file, "drain");
    text = "";
  }
  file.end(text);
  await once(file, "finish");
  return { path, rowCount, codeOf };
}
