import { expect, test } from "vitest";
import { Engine, METRIC_NAMES, NO_FILTER, TOTAL_METRIC, type Answer } from "../src/index.ts";

const QUERY = { window: { startMs: 0, endMs: 86_400_000 }, filter: NO_FILTER, grouping: [], metrics: METRIC_NAMES };

test("the memory of an answer is that of the next one when it is closed, and of no two at a time", () => {
  const engine = new Engine();
  const ask = (): Answer => engine.ask("a", QUERY);
  const closed = ask();
  const open = ask();
  closed.metric(TOTAL_METRIC).fill(7);
  closed.close();
  closed.close();
  const [next, another] = [ask(), ask()];
  expect(memoryOf(next)).toBe(memoryOf(closed));
  expect(new Set([open, next, another].map(memoryOf)).size).toBe(3);
  expect([open, next, another].map((answer) => answer.reader(TOTAL_METRIC)(0))).toEqual([0, 0, 0]);
});

function memoryOf(answer: Answer): ArrayBufferLike {
  return answer.metric(TOTAL_METRIC).buffer;
}
