import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { atMost, toRow, type Benchmark, type Row } from "./benchmark.ts";
import type { Stage } from "./stage.ts";

const SEGMENTS_TIMES = 5;

export const MEMORY_BENCHMARK: Benchmark = {
  name: "M",
  question: "resident memory a closed segment, two a conversation",
  run: measureMemory,
};

/** In a process of its own, started as the gateway is, of which everything counts: Node itself too. */
async function measureMemory(stage: Stage): Promise<readonly Row[]> {
  const segmentCount = stage.segmentCount * SEGMENTS_TIMES;
  stage.tell(`M: folding ${segmentCount} segments in a process of their own`);
  const path = fileURLToPath(new URL("memory.ts", import.meta.url));
  const told = execFileSync(process.execPath, ["--expose-gc", "--max-semi-space-size=16", path, String(segmentCount)], {
    encoding: "utf8",
  });
  const { emptyBytes, loadedBytes, counted } = JSON.parse(told) as { emptyBytes: number; loadedBytes: number; counted: number };
  const ratio = loadedBytes / segmentCount;
  const note = `${Math.round(loadedBytes / 1e6)} MB, of them ${Math.round(emptyBytes / 1e6)} before the first segment`;
  return [
    toRow({ name: "M", ratio, unit: "bytes", checksum: `${counted} segments`, note }, atMost(200, "bytes"), counted === segmentCount),
  ];
}
