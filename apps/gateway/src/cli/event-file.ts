import { open, stat } from "node:fs/promises";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** One line of an event file that holds JSON, or the reason why it does not. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly parsed: { readonly ok: true; readonly value: unknown; readonly text: string } | { readonly ok: false; readonly message: string };
}

/** A file that cannot be read; the message names it. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/**
 * Reads NDJSON, plain or gzip (told by its first bytes), line by line. Blank lines are passed over.
 *
 * @param onBytes told how many bytes of the file were read
 * @throws FileError
 */
export async function* readLines(path: string, onBytes: (count: number) => void = () => {}): AsyncGenerator<Line> {
  try {
    let number = 0;
    for await (const bytes of splitLines(await openText(path, onBytes))) {
      number += 1;
      const parsed = parseLine(bytes);
      if (parsed !== null) yield { number, parsed };
    }
  } catch (error) {
    throw new FileError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Of one file that is read at once. */
const JSON_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Reads a file that is one JSON value, however it is laid out, or one a line; plain or gzip. One that cannot be read to its
 * end is none of it: among thousands it keeps no other from being read.
 */
export async function* readJsonValues(path: string, onBytes: (count: number) => void): AsyncGenerator<Line["parsed"]> {
  const bytes = await readWhole(path, onBytes).catch((error: Error) => error);
  const whole = bytes instanceof Error ? { ok: false as const, message: `cannot be read: ${bytes.message}` } : parseLine(bytes);
  if (bytes instanceof Error || whole?.ok !== false) {
    if (whole) yield whole;
    return;
  }
  const lines: Line["parsed"][] = [];
  for await (const { parsed } of readLines(path)) lines.push(parsed);
  // Broken once, rather than at each of its lines.
  yield* lines.some(({ ok }) => ok) ? lines : [whole];
}

/** @throws Error of the system, of gzip, or that says that it is too large */
async function readWhole(path: string, onBytes: (count: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of (await openText(path, onBytes)) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > JSON_BYTES_MAX) throw new Error(`expected at most ${JSON_BYTES_MAX} bytes; write one response a file`);
  }
  return Buffer.concat(chunks);
}

/** @throws FileError if one of them cannot be read */
export async function sizeOf(paths: readonly string[]): Promise<number> {
  let sizeBytes = 0;
  for (const path of paths) {
    try {
      sizeBytes += (await stat(path)).size;
    } catch (error) {
      throw new FileError((error as Error).message, { cause: error });
    }
  }
  return sizeBytes;
}

const LINE_FEED = 0x0a;

/** Cuts at line feeds only: within JSON a string may hold every other separator that Unicode knows. */
async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to !== -1; to = chunk.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, to)]);
      begun = [];
      from = to + 1;
    }
    begun.push(chunk.subarray(from));
  }
  yield Buffer.concat(begun);
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** @returns what the file says, unpacked; a failure anywhere on the way ends it with that error */
async function openText(path: string, onBytes: (count: number) => void): Promise<Readable> {
  const file = await open(path);
  const start = Buffer.alloc(GZIP_MAGIC.length);
  try {
    await file.read(start, 0, start.length, 0);
  } catch (error) {
    await file.close();
    throw error;
  }
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      onBytes(chunk.length);
      yield chunk;
    }
  };
  const unpack = start.equals(GZIP_MAGIC) ? createGunzip() : new PassThrough();
  pipeline(file.createReadStream({ start: 0 }), counted, unpack).catch((error: Error) => unpack.destroy(error));
  return unpack;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** @returns null for a blank line */
function parseLine(bytes: Buffer): Line["parsed"] | null {
  try {
    // Without the byte order mark, if there is one.
    const text = UTF8.decode(bytes).trim();
    return text === "" ? null : { ok: true, value: JSON.parse(text), text };
  } catch (error) {
    return { ok: false, message: error instanceof SyntaxError ? `not JSON: ${error.message}` : "not UTF-8" };
  }
}
