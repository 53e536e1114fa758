import type { ExecutionPath } from "@segmeter/engine";
import * as fc from "fast-check";
import { eventLogArbitrary, queryArbitrary } from "../src/index.ts";

/** Every way in which an engine answers, and the one that it takes by itself. */
export const PATHS: readonly (ExecutionPath | undefined)[] = [undefined, "calendar", "subtract", "add", "scan"];

export const logAndQuery = eventLogArbitrary().chain((log) => fc.record({ log: fc.constant(log), query: queryArbitrary({ log }) }));
