import type { Answer, Dimension, MetricName, Query } from "@segmeter/engine";
import type { Question } from "./parameters.ts";

/**
 * Answers a request in the original shape.
 *
 * @param ask answers one query; every query is asked before the first piece of text comes
 * @returns the JSON text of the answer, in pieces: by interval, then the whole window
 */
export function answerQuestion(question: Question, ask: (query: Query) => Answer): Iterable<string> {
  const whole = askParts(question, ask, []);
  if (question.intervalMs === null) return [writeParts(whole, wholeWindow(whole), question.metrics)];
  return writeIntervals(question, askParts(question, ask, ["interval"]), whole);
}

/** The three parts that every level of the original answer has. */
interface Parts {
  readonly skills: Answer | null;
  readonly agents: Answer;
  readonly total: Answer;
}

function askParts(question: Question, ask: (query: Query) => Answer, outer: readonly Dimension[]): Parts {
  const { window, filter, perSkill, metrics } = question;
  const askBy = (grouping: readonly Dimension[], skillIds: readonly string[] | null): Answer =>
    ask({
      window,
      filter: { ...filter, skillIds },
      grouping: [...outer, ...grouping],
      ...(outer.length > 0 && question.intervalMs !== null && { intervalMs: question.intervalMs }),
      metrics,
    });
  return {
    skills: perSkill && askBy(["skill", "agent"], perSkill.skillIds),
    agents: askBy(["agent"], null),
    total: askBy([], null),
  };
}

/** A run of cells, `[from, to)`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

type RangesOf = Readonly<Record<keyof Parts, Range>>;

function wholeWindow({ skills, agents, total }: Parts): RangesOf {
  return { skills: wholeAnswer(skills), agents: wholeAnswer(agents), total: wholeAnswer(total) };
}

function wholeAnswer(answer: Answer | null): Range {
  return { from: 0, to: answer?.cellCount ?? 0 };
}

function* writeIntervals(question: Question, parts: Parts, whole: Parts): Iterable<string> {
  const starts = parts.total.intervals!.values;
  let ranges: RangesOf = { skills: NO_CELLS, agents: NO_CELLS, total: NO_CELLS };
  yield '{"metricsByIntervals":[';
  for (let interval = 0; interval < starts.length; interval++) {
    const rangeOf = (part: keyof Parts): Range => intervalRange(parts[part], ranges[part].to, interval);
    ranges = { skills: rangeOf("skills"), agents: rangeOf("agents"), total: rangeOf("total") };
    yield `${interval > 0 ? "," : ""}{"timestamp":${starts[interval]},"metricsData":${writeParts(parts, ranges, question.metrics)}}`;
  }
  yield `],"timeframeSummary":${writeParts(whole, wholeWindow(whole), question.metrics)}}`;
}

const NO_CELLS: Range = { from: 0, to: 0 };

function intervalRange(answer: Answer | null, from: number, interval: number): Range {
  const indexes = answer?.intervals?.indexes ?? [];
  let to = from;
  while (indexes[to] === interval) to++;
  return { from, to };
}

function writeParts({ skills, agents, total }: Parts, ranges: RangesOf, metrics: readonly MetricName[]): string {
  const perSkill = skills ? `"metricsPerSkill":${writeSkills(skills, ranges.skills, metrics)},` : "";
  const perAgent = writeAgents(agents, ranges.agents, metrics);
  const { from, to } = ranges.total;
  const metricsTotal = from < to && !isEmpty(total, from) ? metricsWriter(total, metrics)(from) : writeZeros(metrics);
  return `{${perSkill}"agentsMetrics":${perAgent},"metricsTotal":${metricsTotal}}`;
}

function writeSkills(answer: Answer, { from, to }: Range, metrics: readonly MetricName[]): string {
  const { indexes, values } = answer.skills!;
  const entries: string[] = [];
  for (let begin = from; begin < to;) {
    let end = begin;
    while (end < to && indexes[end] === indexes[begin]) end++;
    entries.push(`${JSON.stringify(values[indexes[begin]!])}:${writeAgents(answer, { from: begin, to: end }, metrics)}`);
    begin = end;
  }
  return `{${entries.join(",")}}`;
}

function writeAgents(answer: Answer, { from, to }: Range, metrics: readonly MetricName[]): string {
  const { indexes, values } = answer.agents!;
  const write = metricsWriter(answer, metrics);
  const entries: string[] = [];
  for (let cell = from; cell < to; cell++) entries.push(`${JSON.stringify(values[indexes[cell]!])}:${write(cell)}`);
  return `{"metricsPerAgent":{${entries.join(",")}}}`;
}

/** The original says "no value" with -1. */
function metricsWriter(answer: Answer, metrics: readonly MetricName[]): (cell: number) => string {
  const readers = metrics.map((name) => ({ label: `"${name}":`, read: answer.reader(name) }));
  return (cell) => `{${readers.map(({ label, read }) => label + String(read(cell) ?? -1)).join(",")}}`;
}

function isEmpty(total: Answer, cell: number): boolean {
  return total.reader("totalAgentConversationSegments")(cell) === 0;
}

/** Over no segments the original's total is zero throughout, its averages too. */
function writeZeros(metrics: readonly MetricName[]): string {
  return `{${metrics.map((name) => `"${name}":0`).join(",")}}`;
}
