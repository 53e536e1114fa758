import type { Metric } from "@segmeter/engine";
import type { MetricDefinitionResolvers, MetricUnit } from "../generated/resolvers.ts";

const UNITS: Readonly<Record<Metric["unit"], MetricUnit>> = {
  segments: "SEGMENTS",
  "responses per segment": "RESPONSES_PER_SEGMENT",
  ms: "MS",
};

/** `name`, `definition` and `source` come with the metric. */
export const MetricDefinition: MetricDefinitionResolvers = {
  unit: ({ unit }) => UNITS[unit],
  isAverage: ({ denominator }) => denominator.length > 0,
};
