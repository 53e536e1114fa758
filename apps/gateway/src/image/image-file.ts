import { open, type FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { IMAGE_LAYOUT } from "@segmeter/engine";
import type { LogMark } from "@segmeter/event-log";
import { z } from "zod";
import { replaceFileBy } from "../durable-file.ts";

/** Why a file is no image that can be used. */
class ImageFault extends Error {
  override readonly name = "ImageFault";
}

/**
 * An engine's image in a file:
 *
 *     SegImage | frame | frame | … | frame of nothing
 *
 *     frame    bytes (4) · CRC-32 (4) | the first: JSON, what it is; the others: a piece
 *
 * Numbers are little-endian. A sum goes on from the one before, so it vouches for everything up to there.
 */
const MAGIC = Buffer.from("SegImage");
const PREFIX_BYTES = 8;
/** Pieces are smaller by far: a greater number is damage. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** So much is on its way to the disk at most, where it would keep the log's own writes waiting. */
const SYNC_BYTES = 8 * 1024 * 1024;

interface ImageHead {
  readonly layout: string;
  /** The log, as the engine knew it. */
  readonly mark: LogMark;
}

/**
 * Puts an image in the place of the one before.
 *
 * @param stopping gives it up; the one before stays
 * @returns its size; null if it was given up
 */
export async function writeImage(path: string, mark: LogMark, pieces: Iterable<Uint8Array>, stopping: AbortSignal): Promise<number | null> {
  let fileBytes = 0;
  const isReplaced = await replaceFileBy(path, async (file) => {
    const frames = new FrameWriter(file);
    await frames.write(Buffer.from(JSON.stringify({ layout: IMAGE_LAYOUT, mark } satisfies ImageHead)));
    for (const piece of pieces) {
      if (stopping.aborted) return false;
      await frames.write(piece);
    }
    await frames.write(new Uint8Array());
    fileBytes = frames.writtenBytes;
    return true;
  });
  return isReplaced ? fileBytes : null;
}

class FrameWriter {
  readonly #file: FileHandle;
  #crc = 0;
  #unsyncedBytes = 0;
  writtenBytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const prefix = prefixOf(bytes, this.#crc);
    this.#crc = prefix.readUInt32LE(4);
    const parts = this.writtenBytes === 0 ? [MAGIC, prefix, bytes] : [prefix, bytes];
    const { bytesWritten } = await this.#file.writev(parts);
    const expectedBytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytesWritten !== expectedBytes)
      throw new Error(`expected to write ${expectedBytes} bytes, wrote ${bytesWritten}: the disk is full`);
    this.writtenBytes += bytesWritten;
    this.#unsyncedBytes += bytesWritten;
    if (this.#unsyncedBytes < SYNC_BYTES) return;
    await this.#file.datasync();
    this.#unsyncedBytes = 0;
  }
}

function prefixOf(bytes: Uint8Array, crcBefore: number): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(bytes.byteLength);
  prefix.writeUInt32LE(crc32(bytes, crc32(prefix.subarray(0, 4), crcBefore)), 4);
  return prefix;
}

/**
 * Reads an image from end to end. What was taken is worth nothing if this fails, then or in the end.
 *
 * @param take is given the pieces in their order, each aligned to 8 bytes in memory of its own
 * @returns the log, as the engine knew it
 * @throws ImageFault if it is no image of this layout, or not all that was written; or as the disk fails
 */
export async function readImage(path: string, take: (piece: Uint8Array) => void): Promise<LogMark> {
  const file = await open(path);
  try {
    const frames = readFrames(file);
    const { value: first } = await frames.next();
    const { layout, mark } = parseHead(first);
    if (layout !== IMAGE_LAYOUT) throw new ImageFault(`its layout is ${layout}, and this version knows ${IMAGE_LAYOUT}`);
    for await (const piece of frames) take(piece);
    return mark;
  } finally {
    await file.close();
  }
}

const HEAD = z.object({
  layout: z.string(),
  mark: z.object({ number: z.number(), token: z.number(), position: z.number() }),
});

function parseHead(bytes: Uint8Array | void): ImageHead {
  if (!bytes) throw new ImageFault("nothing is in it");
  const head = HEAD.safeParse(JSON.parse(Buffer.from(bytes).toString()));
  if (!head.success) throw new ImageFault("it does not say what it is as images do");
  return head.data;
}

/** The next one is read while the one before is worked on. */
async function* readFrames(file: FileHandle): AsyncGenerator<Uint8Array, void> {
  const start = await readBytes(file, 0, MAGIC.byteLength + PREFIX_BYTES);
  if (!MAGIC.equals(start.subarray(0, MAGIC.byteLength))) throw new ImageFault("it does not begin as an image does");
  let prefix = prefixIn(start, MAGIC.byteLength);
  let at = start.byteLength;
  let crcBefore = 0;
  let reading = readFrame(file, at, prefix);
  while (prefix.bytes > 0) {
    const { piece, nextPrefix } = await reading;
    assertIntact(piece, prefix, crcBefore, at);
    crcBefore = prefix.crc;
    at += piece.byteLength + PREFIX_BYTES;
    reading = readFrame(file, at, nextPrefix);
    reading.catch(ignore);
    yield piece;
    prefix = nextPrefix;
  }
  assertIntact(new Uint8Array(), prefix, crcBefore, at);
}

interface Prefix {
  readonly bytes: number;
  readonly crc: number;
}

/** A frame, and the prefix of the one behind it; a frame of nothing is the last. */
async function readFrame(file: FileHandle, at: number, { bytes }: Prefix): Promise<{ piece: Uint8Array; nextPrefix: Prefix }> {
  if (bytes > FRAME_BYTES_MAX) throw new ImageFault(`a frame of ${bytes} bytes at byte ${at} is not what was written`);
  if (bytes === 0) return { piece: new Uint8Array(), nextPrefix: { bytes: 0, crc: 0 } };
  const read = await readBytes(file, at, bytes + PREFIX_BYTES);
  return { piece: read.subarray(0, bytes), nextPrefix: prefixIn(read, bytes) };
}

async function readBytes(file: FileHandle, at: number, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let read = 0; read < count;) {
    const { bytesRead } = await file.read(bytes, read, count - read, at + read);
    if (bytesRead === 0) throw new ImageFault(`it ends at byte ${at + read}, before all of it`);
    read += bytesRead;
  }
  return bytes;
}

function prefixIn(bytes: Uint8Array, at: number): Prefix {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, PREFIX_BYTES);
  return { bytes: view.getUint32(0, true), crc: view.getUint32(4, true) };
}

function assertIntact(piece: Uint8Array, { crc }: Prefix, crcBefore: number, at: number): void {
  if (crc !== prefixOf(piece, crcBefore).readUInt32LE(4)) throw new ImageFault(`the frame at byte ${at} is not what was written`);
}

function ignore(): void {}
