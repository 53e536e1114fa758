import { Engine, TOTAL_METRIC } from "@segmeter/engine";
import { ACCOUNT_ID, conversationsOf } from "./dataset.ts";
import { QUESTIONS } from "./questions.ts";

// The process that the memory benchmark starts: loads an engine, and tells how much memory it takes.

const segmentCount = Number(process.argv[2]);
const emptyBytes = residentBytes();
const engine = new Engine();
for (const chunk of conversationsOf(segmentCount)) engine.load(chunk);
const loadedBytes = residentBytes();
const counted = engine.ask(ACCOUNT_ID, QUESTIONS.E1).reader(TOTAL_METRIC)(0);
process.stdout.write(JSON.stringify({ emptyBytes, loadedBytes, counted }));

/** Twice, since what finalisers let go of is free only after the second. */
function residentBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
