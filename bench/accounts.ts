import { Engine, TOTAL_METRIC, type History } from "@segmeter/engine";
import { conversationsOf } from "./dataset.ts";
import { QUESTIONS } from "./questions.ts";

// A process that the memory benchmark starts: loads many accounts, and tells how much of JavaScript's memory they take.

const AGENTS = 130;

const [accountCount, segmentCount] = process.argv.slice(2).map(Number) as [number, number];
// What is kept ready of conversations has a bound of its own, for all accounts together.
const engine = new Engine({ readyConversationsMax: 0 });
load(0);
const emptyBytes = heapBytes();
for (let account = 1; account <= accountCount; account++) load(account);
const loadedBytes = heapBytes();
let counted = 0;
for (let account = 1; account <= accountCount; account++) {
  counted += engine.ask(`account-${account}`, QUESTIONS.E1).reader(TOTAL_METRIC)(0)!;
}
process.stdout.write(JSON.stringify({ emptyBytes, loadedBytes, counted }));

function load(account: number): void {
  for (const chunk of conversationsOf(segmentCount, AGENTS)) engine.load(chunk.map((history) => inAccount(account, history)));
  for (const _ of engine.finishLoading()) {
    // Nobody waits for a turn.
  }
}

function inAccount(account: number, { key, events }: History): History {
  return { key: account * segmentCount + key, accountId: `account-${account}`, events };
}

/** Twice, since what finalisers let go of is free only after the second. */
function heapBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
