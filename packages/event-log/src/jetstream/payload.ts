import type { RowBatch } from "../sqlite/row-block.ts";

/**
 * Reads the payload of a message, which may be anything.
 *
 * @param faults takes what is no event
 */
export type ReadPayload = (accountId: string, payload: Uint8Array, faults: string[]) => RowBatch;

const TEXT = new TextDecoder("utf-8", { fatal: true });

/** @returns undefined if it is no JSON */
export function parseJson(payload: Uint8Array, faults: string[]): unknown {
  try {
    return JSON.parse(TEXT.decode(payload)) as unknown;
  } catch (error) {
    faults.push((error as Error).message);
    return undefined;
  }
}
