import {
  aheadFault,
  describe,
  expectedOneOf,
  intervalFault,
  isMetricName,
  listedIdFault,
  METRIC_NAMES,
  MINUTE_MS,
  timeframeFault,
  TOTAL_METRIC,
  USER_TYPES,
  windowEndFault,
  windowStartFault,
  type Filter,
  type Limits,
  type MetricName,
  type UserType,
  type Window,
} from "@segmeter/engine";

/** What a request to the original method asks, in the engine's terms. */
export interface Question {
  readonly window: Window;
  /** Holds for every part of the answer; `skillIds` is always null here. */
  readonly filter: Filter;
  /** Which skills `metricsPerSkill` is to hold (null: every one); null when it is not asked for. */
  readonly perSkill: { readonly skillIds: readonly string[] | null } | null;
  readonly intervalMs: number | null;
  /** In the order of the metric table. */
  readonly metrics: readonly MetricName[];
}

/** Parameters as they came: a query string's strings (a list where one was given twice), a JSON body's values. */
export type RawParameters = Readonly<Record<string, unknown>>;

export type ParsedParameters =
  | { readonly ok: true; readonly question: Question }
  /** One cause for every wrong parameter: `interval: must divide timeframe (60), got 31`. */
  | { readonly ok: false; readonly causes: readonly string[] };

/**
 * Reads the parameters of the original method. Contract, section 4.
 *
 *     timeframe=60&v=1&agentIds=12,13&skillIds=all&interval=5
 */
export function parseParameters(raw: RawParameters, limits: Limits): ParsedParameters {
  const reader = new ParameterReader(raw);
  const window = readWindow(reader, limits);
  const agentIds = reader.list("agentIds", toId);
  const perSkill = reader.isGiven("skillIds") ? { skillIds: reader.list("skillIds", toId) } : null;
  const groupIds = reader.list("groupIds", toId);
  const userType = reader.value("userType", toUserType) ?? null;
  const sources = reader.list("source", toSource);
  const interval = reader.value("interval", (text) => readInterval(text, window));
  const metrics = reader.list("metrics", toMetric);

  if (reader.causes.length > 0 || !window) return { ok: false, causes: reader.causes };
  return {
    ok: true,
    question: {
      window: { startMs: window.startMs, endMs: window.endMs },
      filter: { agentIds, skillIds: null, groupIds, userType, sources },
      perSkill,
      intervalMs: interval === undefined ? null : interval * MINUTE_MS,
      metrics: METRIC_NAMES.filter((name) => metrics === null || name === TOTAL_METRIC || metrics.includes(name)),
    },
  };
}

type NamedWindow = Window & { readonly name: string };

function readWindow(reader: ParameterReader, limits: Limits): NamedWindow | undefined {
  const version = reader.required("v", toVersion);
  if (version === 2) return readMillis(reader, limits);
  // A request that names no version lacks the first one's window as well; of a version that is unknown nothing is known.
  if (version === 1 || !reader.isGiven("v")) return readTimeframe(reader, limits);
  return undefined;
}

function readTimeframe(reader: ParameterReader, { nowMs }: Limits): NamedWindow | undefined {
  const minutes = reader.required("timeframe", (text) => checked(toWhole(text), timeframeFault));
  return minutes === undefined ? undefined : { name: "timeframe", startMs: nowMs - minutes * MINUTE_MS, endMs: nowMs };
}

function readMillis(reader: ParameterReader, limits: Limits): NamedWindow | undefined {
  const startMs = reader.required("fromMillis", (text) => checked(toMillis(text), (from) => windowStartFault(from, limits)));
  const endMs = reader.required("toMillis", (text) =>
    checked(toMillis(text), (to) =>
      startMs === undefined ? aheadFault(to, limits.nowMs) : windowEndFault({ startMs, endMs: to }, limits),
    ),
  );
  return startMs === undefined || endMs === undefined ? undefined : { name: "the window", startMs, endMs };
}

function readInterval(text: string, window: NamedWindow | undefined): number {
  const whole = window ? { name: window.name, minutes: (window.endMs - window.startMs) / MINUTE_MS } : null;
  return checked(toWhole(text), (minutes) => intervalFault(minutes, whole));
}

/** What is wrong with one parameter. */
class ParameterFault extends Error {}

/** Looks parameters up by name and gathers what is wrong with them. */
class ParameterReader {
  readonly causes: string[] = [];
  readonly #raw: RawParameters;

  constructor(raw: RawParameters) {
    this.#raw = raw;
  }

  isGiven(name: string): boolean {
    return Object.hasOwn(this.#raw, name) && this.#raw[name] !== null && this.#raw[name] !== undefined;
  }

  /** @returns undefined when the parameter is wrong or not given */
  value<Value>(name: string, to: (text: string) => Value): Value | undefined {
    if (!this.isGiven(name)) return undefined;
    try {
      return to(toText(this.#raw[name]));
    } catch (error) {
      if (!(error instanceof ParameterFault)) throw error;
      this.causes.push(`${name}: ${error.message}`);
      return undefined;
    }
  }

  required<Value>(name: string, to: (text: string) => Value): Value | undefined {
    if (!this.isGiven(name)) this.causes.push(`${name}: required, got nothing`);
    return this.value(name, to);
  }

  /** @returns null for `all`, and when the parameter is wrong or not given */
  list<Value>(name: string, to: (entry: string) => Value): Value[] | null {
    return this.value(name, (text) => (isAll(text) ? null : text.split(",").map((entry) => toEntry(entry, text, to)))) ?? null;
  }
}

function checked(value: number, faultOf: (value: number) => string | null): number {
  const fault = faultOf(value);
  if (fault !== null) throw new ParameterFault(fault);
  return value;
}

function toText(value: unknown): string {
  if (Array.isArray(value)) throw new ParameterFault("expected once, got it twice or as a list");
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") throw new ParameterFault(`expected a string or a number, got ${describe(value)}`);
  if (text === "") throw new ParameterFault("expected a value, got none");
  return text;
}

function toEntry<Value>(entry: string, text: string, to: (entry: string) => Value): Value {
  if (entry === "") throw new ParameterFault(`expected no empty entry, got ${describe(text)}`);
  return to(entry);
}

const isAll = (text: string): boolean => text.toLowerCase() === "all";

const WHOLE = /^-?\d{1,16}$/;

function toWhole(text: string): number {
  if (!WHOLE.test(text)) throw new ParameterFault(`expected whole minutes, got ${describe(text)}`);
  return Number(text);
}

const MILLIS = /^\d{1,16}$/;

function toMillis(text: string): number {
  if (!MILLIS.test(text)) throw new ParameterFault(`expected UTC epoch milliseconds, got ${describe(text)}`);
  return Number(text);
}

function toVersion(text: string): 1 | 2 {
  if (text === "1" || text === "2") return text === "1" ? 1 : 2;
  throw new ParameterFault(expectedOneOf(["1", "2"], text));
}

function toId(entry: string): string {
  const fault = listedIdFault(entry);
  if (fault !== null) throw new ParameterFault(fault);
  return entry;
}

const toSource = (entry: string): string => toId(entry).toUpperCase();

function toUserType(text: string): UserType | null {
  if (isAll(text)) return null;
  const userType = USER_TYPES.find((word) => word === text.toUpperCase());
  if (userType === undefined) throw new ParameterFault(expectedOneOf(["human", "bot", "all"], text));
  return userType;
}

function toMetric(entry: string): MetricName {
  if (!isMetricName(entry))
    throw new ParameterFault(`${describe(entry)} is no metric; expected some of ${METRIC_NAMES.join(", ")}, or all`);
  return entry;
}
