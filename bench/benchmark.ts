import type { Stage } from "./stage.ts";

/** One of the things that the bench measures: an entry of `benchmarks.ts`. */
export interface Benchmark {
  readonly name: string;
  readonly question: string;
  /** Without them there is nothing to measure. */
  readonly needsPeers?: boolean;
  /** What is missing on this machine; it is left out then. */
  readonly missing?: string | null;
  readonly run: (stage: Stage) => Promise<readonly Row[]>;
}

/** What was found: ours against one peer. */
export interface Row {
  readonly name: string;
  readonly oursMs: number | null;
  readonly peer: string | null;
  readonly peerMs: number | null;
  /** What the target is about; usually how many times as fast, or as slow. */
  readonly ratio: number;
  readonly unit: "×" | "bytes" | "ms" | "MB";
  readonly target: string;
  readonly ok: boolean;
  /** Whether both sides computed the same, and what. */
  readonly checksum: string | null;
  readonly note: string | null;
}

export interface Target {
  readonly text: string;
  readonly isReached: (ratio: number) => boolean;
}

export const atLeast = (value: number, unit: Row["unit"] = "×"): Target => ({
  text: `≥ ${value} ${unit}`,
  isReached: (ratio) => ratio >= value,
});
export const atMost = (value: number, unit: Row["unit"] = "×"): Target => ({
  text: `≤ ${value} ${unit}`,
  isReached: (ratio) => ratio <= value,
});
export const SHOWN: Target = { text: "shown", isReached: () => true };

type Found = Pick<Row, "name" | "ratio"> & Partial<Pick<Row, "oursMs" | "peer" | "peerMs" | "unit" | "checksum" | "note">>;

/** @param isSame false fails the row, however fast it was */
export function toRow(found: Found, target: Target, isSame = true): Row {
  const checksum = found.checksum ?? null;
  return {
    oursMs: null,
    peer: null,
    peerMs: null,
    unit: "×",
    note: null,
    ...found,
    target: target.text,
    ok: isSame && target.isReached(found.ratio),
    checksum: isSame ? checksum : `DIFFERS: ${checksum}`,
  };
}
