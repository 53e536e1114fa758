import type { Benchmark } from "./benchmark.ts";
import { CLUSTER_BENCHMARK } from "./cluster-benchmark.ts";
import { ENGINE_BENCHMARKS } from "./engine-benchmarks.ts";
import { HTTP_BENCHMARKS } from "./http-benchmarks.ts";
import { LOG_BENCHMARKS } from "./log-benchmarks.ts";
import { MEMORY_BENCHMARK } from "./memory-benchmark.ts";
import { PUSH_BENCHMARKS } from "./push-benchmarks.ts";
import { START_BENCHMARK } from "./start-benchmark.ts";

/** Everything that the bench measures, in the order in which it is measured. */
export const BENCHMARKS: readonly Benchmark[] = [
  ...ENGINE_BENCHMARKS,
  ...LOG_BENCHMARKS,
  START_BENCHMARK,
  ...HTTP_BENCHMARKS,
  ...PUSH_BENCHMARKS,
  CLUSTER_BENCHMARK,
  MEMORY_BENCHMARK,
];
