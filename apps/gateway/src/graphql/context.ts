import type { Engine, Limits } from "@segmeter/engine";
import { PassMeter } from "../pass-meter.ts";
import { createPartsLoader, type PartsLoader } from "./parts-loader.ts";

/** What the resolvers of one request share. */
export interface RequestContext {
  readonly meter: PassMeter;
  /** One clock for the whole request: every window of it that ends now ends at the same moment. */
  readonly limits: Limits;
  readonly parts: PartsLoader;
}

export function createContext(engine: Engine, limits: Limits): RequestContext {
  const meter = new PassMeter(engine);
  return { meter, limits, parts: createPartsLoader(meter) };
}
