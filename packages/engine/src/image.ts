import type { Columns } from "./columns.ts";
import type { FacetWords } from "./facets.ts";
import { lowerBound, type LaneView, type RowColumns, type Rows } from "./lane.ts";
import { VALUES_WORDS } from "./sums.ts";

/** Raised with whatever changes what is in a piece, or what rows are made of the same events. */
const IMAGE_VERSION = 1;

const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** An image can be taken in where this is the same. */
export const IMAGE_LAYOUT = `${IMAGE_VERSION} ${IS_LITTLE_ENDIAN ? "little-endian" : "big-endian"}`;

const ROW_BYTES = 8 + 8 + 4 * VALUES_WORDS + 4;
const WIDE_ROW_BYTES = ROW_BYTES + 4 * VALUES_WORDS;
const PIECE_ROWS = 16_384;
const PIECE_FACETS = 4_096;
const PIECE_KEYS = 65_536;

/**
 * A piece of an image: some of one account, or conversations that are open.
 *
 *     head bytes (4) · nothing (4) | head, JSON, filled up to 8 | numbers
 *
 *     of lanes    ends  conversationKeys  values  facets  of all rows; highs of the rows of wide lanes
 *     of others   conversation keys
 */
interface Head {
  readonly accountId?: string;
  /** The next ones, in the order of their numbers. */
  readonly facets?: readonly FacetWords[];
  /** The next ones; or more rows of the one before. */
  readonly lanes?: readonly LaneHead[];
  readonly openCount?: number;
  readonly forgottenBeforeMs?: number | null;
}

interface LaneHead {
  readonly agentId: string;
  readonly rowCount: number;
  /** All that these rows and others of the lane have, or once had. */
  readonly facets: readonly number[];
  readonly isWide: boolean;
}

/** The columns of one account as they were at one moment. They stay as they are until their view is closed. */
export interface CapturedColumns {
  readonly accountId: string;
  readonly columns: Columns;
  readonly facetCount: number;
  readonly lanes: readonly CapturedLane[];
}

interface CapturedLane extends LaneView {
  readonly agentId: string;
  readonly laneFacets: Iterable<number>;
}

/** Whoever captures closes the view. */
export function captureColumns(accountId: string, columns: Columns): CapturedColumns {
  columns.openView();
  const lanes = columns.lanes.map(({ rows, rowCount, facets }, agent) => ({
    agentId: columns.agents.words[agent]!,
    rows,
    rowCount,
    laneFacets: facets,
  }));
  return { accountId, columns, facetCount: columns.facets.size, lanes };
}

/** Of all their rows. */
export function byteCountOf({ lanes }: CapturedColumns): number {
  return lanes.reduce((sum, { rows, rowCount }) => sum + rowCount * (rows.highs === null ? ROW_BYTES : WIDE_ROW_BYTES), 0);
}

/** @param beforeMs rows that end before are left out */
export function* piecesOfColumns({ accountId, columns, facetCount, lanes }: CapturedColumns, beforeMs: number): Generator<Piece, void> {
  for (let from = 0; from < facetCount; from += PIECE_FACETS) {
    const indexes = Array.from({ length: Math.min(PIECE_FACETS, facetCount - from) }, (_, i) => from + i);
    yield pack({ accountId, facets: indexes.map((facet) => columns.facets.describe(facet)) }, []);
  }
  let parts: LanePart[] = [];
  let rowCount = 0;
  for (const lane of lanes) {
    const facets = [...lane.laneFacets].filter((facet) => facet < facetCount);
    for (let from = lowerBound(lane.rows.ends, beforeMs, 0, lane.rowCount), to = from; from < lane.rowCount; from = to) {
      to = Math.min(lane.rowCount, from + PIECE_ROWS - rowCount);
      parts.push({ agentId: lane.agentId, facets, rows: lane.rows, from, to });
      rowCount += to - from;
      if (rowCount < PIECE_ROWS) continue;
      yield packLanes(accountId, parts);
      [parts, rowCount] = [[], 0];
    }
  }
  if (parts.length > 0) yield packLanes(accountId, parts);
}

export function* piecesOfOpen(openKeys: Float64Array, forgottenBeforeMs: number): Generator<Piece, void> {
  for (let from = 0; from < openKeys.length; from += PIECE_KEYS) {
    const keys = openKeys.subarray(from, from + PIECE_KEYS);
    yield pack({ openCount: keys.length }, [keys]);
  }
  yield pack({ forgottenBeforeMs: forgottenBeforeMs === -Infinity ? null : forgottenBeforeMs }, []);
}

export type Piece = Uint8Array<ArrayBuffer>;

interface LanePart {
  readonly agentId: string;
  readonly facets: readonly number[];
  readonly rows: Rows;
  readonly from: number;
  readonly to: number;
}

function packLanes(accountId: string, parts: readonly LanePart[]): Piece {
  const lanes = parts.map(({ agentId, facets, rows, from, to }) => ({
    agentId,
    rowCount: to - from,
    facets,
    isWide: rows.highs !== null,
  }));
  const wide = parts.filter(({ rows }) => rows.highs !== null);
  return pack({ accountId, lanes }, [
    ...parts.map(({ rows, from, to }) => rows.ends.subarray(from, to)),
    ...parts.map(({ rows, from, to }) => rows.conversationKeys.subarray(from, to)),
    ...parts.map(({ rows, from, to }) => rows.values.subarray(from * VALUES_WORDS, to * VALUES_WORDS)),
    ...parts.map(({ rows, from, to }) => rows.facets.subarray(from, to)),
    ...wide.map(({ rows, from, to }) => rows.highs!.subarray(from * VALUES_WORDS, to * VALUES_WORDS)),
  ]);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const PREFIX_BYTES = 8;

function pack(head: Head, numbers: readonly (Float64Array | Uint32Array)[]): Piece {
  const text = encoder.encode(JSON.stringify(head));
  const start = startOfNumbers(text.length);
  const piece = new Uint8Array(numbers.reduce((bytes, { byteLength }) => bytes + byteLength, start));
  new Uint32Array(piece.buffer, 0, 1)[0] = text.length;
  piece.set(text, PREFIX_BYTES);
  let at = start;
  for (const { buffer, byteOffset, byteLength } of numbers) {
    piece.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return piece;
}

function startOfNumbers(headBytes: number): number {
  return Math.ceil((PREFIX_BYTES + headBytes) / 8) * 8;
}

/** What a piece holds. */
export type Unpacked =
  | { readonly kind: "FACETS"; readonly accountId: string; readonly facets: readonly FacetWords[] }
  | { readonly kind: "LANES"; readonly accountId: string; readonly lanes: readonly UnpackedLane[] }
  | { readonly kind: "OPEN"; readonly keys: Float64Array }
  | { readonly kind: "FORGOTTEN"; readonly beforeMs: number };

export interface UnpackedLane {
  readonly agentId: string;
  readonly facets: readonly number[];
  readonly rows: RowColumns;
}

/** @param piece begins where its memory is aligned to 8 bytes, and is intact */
export function unpack(piece: Uint8Array): Unpacked {
  const headBytes = new Uint32Array(piece.buffer, piece.byteOffset, 1)[0]!;
  const head = JSON.parse(decoder.decode(piece.subarray(PREFIX_BYTES, PREFIX_BYTES + headBytes))) as Head;
  const start = piece.byteOffset + startOfNumbers(headBytes);
  const { accountId = "", facets, lanes, openCount, forgottenBeforeMs } = head;
  if (facets !== undefined) return { kind: "FACETS", accountId, facets };
  if (lanes !== undefined) return { kind: "LANES", accountId, lanes: unpackLanes(lanes, piece.buffer, start) };
  if (openCount !== undefined) return { kind: "OPEN", keys: new Float64Array(piece.buffer, start, openCount) };
  return { kind: "FORGOTTEN", beforeMs: forgottenBeforeMs ?? -Infinity };
}

function unpackLanes(lanes: readonly LaneHead[], buffer: ArrayBufferLike, start: number): UnpackedLane[] {
  const countOf = (some: readonly LaneHead[]): number => some.reduce((sum, { rowCount }) => sum + rowCount, 0);
  const rowCount = countOf(lanes);
  const ends = new Float64Array(buffer, start, rowCount);
  const conversationKeys = new Float64Array(buffer, start + ends.byteLength, rowCount);
  const values = new Uint32Array(buffer, conversationKeys.byteOffset + conversationKeys.byteLength, rowCount * VALUES_WORDS);
  const facets = new Uint32Array(buffer, values.byteOffset + values.byteLength, rowCount);
  const wideCount = countOf(lanes.filter(({ isWide }) => isWide));
  const highs = new Uint32Array(buffer, facets.byteOffset + facets.byteLength, wideCount * VALUES_WORDS);
  let [from, wideFrom] = [0, 0];
  return lanes.map((lane) => {
    const to = from + lane.rowCount;
    const wideTo = wideFrom + lane.rowCount;
    const rows: RowColumns = {
      ends: ends.subarray(from, to),
      values: values.subarray(from * VALUES_WORDS, to * VALUES_WORDS),
      highs: lane.isWide ? highs.subarray(wideFrom * VALUES_WORDS, wideTo * VALUES_WORDS) : null,
      facets: facets.subarray(from, to),
      conversationKeys: conversationKeys.subarray(from, to),
    };
    from = to;
    if (lane.isWide) wideFrom = wideTo;
    return { agentId: lane.agentId, facets: lane.facets, rows };
  });
}
