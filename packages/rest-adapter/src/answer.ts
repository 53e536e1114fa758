import { METRIC_NAMES, type Block, type Dimension, type MetricName, type Query } from "@segmeter/engine";
import { JsonBytes, toLabel, type Label } from "@segmeter/json-bytes";
import type { Question } from "./parameters.ts";

/** Answers one query, block by block. */
export type Ask = (query: Query) => Iterable<Block>;

/** A piece is handed on when it has grown to this size: the answer about a few thousand agents is one piece. */
const PIECE_BYTES = 2 * 1024 * 1024;

/**
 * Answers a request in the original shape. Everything is asked before the first piece comes, so that what happens
 * meanwhile is in no part of the answer.
 *
 * @param pieceBytes about as large as a piece becomes
 * @returns the JSON of the answer in pieces; whoever stops early ends the iteration
 */
export function* answerQuestion(question: Question, ask: Ask, pieceBytes = PIECE_BYTES): Generator<Buffer, void> {
  const { intervalMs } = question;
  const out = new JsonBytes(pieceBytes);
  const whole = new Parts(question, ask, []);
  const byInterval = intervalMs === null ? null : new Parts(question, ask, ["interval"]);
  try {
    if (intervalMs === null || byInterval === null) yield* whole.write(0, out);
    else yield* writeIntervals(question, intervalMs, byInterval, whole, out);
    yield out.take();
  } finally {
    whole.close();
    byInterval?.close();
    out.close();
  }
}

const INTERVALS = toLabel('{"metricsByIntervals":[');
const INTERVAL = toLabel('{"timestamp":');
const INTERVAL_DATA = toLabel(',"metricsData":');
const SUMMARY = toLabel('],"timeframeSummary":');
const END = toLabel("}");

function* writeIntervals(
  { window }: Question,
  intervalMs: number,
  byInterval: Parts,
  whole: Parts,
  out: JsonBytes,
): Generator<Buffer, void> {
  const intervalCount = (window.endMs - window.startMs) / intervalMs;
  out.label(INTERVALS);
  for (let interval = 0; interval < intervalCount; interval++) {
    if (interval > 0) out.comma();
    out.label(INTERVAL);
    out.number(window.startMs + interval * intervalMs);
    out.label(INTERVAL_DATA);
    yield* byInterval.write(interval, out);
    out.label(END);
  }
  out.label(SUMMARY);
  yield* whole.write(0, out);
  out.label(END);
}

const PER_SKILL = toLabel('{"metricsPerSkill":{');
const AFTER_SKILLS = toLabel('},"agentsMetrics":');
const NO_SKILLS = toLabel('{"agentsMetrics":');
const TOTAL = toLabel(',"metricsTotal":');

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
  *write(interval: number, out: JsonBytes): Generator<Buffer, void> {
    if (this.#skills) {
      out.label(PER_SKILL);
      yield* writeSkills(this.#skills, interval, out);
      out.label(AFTER_SKILLS);
    } else {
      out.label(NO_SKILLS);
    }
    yield* writeAgents(this.#agents, interval, out);
    out.label(TOTAL);
    this.#writeTotal(interval, out);
    out.label(END);
  }

  close(): void {
    for (const cursor of [this.#skills, this.#agents, this.#total]) cursor?.close();
  }

  /** Over no segments the original's total is zero throughout, its averages too. */
  #writeTotal(interval: number, out: JsonBytes): void {
    const cells = this.#total.next(interval);
    if (cells !== null && cells.block.metric("totalAgentConversationSegments")[cells.from] !== 0) {
      return writeMetrics(cells.metrics, cells.from, out);
    }
    this.#metrics.forEach((name, i) => {
      out.label(labelOf(name, i));
      out.number(0);
    });
    out.label(END);
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
  readonly label: Label;
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
   * The next cells of an interval; without a grouping by interval, of all there are. They may lie in several blocks, but
   * for those of one skill: so it is called until there are none.
   *
   * @returns null when all of them were taken
   */
  next(interval: number): Cells | null {
    while (this.#block && this.#cell === this.#block.cellCount) this.#nextBlock();
    if (!this.#block) return null;
    const { cellCount, intervals } = this.#block;
    const from = this.#cell;
    let to = cellCount;
    if (intervals) for (to = from; to < cellCount && intervals.indexes[to] === interval; to++);
    this.#cell = to;
    return from < to ? { block: this.#block, from, to, metrics: this.#metrics } : null;
  }

  close(): void {
    this.#blocks.return?.();
  }

  #nextBlock(): void {
    const next = this.#blocks.next();
    const block = next.done ? null : next.value;
    this.#block = block;
    this.#cell = 0;
    if (block) this.#metrics = this.#names.map((name, i) => ({ label: labelOf(name, i), values: block.metric(name) }));
  }
}

function* writeSkills(skills: Cursor, interval: number, out: JsonBytes): Generator<Buffer, void> {
  let isFirst = true;
  for (let cells = skills.next(interval); cells; cells = skills.next(interval)) {
    const { block, from, to, metrics } = cells;
    const { indexes, values } = block.skills!;
    for (let begin = from, end = from; begin < to; begin = end) {
      while (end < to && indexes[end] === indexes[begin]) end++;
      if (!isFirst) out.comma();
      isFirst = false;
      out.string(values[indexes[begin]!]!);
      out.colon();
      out.label(AGENTS);
      writeEntries({ block, from: begin, to: end, metrics }, true, out);
      out.label(AFTER_AGENTS);
    }
    if (out.isFull) yield out.take();
  }
}

const AGENTS = toLabel('{"metricsPerAgent":{');
const AFTER_AGENTS = toLabel("}}");

function* writeAgents(agents: Cursor, interval: number, out: JsonBytes): Generator<Buffer, void> {
  out.label(AGENTS);
  let isFirst = true;
  for (let cells = agents.next(interval); cells; cells = agents.next(interval)) {
    writeEntries(cells, isFirst, out);
    isFirst = false;
    if (out.isFull) yield out.take();
  }
  out.label(AFTER_AGENTS);
}

function writeEntries({ block, from, to, metrics }: Cells, isFirst: boolean, out: JsonBytes): void {
  const { indexes, values } = block.agents!;
  for (let cell = from; cell < to; cell++) {
    if (cell > from || !isFirst) out.comma();
    out.string(values[indexes[cell]!]!);
    out.colon();
    writeMetrics(metrics, cell, out);
  }
}

const NO_VALUE = -1;

/** The original says "no value" with -1. */
function writeMetrics(metrics: readonly Labelled[], cell: number, out: JsonBytes): void {
  for (const { label, values } of metrics) {
    const value = values[cell]!;
    out.label(label);
    // Only NaN is unlike itself.
    out.number(value === value ? value : NO_VALUE);
  }
  out.label(END);
}

const FIRST_LABELS = labelsWith("{");
const LATER_LABELS = labelsWith(",");

function labelsWith(before: string): ReadonlyMap<MetricName, Label> {
  return new Map(METRIC_NAMES.map((name) => [name, toLabel(`${before}"${name}":`)]));
}

/** @param place of the metric among those that are written */
function labelOf(name: MetricName, place: number): Label {
  return (place === 0 ? FIRST_LABELS : LATER_LABELS).get(name)!;
}
