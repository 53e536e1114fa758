import { open, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** One line of an event file that holds JSON, or the reason why it does not. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly parsed: { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };
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
    const lines = createInterface({ input: await openText(path, onBytes), crlfDelay: Infinity });
    let number = 0;
    for await (const text of lines) {
      number += 1;
      if (text.trim() !== "") yield { number, parsed: parseLine(number === 1 ? text.replace(BYTE_ORDER_MARK, "") : text) };
    }
  } catch (error) {
    throw new FileError(`${path}: ${(error as Error).message}`, { cause: error });
  }
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

const BYTE_ORDER_MARK = /^\uFEFF/;

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** @returns what the file says, unpacked; a failure anywhere on the way ends it with that error */
async function openText(path: string, onBytes: (count: number) => void): Promise<Readable> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0);
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      onBytes(chunk.length);
      yield chunk;
    }
  };
  const unpack = buffer.equals(GZIP_MAGIC) ? createGunzip() : new PassThrough();
  pipeline(file.createReadStream({ start: 0 }), counted, unpack).catch((error: Error) => unpack.destroy(error));
  return unpack;
}

function parseLine(text: string): Line["parsed"] {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, message: `not JSON: ${(error as SyntaxError).message}` };
  }
}
