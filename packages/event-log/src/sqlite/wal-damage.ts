import { closeSync, openSync, readSync, statSync } from "node:fs";

/**
 * Looks for commits that SQLite would pass over in silence. It reads a write-ahead log up to the first frame whose sum
 * is wrong, and takes that for the place where a crash cut the newest commit short. But a commit begins only when the
 * one before it is on disk: where a wrong frame is followed by the end of a commit and the start of another, it was on
 * disk, and has changed since. A change in the newest commit cannot be told from a crash.
 *
 * @returns what is wrong, or null
 */
export function findWalDamage(path: string): string | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const file = openSync(path, "r");
  try {
    const header = readHeader(file);
    if (header === null) return null;
    if (!header.isIntact) return `the header of ${path} is not what was written`;

    let wrongOffset: number | null = null;
    let isAfterCommit = false;
    for (const { offset, isIntact, endsCommit } of readFrames(file, header)) {
      if (isIntact && isAfterCommit) return `${path} is not what was written, from byte ${wrongOffset} on`;
      if (!isIntact) wrongOffset ??= offset;
      isAfterCommit = wrongOffset !== null && isIntact && endsCommit;
    }
    return null;
  } finally {
    closeSync(file);
  }
}

/**
 * The file, in 32-bit big-endian numbers (https://sqlite.org/fileformat2.html#walformat):
 *
 *     header   magic | version | page bytes | checkpoint | salt 1 | salt 2 | sum
 *     frame    page number | pages of the database, if it ends a commit, else 0 | salt 1 | salt 2 | sum | page
 *     frame    …
 *
 * A sum is two numbers, and goes on from the one before. Frames with other salts are left over from an earlier round.
 */
interface Header {
  readonly isIntact: boolean;
  readonly pageBytes: number;
  readonly salts: bigint;
  readonly sum: Sum;
  /** Of the words that are summed; all else is big-endian. */
  readonly isLittleEndian: boolean;
}

interface Frame {
  readonly offset: number;
  readonly isIntact: boolean;
  readonly endsCommit: boolean;
}

type Sum = readonly [number, number];

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;

/** @returns null for a file in which nothing was written yet */
function readHeader(file: number): Header | null {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const isWritten = readSync(file, view, 0, HEADER_BYTES, 0) === HEADER_BYTES && view.getUint32(0) !== 0;
  if (!isWritten) return null;
  const isLittleEndian = view.getUint32(0) === MAGIC_LITTLE_ENDIAN;
  const sum = sumAt(view, 24);
  const isIntact = isSame(sum, addUp(view, 0, 24, [0, 0], isLittleEndian));
  return { isIntact, pageBytes: view.getUint32(8), salts: view.getBigUint64(16), sum, isLittleEndian };
}

/** Each frame is judged by the sum that the one before it carries, so that one wrong frame does not spoil the rest. */
function* readFrames(file: number, { pageBytes, salts, sum, isLittleEndian }: Header): Generator<Frame> {
  const view = new DataView(new ArrayBuffer(FRAME_HEADER_BYTES + pageBytes));
  const frameBytes = view.byteLength;
  let sumBefore = sum;
  for (let offset = HEADER_BYTES; readSync(file, view, 0, frameBytes, offset) === frameBytes; offset += frameBytes) {
    const sumOfStart = addUp(view, 0, 8, sumBefore, isLittleEndian);
    const sumOfPage = addUp(view, FRAME_HEADER_BYTES, frameBytes, sumOfStart, isLittleEndian);
    sumBefore = sumAt(view, 16);
    const isIntact = view.getBigUint64(8) === salts && isSame(sumBefore, sumOfPage);
    yield { offset, isIntact, endsCommit: view.getUint32(4) !== 0 };
  }
}

function sumAt(view: DataView, offset: number): Sum {
  return [view.getUint32(offset), view.getUint32(offset + 4)];
}

function isSame(a: Sum, b: Sum): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function addUp(view: DataView, start: number, end: number, from: Sum, isLittleEndian: boolean): Sum {
  let [a, b] = from;
  for (let offset = start; offset < end; offset += 8) {
    a = (a + view.getUint32(offset, isLittleEndian) + b) >>> 0;
    b = (b + view.getUint32(offset + 4, isLittleEndian) + a) >>> 0;
  }
  return [a, b];
}
