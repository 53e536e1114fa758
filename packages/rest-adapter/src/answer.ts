import { TOTAL_METRIC, type Block, type MetricName, type Query, type RollUp } from "@segmeter/engine";
import { JsonBytes, toLabel, toRowLabels, type RowLabels } from "@segmeter/json-bytes";
import type { Question } from "./parameters.ts";

/** Answers queries block by block. */
export interface Asked {
  readonly stream: (query: Query) => Iterable<Block>;
  readonly rollUp: (query: RollUp) => Iterable<Block>;
}

/** How large a piece grows before it is handed on. */
export interface PieceBytes {
  /** The answer about a few thousand agents is one piece. */
  readonly first: number;
  /** A longer one holds nobody up: each of its pieces is written in less than a millisecond. */
  readonly later: number;
}

const PIECE_BYTES: PieceBytes = { first: 2 * 1024 * 1024, later: 256 * 1024 };

/**
 * Answers a request in the original shape. Everything is asked before the first piece comes, so that what happens
 * meanwhile is in no part of the answer.
 *
 * @returns the JSON of the answer in pieces; whoever stops early ends the iteration
 */
export function* answerQuestion(question: Question, engine: Asked, pieceBytes = PIECE_BYTES): Generator<Buffer, void> {
  const out = new JsonBytes();
  const parts = new Parts(question, engine, out, pieceBytes);
  try {
    yield* question.intervalMs === null ? parts.write(null) : writeIntervals(question, question.intervalMs, parts, out);
    yield out.lend();
  } finally {
    parts.close();
    out.close();
  }
}

const INTERVALS = toLabel('{"metricsByIntervals":[');
const INTERVAL = toLabel('{"timestamp":');
const INTERVAL_DATA = toLabel(',"metricsData":');
const SUMMARY = toLabel('],"timeframeSummary":');
const END = toLabel("}");

function* writeIntervals({ window }: Question, intervalMs: number, parts: Parts, out: JsonBytes): Generator<Buffer, void> {
  const intervalCount = (window.endMs - window.startMs) / intervalMs;
  out.label(INTERVALS);
  for (let interval = 0; interval < intervalCount; interval++) {
    if (interval > 0) out.comma();
    out.label(INTERVAL);
    out.number(window.startMs + interval * intervalMs);
    out.label(INTERVAL_DATA);
    yield* parts.write(interval);
    out.label(END);
  }
  out.label(SUMMARY);
  yield* parts.write(null);
  out.label(END);
}

const PER_SKILL = toLabel('{"metricsPerSkill":{');
const AFTER_SKILLS = toLabel('},"agentsMetrics":');
const NO_SKILLS = toLabel('{"agentsMetrics":');
const AGENTS = toLabel('{"metricsPerAgent":{');
const AFTER_AGENTS = toLabel("}}");
const TOTAL = toLabel(',"metricsTotal":');
/** The original says "no value" with -1. */
const NO_VALUE = toLabel("-1");

/** The three parts that every level of the original answer has, for the whole window or interval by interval. */
class Parts {
  readonly #out: JsonBytes;
  readonly #labels: RowLabels;
  readonly #zeros: readonly Float64Array[];
  readonly #skills: { readonly byInterval: Cursor | null; readonly whole: Cursor } | null;
  readonly #agents: Cursor;
  readonly #laterBytes: number;
  #pieceBytes: number;

  constructor(question: Question, engine: Asked, out: JsonBytes, { first, later }: PieceBytes) {
    const { window, filter, perSkill, metrics } = question;
    const intervalMs = question.intervalMs ?? undefined;
    this.#out = out;
    this.#pieceBytes = first;
    this.#laterBytes = later;
    this.#labels = labelsOf(metrics);
    this.#zeros = metrics.map(() => ZERO);
    if (perSkill === null) {
      this.#skills = null;
    } else {
      const query = { window, filter: { ...filter, skillIds: perSkill.skillIds }, metrics };
      const whole = new Cursor(engine.stream({ ...query, grouping: ["skill", "agent"] }), metrics);
      const byInterval =
        intervalMs === undefined
          ? null
          : new Cursor(engine.stream({ ...query, intervalMs, grouping: ["interval", "skill", "agent"] }), metrics);
      this.#skills = { byInterval, whole };
    }
    this.#agents = new Cursor(engine.rollUp({ window, filter, metrics, ...(intervalMs !== undefined && { intervalMs }) }), metrics);
  }

  /** @param interval ascending from call to call; null, after all others: the whole window */
  *write(interval: number | null): Generator<Buffer, void> {
    const out = this.#out;
    if (this.#skills) {
      out.label(PER_SKILL);
      yield* this.#writeSkills(interval === null ? this.#skills.whole : this.#skills.byInterval!, interval);
      out.label(AFTER_SKILLS);
    } else {
      out.label(NO_SKILLS);
    }
    yield* this.#writeAgents(interval);
    out.label(TOTAL);
    this.#writeTotal(interval);
    out.label(END);
  }

  close(): void {
    for (const cursor of [this.#skills?.byInterval, this.#skills?.whole, this.#agents]) cursor?.close();
  }

  *#writeSkills(skills: Cursor, interval: number | null): Generator<Buffer, void> {
    const out = this.#out;
    let isFirst = true;
    for (let cells = skills.next(interval); cells; cells = skills.next(interval)) {
      const { indexes, values } = cells.block.skills!;
      for (let begin = cells.from, end = begin; begin < cells.to; begin = end) {
        while (end < cells.to && indexes[end] === indexes[begin]) end++;
        if (!isFirst) out.comma();
        isFirst = false;
        out.string(values[indexes[begin]!]!);
        out.colon();
        out.label(AGENTS);
        yield* this.#writeEntries(cells, begin, end, true);
        out.label(AFTER_AGENTS);
      }
    }
  }

  *#writeAgents(interval: number | null): Generator<Buffer, void> {
    const out = this.#out;
    out.label(AGENTS);
    let isFirst = true;
    for (let cells = this.#agents.next(interval); cells; cells = this.#agents.next(interval)) {
      yield* this.#writeEntries(cells, cells.from, cells.to, isFirst);
      isFirst = false;
    }
    out.label(AFTER_AGENTS);
  }

  *#writeEntries({ block, columns }: Cells, from: number, to: number, isFirst: boolean): Generator<Buffer, void> {
    const out = this.#out;
    const { indexes, values } = block.agents!;
    for (let cell = from; cell < to; cell++) {
      if (cell > from || !isFirst) out.comma();
      out.string(values[indexes[cell]!]!);
      out.colon();
      out.row(this.#labels, columns, cell, NO_VALUE);
      out.label(END);
      if (out.length < this.#pieceBytes) continue;
      this.#pieceBytes = this.#laterBytes;
      yield out.take();
    }
  }

  /** Over no segments the original's total is zero throughout, its averages too. */
  #writeTotal(interval: number | null): void {
    const total = this.#agents.nextTotal(interval);
    this.#out.row(this.#labels, total?.columns ?? this.#zeros, total?.from ?? 0, NO_VALUE);
    this.#out.label(END);
  }
}

const ZERO = new Float64Array(1);

/** Cells `[from, to)` of a block, and its metrics as they are to be written. */
interface Cells {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
  readonly columns: readonly Float64Array[];
}

/** Reads blocks interval by interval. */
class Cursor {
  readonly #blocks: Iterator<Block>;
  readonly #names: readonly MetricName[];
  #block: Block | null = null;
  #columns: readonly Float64Array[] = [];
  #cell = 0;
  #total = 0;

  constructor(blocks: Iterable<Block>, names: readonly MetricName[]) {
    this.#blocks = blocks[Symbol.iterator]();
    this.#names = names;
    this.#nextBlock();
  }

  /**
   * The next cells of an interval, or of the whole window. They may lie in several blocks, but for those of one skill: so
   * it is called until there are none.
   *
   * @returns null when all of them were taken
   */
  next(interval: number | null): Cells | null {
    const block = this.#blockOf(interval);
    if (block === null) return null;
    const from = this.#cell;
    this.#cell = endOf(block, interval, from, block.cellCount);
    return from < this.#cell ? { block, from, to: this.#cell, columns: this.#columns } : null;
  }

  /** @returns null where there are no segments */
  nextTotal(interval: number | null): Cells | null {
    const block = this.#blockOf(interval);
    if (block === null) return null;
    const from = this.#total;
    this.#total = endOf(block, interval, from, block.cellCount + block.totalCount);
    const isEmpty = from === this.#total || block.metric(TOTAL_METRIC)[from] === 0;
    return isEmpty ? null : { block, from, to: this.#total, columns: this.#columns };
  }

  close(): void {
    this.#blocks.return?.();
  }

  /** The block that is being read, if it is by interval where that is wanted. */
  #blockOf(interval: number | null): Block | null {
    while (this.#block && this.#cell === this.#block.cellCount && this.#total === this.#cell + this.#block.totalCount) this.#nextBlock();
    return this.#block && (this.#block.intervals === null) === (interval === null) ? this.#block : null;
  }

  #nextBlock(): void {
    const next = this.#blocks.next();
    const block = next.done ? null : next.value;
    this.#block = block;
    this.#cell = 0;
    this.#total = block?.cellCount ?? 0;
    if (block) this.#columns = this.#names.map((name) => block.metric(name));
  }
}

/** Where the cells of an interval end that begin at a place. */
function endOf({ intervals }: Block, interval: number | null, from: number, end: number): number {
  if (intervals === null) return end;
  let to = from;
  while (to < end && intervals.indexes[to] === interval) to++;
  return to;
}

/** By the names of the metrics: as many as there are ways to choose some, at most. */
const labels = new Map<string, RowLabels>();

function labelsOf(metrics: readonly MetricName[]): RowLabels {
  const key = metrics.join();
  let found = labels.get(key);
  if (!found) labels.set(key, (found = toRowLabels(metrics.map((name, i) => `${i === 0 ? "{" : ","}"${name}":`))));
  return found;
}
