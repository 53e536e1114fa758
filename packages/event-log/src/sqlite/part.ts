import { crc32 } from "node:zlib";
import { Damage } from "./failure.ts";
import type { Statements } from "./statements.ts";

/** What one append added to a conversation: its events as JSON, each an `EventRow`, in the order of arrival. */
export interface Part {
  /** Of its first event. */
  readonly position: number;
  readonly events: string;
}

/** Its events as text, or as the bytes of it. */
type WrittenPart = Pick<Part, "position"> & { readonly events: string | Uint8Array };

/** @param idsCrc of the conversation: `idsCrcOf` */
export function writePart(statements: Statements, key: number, { position, events }: WrittenPart, idsCrc: number): void {
  statements.addPart.run(key, position, events, crcOf(key, position, events, idsCrc));
}

/** A row of `parts`: the columns of `schema.ts`, in order. */
export type PartRow = readonly [key: number, position: number, events: string, crc: number];

/** @throws Damage if the row is not the one that was written, and of this conversation */
export function toPart([rowKey, position, events, crc]: PartRow, key: number, idsCrc: number): Part {
  if (rowKey === key && crc === crcOf(key, position, events, idsCrc)) return { position, events };
  throw new Damage(`the part at position ${position} of conversation ${key} is not what was written`);
}

function crcOf(key: number, position: number, events: string | Uint8Array, idsCrc: number): number {
  return crc32(events, crc32(`${key} ${position} `, idsCrc));
}
