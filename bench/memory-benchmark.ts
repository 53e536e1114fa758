import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { atMost, toRow, type Benchmark, type Row } from "./benchmark.ts";
import type { Stage } from "./stage.ts";

const SEGMENTS_TIMES = 5;
/** Of each account, where there are many. */
const ACCOUNT_SEGMENTS = 20_000;

export const MEMORY_BENCHMARK: Benchmark = {
  name: "M",
  question: "resident memory a closed segment, two a conversation; JavaScript's an account",
  run: measureMemory,
};

interface Told {
  readonly emptyBytes: number;
  readonly loadedBytes: number;
  readonly counted: number;
}

/** In processes of their own, started as the gateway is. */
async function measureMemory(stage: Stage): Promise<readonly Row[]> {
  return [measureSegments(stage), measureAccounts(stage)];
}

/** Everything counts: Node itself too. */
function measureSegments(stage: Stage): Row {
  const segmentCount = stage.segmentCount * SEGMENTS_TIMES;
  stage.tell(`M: folding ${segmentCount} segments in a process of their own`);
  const { emptyBytes, loadedBytes, counted } = run(new URL("memory.ts", import.meta.url), segmentCount);
  const ratio = loadedBytes / segmentCount;
  const note = `${Math.round(loadedBytes / 1e6)} MB, of them ${Math.round(emptyBytes / 1e6)} before the first segment`;
  return toRow({ name: "M", ratio, unit: "bytes", checksum: `${counted} segments`, note }, atMost(200, "bytes"), counted === segmentCount);
}

/** What each account takes beside the first, but for what lies in the engine's memory. */
function measureAccounts(stage: Stage): Row {
  const accountCount = Math.ceil(stage.segmentCount / ACCOUNT_SEGMENTS);
  const segmentCount = Math.min(stage.segmentCount, ACCOUNT_SEGMENTS);
  stage.tell(`M: folding ${segmentCount} segments of each of ${accountCount} accounts`);
  const { emptyBytes, loadedBytes, counted } = run(new URL("accounts.ts", import.meta.url), accountCount, segmentCount);
  const ratio = (loadedBytes - emptyBytes) / accountCount / 1e6;
  const note = `JavaScript's heap an account of ${segmentCount} segments in a day and 130 agents; ${accountCount} of them`;
  const isSame = counted === accountCount * segmentCount;
  return toRow({ name: "M", ratio, unit: "MB", checksum: `${counted} segments`, note }, atMost(1, "MB"), isSame);
}

function run(file: URL, ...numbers: readonly number[]): Told {
  const path = fileURLToPath(file);
  const told = execFileSync(process.execPath, ["--expose-gc", "--max-semi-space-size=16", path, ...numbers.map(String)], {
    encoding: "utf8",
  });
  return JSON.parse(told) as Told;
}
