import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";

/** The stream that nodes share. */
export interface StreamOptions {
  readonly name: string;
  /** On so many servers a message lies before it is acknowledged, less the minority of them. */
  readonly replicas: number;
  /** How long a message is kept at least. Infinity: for good. */
  readonly keptMs: number;
}

/** What a stream that is there has otherwise than it would have been created. */
export interface Difference {
  /** `num_replicas: expected 3, got 1` */
  readonly text: string;
  /** With it events would be lost, or not come at all. */
  readonly isFatal: boolean;
}

/** A publication that is sent again within it is stored once. */
const DUPLICATE_WINDOW_MS = 120_000;
const NANOSECONDS = 1_000_000;
const DURATIONS: ReadonlySet<keyof StreamConfig> = new Set(["max_age", "duplicate_window"]);

/** The subject of an account's events. */
export function subjectOf(streamName: string, accountId: string): string {
  return `${streamName}.events.${accountId}`;
}

/** Creates the stream where it is missing. One that is there is left as it is. */
export async function findOrCreate(jsm: JetStreamManager, options: StreamOptions): Promise<StreamInfo> {
  try {
    return await jsm.streams.info(options.name);
  } catch (error) {
    if (!isApiError(error, JetStreamApiCodes.StreamNotFound)) throw error;
  }
  try {
    return await jsm.streams.add(toConfig(options));
  } catch (error) {
    // Another node was first, with other settings.
    if (isApiError(error, STREAM_NAME_IN_USE)) return jsm.streams.info(options.name);
    throw error;
  }
}

const STREAM_NAME_IN_USE = 10058;

function isApiError(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}

function toConfig({ name, replicas, keptMs }: StreamOptions): Partial<StreamConfig> & { name: string } {
  return {
    name,
    description: "Conversation events of Segmeter",
    subjects: [subjectOf(name, "*")],
    storage: StorageType.File,
    num_replicas: replicas,
    retention: RetentionPolicy.Limits,
    max_age: toMaxAge(keptMs),
    // A full stream takes no more, rather than give up what a node has not read.
    discard: DiscardPolicy.New,
    duplicate_window: DUPLICATE_WINDOW_MS * NANOSECONDS,
    // Nothing in it ever changes.
    deny_delete: true,
    deny_purge: true,
  };
}

export function differencesOf(found: StreamConfig, options: StreamOptions): Difference[] {
  const expected = toConfig(options);
  const differences: Difference[] = [];
  const compare = (name: keyof StreamConfig, isFatal: boolean, isGood: (value: unknown) => boolean): void => {
    if (isGood(found[name])) return;
    differences.push({ text: `${name}: expected ${toText(name, expected[name])}, got ${toText(name, found[name])}`, isFatal });
  };
  compare("subjects", true, (value) => (value as string[]).includes(expected.subjects![0]!));
  compare("retention", true, (value) => value === RetentionPolicy.Limits);
  compare("max_msgs_per_subject", true, (value) => (value as number) <= 0);
  compare("storage", false, (value) => value === StorageType.File);
  compare("num_replicas", false, (value) => (value as number) >= options.replicas);
  compare("max_age", false, (value) => value === 0 || (expected.max_age !== 0 && (value as number) >= expected.max_age!));
  compare("discard", false, (value) => value === DiscardPolicy.New || (found.max_bytes <= 0 && found.max_msgs <= 0));
  compare("duplicate_window", false, (value) => (value as number) >= expected.duplicate_window!);
  return differences;
}

/** As operators write it. */
function toText(name: keyof StreamConfig, value: unknown): string {
  return DURATIONS.has(name) ? `${(value as number) / NANOSECONDS / 1000}s` : JSON.stringify(value);
}

/** 0: for good. */
function toMaxAge(keptMs: number): number {
  return keptMs === Infinity ? 0 : keptMs * NANOSECONDS;
}
