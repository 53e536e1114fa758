import { giveBack, JsonBytes } from "@segmeter/json-bytes";

/** A part of an answer that writes itself as JSON. Whoever does not know it finds the values that it stands for. */
export class Written {
  readonly write: (out: JsonBytes) => void;

  constructor(write: (out: JsonBytes) => void) {
    this.write = write;
  }

  toJSON(): unknown {
    return JSON.parse(toText(this));
  }
}

/** @returns a result as JSON, and the end of a line, as Apollo Server writes it; lent, to be given back when it has been read */
export function toJsonLine(result: unknown): Buffer {
  const out = new JsonBytes();
  writeValue(result, out);
  out.json("\n");
  return out.lend();
}

export function toText(value: unknown): string {
  const out = new JsonBytes();
  writeValue(value, out);
  const bytes = out.lend();
  const text = bytes.toString();
  giveBack(bytes);
  return text;
}

/** What `JSON.stringify` does, for the values that results are made of. */
function writeValue(value: unknown, out: JsonBytes): void {
  if (value instanceof Written) {
    value.write(out);
  } else if (Array.isArray(value)) {
    out.json("[");
    value.forEach((entry, i) => {
      if (i > 0) out.comma();
      writeValue(entry, out);
    });
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
      writeValue(entry, out);
    }
    out.json("}");
  } else {
    out.json(JSON.stringify(value));
  }
}
