import type { Answer, Query } from "@segmeter/engine";
import type { ReferenceCell } from "./reference.ts";

/** An engine's answer as the reference writes it. */
export function cellsOf(answer: Answer, { metrics }: Query): ReferenceCell[] {
  return Array.from({ length: answer.cellCount }, (_, cell) => ({
    ...(answer.intervals && { interval: answer.intervals.values[answer.intervals.indexes[cell]!]! }),
    ...(answer.skills && { skill: answer.skills.values[answer.skills.indexes[cell]!]! }),
    ...(answer.agents && { agent: answer.agents.values[answer.agents.indexes[cell]!]! }),
    metrics: Object.fromEntries(metrics.map((name) => [name, answer.reader(name)(cell)])),
  })) as ReferenceCell[];
}
