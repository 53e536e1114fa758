import type { Query } from "@segmeter/engine";
import type { Checksum } from "./checksum.ts";

/** Each database holds the segments once in each order, and the faster one counts, question by question. */
export const SORTINGS = [
  ["agent", "end_ms"],
  ["end_ms", "agent"],
] as const;
export type Sorting = (typeof SORTINGS)[number];

export function tableOf(sorting: Sorting): string {
  return `segments_by_${sorting.join("_")}`;
}

/** A peer that holds the segments and answers in SQL. */
export interface Database {
  readonly name: string;
  /** @returns executes the question alone, and leaves its result unread */
  readonly prepare: (query: Query, sorting: Sorting) => Promise<() => Promise<void>>;
  /** Of the eleven metrics, computed from the same expressions. */
  readonly checksum: (query: Query, sorting: Sorting) => Promise<Checksum>;
  readonly close: () => Promise<void>;
}
