import type { AnswerSize, FilterValues, Limits, Window } from "@segmeter/engine";
import type { Caller } from "../access/caller.ts";
import type { ReadableEngine } from "../access/readable-engine.ts";
import type { NameOf } from "./nodes.ts";
import { PassMeter, type OnPass } from "../pass-meter.ts";
import { createPartsLoader, createWrittenLoader, type PartsLoader, type WrittenLoader } from "./parts-loader.ts";

/** What the resolvers of one request share. */
export interface RequestContext {
  readonly caller: Caller;
  /** null: what is pushed answers no request. */
  readonly requestId: string | null;
  readonly meter: PassMeter;
  /** One clock for the whole request: every window of it that ends now ends at the same moment. */
  readonly limits: Limits;
  readonly parts: PartsLoader;
  readonly written: WrittenLoader;
  /** @throws Refusal if the caller may not read an account, or it is not here */
  readonly assertReadable: (accountId: string) => void;
  readonly filterValues: (accountId: string) => FilterValues;
  /** By the directory of the account's users. */
  readonly nameOf: NameOf;
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

export interface ContextParts extends Pick<RequestContext, "caller" | "requestId" | "limits" | "nameOf" | "onSubscribed"> {
  readonly engine: ReadableEngine;
  readonly onPass: OnPass;
}

export function createContext({ engine, onPass, ...parts }: ContextParts): RequestContext {
  const meter = new PassMeter(engine, onPass);
  return {
    ...parts,
    meter,
    parts: createPartsLoader(meter),
    written: createWrittenLoader(meter, parts.nameOf),
    assertReadable: engine.assertReadable,
    filterValues: (accountId) => engine.filterValues(accountId),
    sizeOf: (accountId, window) => engine.sizeOf(accountId, window),
    cells: 0,
  };
}
