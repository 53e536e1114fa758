import type { RowBlock } from "../sqlite/row-block.ts";

/** Before the lists of rows, which are the last of a message. */
export const ROWS_NAME = '"rows":';

const [OPEN, CLOSE, END] = [0x5b, 0x5d, 0x7d];
const [COMMA, QUOTE, BACKSLASH] = [0x2c, 0x22, 0x5c];

/**
 * Where rows stand in the JSON of a message: `"rows":[[row,row],[row]]}`, to its last byte.
 *
 * @param json valid
 * @param lists the rows, read from it
 * @returns null if they do not stand there so, without anything in between, or a row holds a list
 */
export function findRows(json: Uint8Array, lists: readonly (readonly unknown[])[]): Pick<RowBlock, "rowEnds" | "listStarts"> | null {
  const nameAt = Buffer.from(json.buffer, json.byteOffset, json.length).indexOf(ROWS_NAME);
  const rowEnds = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0));
  const listStarts = new Float64Array(lists.length);
  let at = nameAt + ROWS_NAME.length;
  let place = 0;
  for (let l = 0; l < lists.length; l++) {
    // Behind the bracket of all lists, or the comma between two.
    if (json[at++] !== (l === 0 ? OPEN : COMMA)) return null;
    listStarts[l] = at;
    for (let i = 0; i < lists[l]!.length; i++) {
      if (json[at++] !== (i === 0 ? OPEN : COMMA)) return null;
      if (json[at++] !== OPEN) return null;
      at = endOfRow(json, at);
      if (at === -1) return null;
      rowEnds[place++] = at;
    }
    if (json[at++] !== CLOSE || lists[l]!.length === 0) return null;
  }
  return json[at] === CLOSE && json[at + 1] === END && at + 2 === json.length ? { rowEnds, listStarts } : null;
}

/** @returns where a row ends that begins before; -1 if there is a list in it */
function endOfRow(json: Uint8Array, start: number): number {
  let isText = false;
  for (let at = start; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) isText = !isText;
    else if (isText) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === CLOSE) return at + 1;
    else if (byte === OPEN) return -1;
  }
  return -1;
}
