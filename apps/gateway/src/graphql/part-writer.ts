import { METRIC_NAMES, metricOf, MINUTE_MS, type MetricName } from "@segmeter/engine";
import { toLabel, type JsonBytes, type Label } from "@segmeter/json-bytes";
import type { Step } from "./nodes.ts";

/** A field of a part that is selected, under the name that the operation gives it. */
export type PartField =
  | { readonly name: string; readonly key: "id" | "start" | "end" }
  | { readonly name: string; readonly typename: string }
  | { readonly name: string; readonly metrics: readonly MetricField[] };

export type MetricField = { readonly name: string; readonly metric: MetricName } | { readonly name: string; readonly typename: string };

type Value = { readonly key: "id" | "start" | "end" } | { readonly metric: MetricName };

/** A value, and the text that comes before it. */
type Piece = Value & { readonly before: Label };

const NULL = toLabel("null");

/** How parts are written of which nothing but scalars is selected: straight from their numbers. */
export class PartWriter {
  readonly metrics: readonly MetricName[];
  readonly #pieces: readonly Piece[];
  readonly #end: Label;

  constructor(fields: readonly PartField[]) {
    const { pieces, end } = toPieces(fields);
    const selected = new Set(pieces.map((piece) => ("metric" in piece ? piece.metric : null)));
    this.metrics = METRIC_NAMES.filter((name) => selected.has(name));
    this.#pieces = pieces;
    this.#end = toLabel(end);
  }

  /**
   * @param columnOf the values of a metric, one a cell; NaN where there is nothing to average
   * @returns writes one part; a cell of null stands for a part without segments
   */
  over(columnOf: (metric: MetricName) => Float64Array, out: JsonBytes): (step: Step, cell: number | null) => void {
    const columns = this.#pieces.map((piece) => ("metric" in piece ? columnOf(piece.metric) : null));
    return (part, cell) => {
      this.#pieces.forEach((piece, i) => {
        out.label(piece.before);
        if ("metric" in piece) writeMetric(cell === null ? emptyValueOf(piece.metric) : columns[i]![cell]!, out);
        else out.string(keyOf(part, piece.key));
      });
      out.label(this.#end);
    };
  }
}

function writeMetric(value: number, out: JsonBytes): void {
  if (Number.isNaN(value)) out.label(NULL);
  else out.number(value);
}

function emptyValueOf(metric: MetricName): number {
  return metricOf(metric).denominator.length === 0 ? 0 : NaN;
}

function keyOf(part: Step, key: "id" | "start" | "end"): string {
  if (part.dimension !== "interval") return part.id;
  return new Date(part.startMs + (key === "end" ? part.minutes * MINUTE_MS : 0)).toISOString();
}

/** What is the same in every part is joined to one text between two values. */
function toPieces(fields: readonly PartField[]): { readonly pieces: readonly Piece[]; readonly end: string } {
  const pieces: Piece[] = [];
  let text = "";
  const add = (value: Value): void => {
    pieces.push({ ...value, before: toLabel(text) });
    text = "";
  };
  fields.forEach((field, i) => {
    text += `${i > 0 ? "," : "{"}"${field.name}":`;
    if ("typename" in field) text += JSON.stringify(field.typename);
    else if ("key" in field) add(field);
    else {
      field.metrics.forEach((inner, m) => {
        text += `${m > 0 ? "," : "{"}"${inner.name}":`;
        if ("typename" in inner) text += JSON.stringify(inner.typename);
        else add(inner);
      });
      text += "}";
    }
  });
  return { pieces, end: `${text}}` };
}
