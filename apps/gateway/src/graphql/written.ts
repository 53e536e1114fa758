import { JsonBytes } from "@segmeter/json-bytes";

/** A part of an answer that writes itself as JSON. Whoever does not know it finds the values that it stands for. */
export class Written {
  readonly write: (out: JsonBytes) => void;

  constructor(write: (out: JsonBytes) => void) {
    this.write = write;
  }

  toJSON(): unknown {
    return JSON.parse(toBytes(this).toString());
  }
}

/** @returns a result as JSON, and the end of a line, as Apollo Server writes it */
export function toJsonLine(result: unknown): Buffer {
  return toBytes(result, "\n");
}

function toBytes(value: unknown, end = ""): Buffer {
  const out = new JsonBytes();
  writeValue(value, out);
  out.json(end);
  const bytes = out.take();
  out.close();
  return bytes;
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
