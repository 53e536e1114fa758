import { INTERVAL_MIN_MINUTES, METRIC_NAMES, METRICS, TIMEFRAME_MAX_MINUTES } from "@segmeter/engine";
import type { OpenAPIV3 } from "openapi-types";

type Schema = OpenAPIV3.SchemaObject;
type Reference = OpenAPIV3.ReferenceObject;

/** The original method's parameters, as the contract's section 4 has them. */
const PARAMETERS: readonly { readonly name: string; readonly required?: true; readonly schema: Schema; readonly description: string }[] = [
  {
    name: "v",
    required: true,
    schema: { type: "string", enum: ["1", "2"] },
    description: "Version: 1 takes `timeframe`, 2 takes `fromMillis` and `toMillis`.",
  },
  {
    name: "timeframe",
    schema: { type: "integer", minimum: 1, maximum: TIMEFRAME_MAX_MINUTES },
    description: "With v=1, required: the window is that many minutes long and ends now.",
  },
  {
    name: "fromMillis",
    schema: { type: "integer", minimum: 0 },
    description: "With v=2, required: start of the window, inclusive, UTC epoch ms.",
  },
  {
    name: "toMillis",
    schema: { type: "integer", minimum: 0 },
    description: `With v=2, required: end of the window, exclusive. The window is whole minutes long, 1 to ${TIMEFRAME_MAX_MINUTES}.`,
  },
  {
    name: "agentIds",
    schema: { type: "string" },
    description: "Comma separated, or `all`: keeps only these agents, in every part of the answer.",
  },
  { name: "skillIds", schema: { type: "string" }, description: "Comma separated, or `all`: adds `metricsPerSkill` with these skills." },
  { name: "groupIds", schema: { type: "string" }, description: "Comma separated, or `all`: keeps only segments of these agent groups." },
  { name: "userType", schema: { type: "string", enum: ["human", "bot", "all"] }, description: "In any case." },
  { name: "source", schema: { type: "string" }, description: "Comma separated, in any case, or `all`." },
  {
    name: "interval",
    schema: { type: "integer", minimum: INTERVAL_MIN_MINUTES },
    description: "Minutes, a divisor of the window: the answer is parted by intervals of this length.",
  },
  {
    name: "metrics",
    schema: { type: "string" },
    description: `Comma separated names, or \`all\`; the total always comes too. Names: ${METRIC_NAMES.map((name) => `\`${name}\``).join(", ")}.`,
  },
];

/** @param errors the responses that every path of the gateway may give */
export function describeMethod(errors: OpenAPIV3.ResponsesObject): OpenAPIV3.PathItemObject {
  const answers: OpenAPIV3.ResponsesObject = {
    "200": { description: "The metrics.", content: { "application/json": { schema: reference("MsgAgentSegments") } } },
    "304": { description: "To a GET with `If-None-Match`, over a window that is past: nothing has changed." },
    ...errors,
  };
  return {
    parameters: [{ name: "accountId", in: "path", required: true, schema: { type: "string", pattern: "^[a-zA-Z0-9_]{1,20}$" } }],
    get: {
      operationId: "getMsgAgentSegments",
      summary: "Metrics of the agent segments that ended in a window",
      parameters: PARAMETERS.map((parameter) => ({ in: "query", ...parameter })),
      responses: answers,
    },
    post: {
      operationId: "postMsgAgentSegments",
      summary: "The same, for long lists of ids",
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: PARAMETERS.filter(({ required }) => required).map(({ name }) => name),
              properties: Object.fromEntries(
                PARAMETERS.map(({ name, description }): [string, Schema] => [
                  name,
                  { oneOf: [{ type: "string" }, { type: "number" }], nullable: true, description },
                ]),
              ),
            },
          },
        },
      },
      responses: answers,
    },
  };
}

/** The schemas that `describeMethod` refers to. */
export function describeAnswer(): Record<string, Schema> {
  const metrics = METRICS.map(({ name, type, unit, definition, denominator }): [string, Schema] => [
    name,
    {
      type: type === "Long" ? "integer" : "number",
      description: `${definition} Unit: ${unit}.${denominator.length > 0 ? " -1 where there is nothing to average." : ""}`,
    },
  ]);
  const parts = {
    metricsPerSkill: {
      type: "object",
      additionalProperties: reference("MetricsPerAgent"),
      description: "By skill id; only when `skillIds` is given.",
    },
    agentsMetrics: reference("MetricsPerAgent"),
    metricsTotal: reference("Metrics"),
  } satisfies Record<string, Schema | Reference>;
  return {
    Metrics: { type: "object", properties: Object.fromEntries(metrics) },
    MetricsPerAgent: {
      type: "object",
      required: ["metricsPerAgent"],
      properties: { metricsPerAgent: { type: "object", additionalProperties: reference("Metrics"), description: "By agent id." } },
    },
    Parts: { type: "object", properties: parts },
    MsgAgentSegments: {
      type: "object",
      description: "Without `interval` the parts themselves; with it the same parts by interval and for the whole window.",
      properties: {
        ...parts,
        metricsByIntervals: {
          type: "array",
          items: {
            type: "object",
            required: ["timestamp", "metricsData"],
            properties: {
              timestamp: { type: "integer", description: "Start of the interval, UTC epoch ms." },
              metricsData: reference("Parts"),
            },
          },
        },
        timeframeSummary: reference("Parts"),
      },
    },
  };
}

function reference(name: string): Reference {
  return { $ref: `#/components/schemas/${name}` };
}
