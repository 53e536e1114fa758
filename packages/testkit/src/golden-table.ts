import { DIMENSIONS, METRIC_NAMES, NO_FILTER, parseEvent } from "@segmeter/engine";
import type { ConversationEvent, Dimension, Filter, Query, Segment } from "@segmeter/engine";
import type { ReferenceCell } from "@segmeter/reference";

/** Conversations small enough to work out by hand, and what they come to. */
export interface GoldenCase {
  /** The fact that it shows. */
  readonly name: string;
  /** In order of arrival. */
  readonly events: readonly ConversationEvent[];
  /** Conversations in order of first arrival, the segments of each in order of start. */
  readonly segments: readonly Segment[];
  /** Over `GOLDEN_WINDOW`, every metric. */
  readonly answers: readonly { readonly query: Query; readonly cells: readonly ReferenceCell[] }[];
}

/** A golden case as it is written down; its tables are read by the functions below. */
export interface GoldenText {
  readonly name: string;
  readonly events: string;
  readonly segments: string;
  readonly answers: string;
  readonly filter?: Partial<Filter>;
}

/** The window of every golden answer: the first hour of 1970. */
export const GOLDEN_WINDOW = { startMs: 0, endMs: 3_600_000 };
export const GOLDEN_INTERVAL_MS = 300_000;

export function parseGoldenCase({ name, events, segments, answers, filter }: GoldenText): GoldenCase {
  return {
    name,
    events: linesOf(events).map(parseEventLine),
    segments: linesOf(segments).map(parseSegmentLine),
    answers: parseAnswers(answers, { ...NO_FILTER, ...filter }),
  };
}

/**
 * Conversation, event time, type, then the fields that the event has. Without an `eventId` it has its line's number.
 *
 *     c 2000 AGENT_ASSIGNED agentId=900 takeover=true
 */
function parseEventLine(line: string, index: number): ConversationEvent {
  const [conversationId, at, type, ...fields] = line.split(/\s+/);
  const given = Object.fromEntries(fields.map((field) => field.split("=") as [string, string]));
  const parsed = parseEvent(
    {
      eventId: String(index + 1),
      conversationId,
      at: Number(at),
      type,
      ...given,
      ...("sequence" in given && { sequence: Number(given["sequence"]) }),
      ...("takeover" in given && { takeover: given["takeover"] === "true" }),
    },
    Number.MAX_SAFE_INTEGER,
  );
  if (!parsed.ok) throw new Error(`Golden event "${line}": ${parsed.message}`);
  return parsed.event;
}

/**
 * One word a column, in the order of `SEGMENT_COLUMNS`; `-` is null.
 *
 *     c 1 10 HUMAN 5 WEB 1000 4000 NEW_CONVERSATION CLOSED_BY_AGENT INTERACTIVE 2 1500 700
 */
function parseSegmentLine(line: string): Segment {
  const words = line.split(/\s+/);
  const columns = Object.entries(SEGMENT_COLUMNS);
  if (words.length !== columns.length) throw new Error(`Golden segment "${line}": expected ${columns.length} words, got ${words.length}`);
  return Object.fromEntries(columns.map(([name, read], index) => [name, read(words[index]!)])) as unknown as Segment;
}

const SEGMENT_COLUMNS: Record<keyof Segment, (word: string) => string | number | null> = {
  conversationId: toText,
  agentId: toText,
  groupId: toText,
  userType: toText,
  skillId: toText,
  source: toText,
  startMs: toNumber,
  endMs: toNumber,
  startReason: toText,
  endReason: toText,
  outcome: toText,
  responseCount: toNumber,
  responseMs: toNumber,
  firstResponseMs: toNumber,
};

/**
 * A cell a line: what it is of, then every metric in the order of the contract's section 3; `-` is null. Lines of one
 * grouping are one answer.
 *
 *     total           3 0.5 4000 1 1 0 1 1000 - 1000 1200
 *     skill=1 agent=2 1 1   4000 1 0 0 0 1000 - 1000 1200
 */
function parseAnswers(text: string, filter: Filter): GoldenCase["answers"] {
  const cells = linesOf(text).map((line) => line.split(/\s+/).map((word) => word.split("=") as [string, string?]));
  const answers = Map.groupBy(cells, (words) => groupingOf(words).join(" "));
  return [...answers.values()].map((rows) => {
    const grouping = groupingOf(rows[0]!);
    const query = { window: GOLDEN_WINDOW, filter, grouping, metrics: METRIC_NAMES };
    return {
      query: grouping.includes("interval") ? { ...query, intervalMs: GOLDEN_INTERVAL_MS } : query,
      cells: rows.map((words) => parseCell(words)),
    };
  });
}

function groupingOf(words: readonly [string, string?][]): Dimension[] {
  return words.map(([name]) => name as Dimension).filter((name) => DIMENSIONS.includes(name));
}

function parseCell(words: readonly [string, string?][]): ReferenceCell {
  const place = words
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, name === "interval" ? Number(value) : value]);
  const values = words.filter(([name, value]) => value === undefined && name !== "total").map(([value]) => toNumber(value));
  if (values.length !== METRIC_NAMES.length) throw new Error(`Golden cell "${words.join(" ")}": got ${values.length} metrics`);
  return { ...Object.fromEntries(place), metrics: Object.fromEntries(METRIC_NAMES.map((name, index) => [name, values[index]!])) };
}

function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

function toText(word: string): string | null {
  return word === "-" ? null : word;
}

function toNumber(word: string): number | null {
  return word === "-" ? null : Number(word);
}
