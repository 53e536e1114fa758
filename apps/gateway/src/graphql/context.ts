import type { AnswerSize, FilterValues, Limits, Window } from "@segmeter/engine";
import type { Caller } from "../access/caller.ts";
import type { ReadableEngine } from "../access/readable-engine.ts";
import { PassMeter } from "../pass-meter.ts";
import { createPartsLoader, createWrittenLoader, type PartsLoader, type WrittenLoader } from "./parts-loader.ts";

/** What the resolvers of one request share. */
export interface RequestContext {
  readonly caller: Caller;
  readonly meter: PassMeter;
  /** One clock for the whole request: every window of it that ends now ends at the same moment. */
  readonly limits: Limits;
  readonly parts: PartsLoader;
  readonly written: WrittenLoader;
  readonly filterValues: (accountId: string) => FilterValues;
  readonly sizeOf: (accountId: string, window: Window) => AnswerSize;
  /** How many values the answer may have; estimated before it is executed. */
  cells: number;
  /** Told by a subscription's field what is pushed; null: whoever asks cannot be pushed to. */
  readonly onSubscribed: ((subscribed: Subscribed) => void) | null;
}

/** What decides when a subscription is answered again. */
export interface Subscribed {
  readonly accountId: string;
  readonly window: Window;
  readonly everyMs: number;
}

export function createContext(
  engine: ReadableEngine,
  caller: Caller,
  limits: Limits,
  onSubscribed: RequestContext["onSubscribed"] = null,
): RequestContext {
  const meter = new PassMeter(engine);
  return {
    caller,
    meter,
    limits,
    parts: createPartsLoader(meter),
    written: createWrittenLoader(meter),
    filterValues: (accountId) => engine.filterValues(accountId),
    sizeOf: (accountId, window) => engine.sizeOf(accountId, window),
    cells: 0,
    onSubscribed,
  };
}
