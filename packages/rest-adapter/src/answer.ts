import type { Block, Dimension, MetricName, Query } from "@segmeter/engine";
import type { Question } from "./parameters.ts";

/** Answers one query, block by block. */
export type Ask = (query: Query) => Iterable<Block>;

/**
 * Answers a request in the original shape. Everything is asked before the first piece comes, so that what happens
 * meanwhile is in no part of the answer.
 *
 * @returns the JSON text of the answer in pieces, an interval each; whoever stops early ends the iteration
 */
export function* answerQuestion(question: Question, ask: Ask): Generator<string, void> {
  const { intervalMs } = question;
  const whole = new Parts(question, ask, []);
  const byInterval = intervalMs === null ? null : new Parts(question, ask, ["interval"]);
  try {
    if (intervalMs === null || byInterval === null) yield whole.write(0);
    else yield* writeIntervals(question, intervalMs, byInterval, whole);
  } finally {
    whole.close();
    byInterval?.close();
  }
}

function* writeIntervals({ window }: Question, intervalMs: number, byInterval: Parts, whole: Parts): Generator<string, void> {
  const intervalCount = (window.endMs - window.startMs) / intervalMs;
  yield '{"metricsByIntervals":[';
  for (let interval = 0; interval < intervalCount; interval++) {
    const timestamp = window.startMs + interval * intervalMs;
    yield `${interval > 0 ? "," : ""}{"timestamp":${timestamp},"metricsData":${byInterval.write(interval)}}`;
  }
  yield `],"timeframeSummary":${whole.write(0)}}`;
}

/** The three parts that every level of the original answer has, for the whole window or interval by interval. */
class Parts {
  readonly #metrics: readonly MetricName[];
  readonly #skills: Cursor | null;
  readonly #agents: Cursor;
  readonly #total: Cursor;

  constructor(question: Question, ask: Ask, outer: readonly Dimension[]) {
    const { window, filter, perSkill, metrics, intervalMs } = question;
    const cursorBy = (grouping: readonly Dimension[], skillIds: readonly string[] | null): Cursor =>
      new Cursor(
        ask({
          window,
          filter: { ...filter, skillIds },
          grouping: [...outer, ...grouping],
          ...(outer.length > 0 && intervalMs !== null && { intervalMs }),
          metrics,
        }),
        metrics,
      );
    this.#metrics = metrics;
    this.#skills = perSkill && cursorBy(["skill", "agent"], perSkill.skillIds);
    this.#agents = cursorBy(["agent"], null);
    this.#total = cursorBy([], null);
  }

  /** @param interval ascending from call to call; 0 for the whole window */
  write(interval: number): string {
    const perSkill = this.#skills ? `"metricsPerSkill":${writeSkills(this.#skills.take(interval))},` : "";
    const perAgent = writeAgents(this.#agents.take(interval));
    return `{${perSkill}"agentsMetrics":${perAgent},"metricsTotal":${this.#writeTotal(this.#total.take(interval))}}`;
  }

  close(): void {
    for (const cursor of [this.#skills, this.#agents, this.#total]) cursor?.close();
  }

  /** Over no segments the original's total is zero throughout, its averages too. */
  #writeTotal(runs: Iterable<Cells>): string {
    for (const { block, from, metrics } of runs) {
      if (block.metric("totalAgentConversationSegments")[from] !== 0) return writeMetrics(metrics, from);
    }
    return `{${this.#metrics.map((name) => `"${name}":0`).join(",")}}`;
  }
}

/** Cells `[from, to)` of a block, and its metrics as they are to be written. */
interface Cells {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
  readonly metrics: readonly Labelled[];
}

interface Labelled {
  /** `"name":`, and before it what separates it from the metric before */
  readonly label: string;
  readonly values: Float64Array;
}

/** Reads the blocks of a query interval by interval. */
class Cursor {
  readonly #blocks: Iterator<Block>;
  readonly #names: readonly MetricName[];
  #block: Block | null = null;
  #metrics: Labelled[] = [];
  #cell = 0;

  constructor(blocks: Iterable<Block>, names: readonly MetricName[]) {
    this.#blocks = blocks[Symbol.iterator]();
    this.#names = names;
    this.#nextBlock();
  }

  /**
   * The cells of an interval; without a grouping by interval, all of them. They may lie in several blocks, but for those
   * of one skill; each run of them is gone when the next is taken.
   */
  *take(interval: number): Generator<Cells, void> {
    for (; this.#block; this.#nextBlock()) {
      const block = this.#block;
      const from = this.#cell;
      const indexes = block.intervals?.indexes;
      let to = from;
      while (to < block.cellCount && (indexes === undefined || indexes[to] === interval)) to++;
      this.#cell = to;
      if (from < to) yield { block, from, to, metrics: this.#metrics };
      if (to < block.cellCount) return;
    }
  }

  close(): void {
    this.#blocks.return?.();
  }

  #nextBlock(): void {
    const next = this.#blocks.next();
    const block = next.done ? null : next.value;
    this.#block = block;
    this.#cell = 0;
    if (block) this.#metrics = this.#names.map((name, i) => ({ label: `${i > 0 ? "," : "{"}"${name}":`, values: block.metric(name) }));
  }
}

function writeSkills(runs: Iterable<Cells>): string {
  let text = "";
  for (const { block, from, to, metrics } of runs) {
    const { indexes, values } = block.skills!;
    for (let begin = from, end = from; begin < to; begin = end) {
      while (end < to && indexes[end] === indexes[begin]) end++;
      text += `${text === "" ? "" : ","}${JSON.stringify(values[indexes[begin]!])}:${writeAgents([{ block, from: begin, to: end, metrics }])}`;
    }
  }
  return `{${text}}`;
}

function writeAgents(runs: Iterable<Cells>): string {
  const entries: string[] = [];
  for (const { block, from, to, metrics } of runs) {
    const { indexes, values } = block.agents!;
    for (let cell = from; cell < to; cell++) entries.push(`${JSON.stringify(values[indexes[cell]!])}:${writeMetrics(metrics, cell)}`);
  }
  return `{"metricsPerAgent":{${entries.join(",")}}}`;
}

/** The original says "no value" with -1. */
function writeMetrics(metrics: readonly Labelled[], cell: number): string {
  let text = "";
  for (const { label, values } of metrics) {
    const value = values[cell]!;
    // What fits into an integer of 32 bits is written faster as one. Only NaN is unlike itself.
    const whole = value | 0;
    text += label + (whole === value ? whole : value === value ? value : -1);
  }
  return `${text}}`;
}
