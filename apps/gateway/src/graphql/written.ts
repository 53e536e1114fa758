import { setImmediate } from "node:timers/promises";
import { giveBack, JsonBytes } from "@segmeter/json-bytes";

/** A part of an answer that writes itself as JSON. Whoever does not know it finds the values that it stands for. */
export class Written {
  readonly write: (out: JsonBytes) => void;
  /** It is written no more. */
  readonly close: () => void;

  constructor(write: (out: JsonBytes) => void, close: () => void) {
    this.write = write;
    this.close = close;
  }

  toJSON(): unknown {
    return JSON.parse(toText(this));
  }
}

/**
 * A result as JSON, and the end of a line, as Apollo Server writes it. Others have their turn while a long one is written.
 * It can be written no second time.
 *
 * @returns what is lent, to be given back when it has been read
 */
export async function toJsonLine(result: unknown): Promise<Buffer> {
  const out = new JsonBytes();
  for (const _ of writeValue(result, out, (written) => written.close())) await setImmediate();
  out.json("\n");
  return out.lend();
}

/** The same as a text, without the end of the line. */
export async function toJsonText(result: unknown): Promise<string> {
  const line = await toJsonLine(result);
  const text = line.toString("utf8", 0, line.length - 1);
  giveBack(line);
  return text;
}

/** Likewise, in one go. It can be written again. */
export function toText(value: unknown): string {
  return writtenAtOnce(value);
}

/** Likewise, in one go; it can be written no second time. */
export function toTextOnce(value: unknown): string {
  return writtenAtOnce(value, (written) => written.close());
}

function writtenAtOnce(value: unknown, onWritten?: (written: Written) => void): string {
  const out = new JsonBytes();
  for (const _ of writeValue(value, out, onWritten));
  const bytes = out.lend();
  const text = bytes.toString();
  giveBack(bytes);
  return text;
}

/** Written in less than a millisecond. */
const PIECE_BYTES = 256 * 1024;

/** What `JSON.stringify` does, for the values that results are made of; piece by piece. */
function* writeValue(value: unknown, out: JsonBytes, onWritten?: (written: Written) => void): Generator<void, void> {
  if (value instanceof Written) {
    value.write(out);
    onWritten?.(value);
  } else if (Array.isArray(value)) {
    let pieceEnd = out.length + PIECE_BYTES;
    out.json("[");
    for (let i = 0; i < value.length; i++) {
      if (i > 0) out.comma();
      yield* writeValue(value[i], out, onWritten);
      if (out.length < pieceEnd) continue;
      yield;
      pieceEnd = out.length + PIECE_BYTES;
    }
    out.json("]");
  } else if (typeof value === "object" && value !== null && !("toJSON" in value)) {
    let isFirst = true;
    out.json("{");
    for (const [name, entry] of Object.entries(value)) {
      if (entry === undefined) continue;
      if (!isFirst) out.comma();
      isFirst = false;
      out.string(name);
      out.colon();
      yield* writeValue(entry, out, onWritten);
    }
    out.json("}");
  } else {
    out.json(JSON.stringify(value));
  }
}
