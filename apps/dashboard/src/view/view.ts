import { isMetricName, type MetricName } from "../metrics/metrics.ts";
import { intervalsOf } from "./interval.ts";

export const TIMEFRAME_MAX = 1440;
const IDS_MAX = 500;
const SEARCH_LENGTH_MAX = 128;

export type UserType = "HUMAN" | "BOT";
export type SortKey = "id" | MetricName;

/** Everything that decides what is on the screen; the address holds it, and nothing else does. */
export interface View {
  /** Length of the window in minutes, 1 to 1440. */
  readonly timeframe: number;
  /** In minutes, a divisor of the window; null: the usual one. */
  readonly interval: number | null;
  /** Each filter keeps what it lists; an empty one keeps all. */
  readonly skills: readonly string[];
  readonly groups: readonly string[];
  readonly sources: readonly string[];
  readonly userType: UserType | null;
  readonly metric: MetricName;
  readonly split: "none" | "skill" | "agent";
  readonly chart: "lines" | "table";
  readonly rows: "agents" | "skills";
  /** Skills whose agents are shown. */
  readonly open: readonly string[];
  readonly sort: { readonly key: SortKey; readonly descending: boolean };
  readonly search: string;
  readonly tv: boolean;
  /** Null: as the system has it. */
  readonly theme: "light" | "dark" | null;
}

export const DEFAULT_VIEW: View = {
  timeframe: 60,
  interval: null,
  skills: [],
  groups: [],
  sources: [],
  userType: null,
  metric: "totalAgentConversationSegments",
  split: "none",
  chart: "lines",
  rows: "agents",
  open: [],
  sort: { key: "totalAgentConversationSegments", descending: true },
  search: "",
  tv: false,
  theme: null,
};

// Maps, since what an object inherits would be words too.
const USER_TYPES: ReadonlyMap<string, UserType> = new Map([
  ["human", "HUMAN"],
  ["bot", "BOT"],
]);
const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ["1", true],
  ["0", false],
]);

/** Reads one parameter's text; undefined when it is none of what was expected. */
interface Parameter<T> {
  readonly expected: string;
  readonly parse: (text: string) => T | undefined;
  readonly write: (value: T) => string;
}

const PARAMETERS: { readonly [Key in keyof View]: Parameter<View[Key]> } = {
  timeframe: {
    expected: `a whole number of minutes, 1 to ${TIMEFRAME_MAX}`,
    parse: (text) => {
      const minutes = parseMinutes(text);
      return minutes !== undefined && minutes >= 1 && minutes <= TIMEFRAME_MAX ? minutes : undefined;
    },
    write: String,
  },
  interval: { expected: "a whole number of minutes, at least 5, that divides timeframe", parse: parseMinutes, write: String },
  skills: ids("skill"),
  groups: ids("group"),
  sources: ids("source"),
  userType: {
    expected: "human or bot",
    parse: (text) => USER_TYPES.get(text.toLowerCase()),
    write: (value) => value?.toLowerCase() ?? "",
  },
  metric: { expected: "a metric's name", parse: (text) => (isMetricName(text) ? text : undefined), write: String },
  split: oneOf("none", "skill", "agent"),
  chart: oneOf("lines", "table"),
  rows: oneOf("agents", "skills"),
  open: ids("skill"),
  sort: {
    expected: "id or a metric's name, with - in front to descend",
    parse: (text) => {
      const key = text.replace(/^-/, "");
      return key === "id" || isMetricName(key) ? { key, descending: text.startsWith("-") } : undefined;
    },
    write: ({ key, descending }) => (descending ? `-${key}` : key),
  },
  search: {
    expected: `at most ${SEARCH_LENGTH_MAX} characters`,
    parse: (text) => (text.length <= SEARCH_LENGTH_MAX ? text : undefined),
    write: encodeURIComponent,
  },
  tv: { expected: "1 or 0", parse: (text) => SWITCH.get(text), write: (value) => (value ? "1" : "0") },
  theme: oneOf("light", "dark"),
};

const KEYS = Object.keys(PARAMETERS) as (keyof View)[];

export interface ParsedView {
  readonly view: View;
  /** One sentence for each parameter that was passed over. */
  readonly faults: readonly string[];
}

/** Reads an address's query; what is wrong is passed over, and said. */
export function parseView(query: string): ParsedView {
  const given = new URLSearchParams(query);
  const faults: string[] = [];
  const view: { -readonly [Key in keyof View]?: View[Key] } = {};
  for (const name of new Set(given.keys())) {
    if (isKey(name)) parseInto(view, name, given.get(name)!, faults);
    else faults.push(`${shorten(name)}: there is no such setting`);
  }
  const parsed = { ...DEFAULT_VIEW, ...view };
  if (parsed.interval === null || intervalsOf(parsed.timeframe).includes(parsed.interval)) return { view: parsed, faults };
  faults.push(fault("interval", String(parsed.interval)));
  return { view: { ...parsed, interval: null }, faults };
}

/** @returns the shortest query that gives this view, with its `?`; nothing for the usual one */
export function toQuery(view: Partial<View>): string {
  const parts = KEYS.flatMap((key) => {
    const text = writeParameter(key, view);
    return text === undefined ? [] : [`${key}=${text}`];
  });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** What changes with another window: an interval that does not part it goes back to the usual one. */
export function toTimeframe(timeframe: number, { interval }: Pick<View, "interval">): Pick<View, "timeframe" | "interval"> {
  const keeps = interval !== null && intervalsOf(timeframe).includes(interval);
  return { timeframe, interval: keeps ? interval : null };
}

function parseInto<Key extends keyof View>(view: { -readonly [K in Key]?: View[K] }, key: Key, text: string, faults: string[]): void {
  const value = PARAMETERS[key].parse(text);
  if (value === undefined) faults.push(fault(key, text));
  else view[key] = value;
}

function writeParameter(key: keyof View, view: Partial<View>): string | undefined {
  if (view[key] === undefined) return undefined;
  const { write } = PARAMETERS[key] as Parameter<View[keyof View]>;
  const text = write(view[key]);
  return text === write(DEFAULT_VIEW[key]) ? undefined : text;
}

function fault(key: keyof View, text: string): string {
  return `${key}: expected ${PARAMETERS[key].expected}, got “${shorten(text)}”`;
}

function isKey(name: string): name is keyof View {
  return Object.hasOwn(PARAMETERS, name);
}

function parseMinutes(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/** Ids hold no comma, so that a list needs no other mark. */
function ids(what: string): Parameter<readonly string[]> {
  return {
    expected: `1 to ${IDS_MAX} ${what}s, comma separated`,
    parse: (text) => {
      const list = [...new Set(text.split(","))];
      return list.length <= IDS_MAX && !list.includes("") ? list : undefined;
    },
    write: (list) => list.map(encodeURIComponent).join(","),
  };
}

function oneOf<T extends string>(...words: readonly T[]): Parameter<T> & Parameter<T | null> {
  return {
    expected: words.join(" or "),
    parse: (text) => words.find((word) => word === text),
    write: (value: T | null) => value ?? "",
  };
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
