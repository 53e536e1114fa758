import { isMetricName, METRIC_NAMES, metricOf, MINUTE_MS, type MetricName } from "@segmeter/engine";
import { toLabel, toRowLabels, type JsonBytes, type Label, type RowLabels } from "@segmeter/json-bytes";
import type { Step } from "./nodes.ts";

type Key = "id" | "name" | "start" | "end";

/** A field of a part that is selected, under the name that the operation gives it. */
export type PartField =
  | { readonly name: string; readonly key: Key }
  | { readonly name: string; readonly typename: string }
  | { readonly name: string; readonly metrics: readonly MetricField[] };

export type MetricField = { readonly name: string; readonly metric: MetricName } | { readonly name: string; readonly typename: string };

/** A key with the text before it, or metrics, one after the other, with the text before each. */
type Piece =
  | { readonly before: Label; readonly key: Key }
  | { readonly labels: RowLabels; readonly metrics: readonly MetricName[]; readonly valuesOfNothing: readonly Float64Array[] };

const NULL = toLabel("null");

/** How parts are written of which nothing but scalars is selected: straight from their numbers. */
export class PartWriter {
  readonly metrics: readonly MetricName[];
  readonly #pieces: readonly Piece[];
  readonly #end: Label;

  constructor(fields: readonly PartField[]) {
    const { values, end } = toValues(fields);
    const selected = new Set(values.map(({ value }) => value));
    this.metrics = METRIC_NAMES.filter((name) => selected.has(name));
    this.#pieces = toPieces(values);
    this.#end = toLabel(end);
  }

  /**
   * @param columnOf the values of a metric, one a cell; NaN where there is nothing to average
   * @param nameOf an agent; null where nobody said
   * @returns writes one part; a cell of null stands for a part without segments
   */
  over(
    columnOf: (metric: MetricName) => Float64Array,
    nameOf: (agentId: string) => string | null,
    out: JsonBytes,
  ): (step: Step, cell: number | null) => void {
    const pieces = this.#pieces.map((piece) => ("key" in piece ? piece : { ...piece, columns: piece.metrics.map(columnOf) }));
    return (part, cell) => {
      for (const piece of pieces) {
        if ("key" in piece) {
          out.label(piece.before);
          const key = keyOf(part, piece.key, nameOf);
          if (key === null) out.label(NULL);
          else out.string(key);
        } else if (cell === null) {
          out.row(piece.labels, piece.valuesOfNothing, 0, NULL);
        } else {
          out.row(piece.labels, piece.columns, cell, NULL);
        }
      }
      out.label(this.#end);
    };
  }
}

function keyOf(part: Step, key: Key, nameOf: (agentId: string) => string | null): string | null {
  if (part.dimension !== "interval") return key === "name" ? nameOf(part.id) : part.id;
  return textOf(part.startMs + (key === "end" ? part.minutes * MINUTE_MS : 0));
}

const MOMENTS_MAX = 4_096;
/** The same few moments come again with every agent. */
const moments = new Map<number, string>();

function textOf(ms: number): string {
  let text = moments.get(ms);
  if (text === undefined) {
    if (moments.size === MOMENTS_MAX) moments.clear();
    text = new Date(ms).toISOString();
    moments.set(ms, text);
  }
  return text;
}

interface Value {
  readonly before: string;
  readonly value: Key | MetricName;
}

/** What is the same in every part is joined to one text between two values. */
function toValues(fields: readonly PartField[]): { readonly values: readonly Value[]; readonly end: string } {
  const values: Value[] = [];
  let text = "";
  const add = (value: Key | MetricName): void => {
    values.push({ before: text, value });
    text = "";
  };
  fields.forEach((field, i) => {
    text += `${i > 0 ? "," : "{"}"${field.name}":`;
    if ("typename" in field) text += JSON.stringify(field.typename);
    else if ("key" in field) add(field.key);
    else {
      field.metrics.forEach((inner, m) => {
        text += `${m > 0 ? "," : "{"}"${inner.name}":`;
        if ("typename" in inner) text += JSON.stringify(inner.typename);
        else add(inner.metric);
      });
      text += "}";
    }
  });
  return { values, end: `${text}}` };
}

function toPieces(values: readonly Value[]): Piece[] {
  const pieces: Piece[] = [];
  for (let from = 0, to = 0; from < values.length; from = to) {
    const { before, value } = values[to++]!;
    if (isMetricName(value)) {
      while (to < values.length && isMetricName(values[to]!.value)) to++;
      pieces.push(toRow(values.slice(from, to)));
    } else {
      pieces.push({ before: toLabel(before), key: value });
    }
  }
  return pieces;
}

function toRow(values: readonly Value[]): Piece {
  const metrics = values.map(({ value }) => value as MetricName);
  return {
    labels: toRowLabels(values.map(({ before }) => before)),
    metrics,
    valuesOfNothing: metrics.map((metric) => Float64Array.of(metricOf(metric).denominator.length === 0 ? 0 : NaN)),
  };
}
