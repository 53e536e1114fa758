import { crc32 } from "node:zlib";
import { Damage } from "./failure.ts";
import type { Statements } from "./statements.ts";

/** The log as a whole. Positions and keys only ever grow: what is removed does not free its number. */
export interface Totals {
  readonly position: number;
  readonly newestKey: number;
  readonly eventCount: number;
  readonly conversationCount: number;
}

export const EMPTY_TOTALS: Totals = { position: 0, newestKey: 0, eventCount: 0, conversationCount: 0 };

export function readTotals(statements: Pick<Statements, "totals">): Totals {
  const row = statements.totals.get() as number[] | undefined;
  if (row === undefined) throw new Damage("its totals are missing");
  const crc = row.pop();
  if (crc !== crc32(JSON.stringify(row))) throw new Damage("its totals are not what was written");
  const [position, newestKey, eventCount, conversationCount] = row as [number, number, number, number];
  return { position, newestKey, eventCount, conversationCount };
}

export function writeTotals(statements: Statements, { position, newestKey, eventCount, conversationCount }: Totals): void {
  const row = [position, newestKey, eventCount, conversationCount];
  statements.writeTotals.run(...row, crc32(JSON.stringify(row)));
}
