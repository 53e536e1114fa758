import type { CodegenConfig } from "@graphql-codegen/cli";
import { preset } from "./packages/hooks/src/codegen/index.ts";

const config: CodegenConfig = {
  schema: "packages/schema/schema.graphql",
  config: { sort: false },
  generates: {
    "apps/gateway/src/graphql/generated/resolvers.ts": {
      plugins: ["typescript", "typescript-resolvers"],
      config: {
        contextType: "../context.ts#RequestContext",
        mappers: {
          Account: "../nodes.ts#AccountNode",
          AgentSegments: "../nodes.ts#SliceNode",
          Agent: "../nodes.ts#PartNode",
          Skill: "../nodes.ts#PartNode",
          Interval: "../nodes.ts#IntervalNode",
          MetricSet: "../nodes.ts#MetricValues",
          MetricDefinition: "@segmeter/engine#Metric",
        },
        scalars: { ID: "string", DateTime: { input: "Date", output: "Date" }, Long: "number" },
        enumsAsTypes: true,
        useTypeImports: true,
        makeResolverTypeCallable: true,
        maybeValue: "T | null | undefined",
        avoidOptionals: { object: true },
        emitLegacyCommonJSImports: false,
        importExtension: ".ts",
      },
    },
    "apps/gateway/src/graphql/generated/type-defs.ts": {
      plugins: ["./tooling/type-defs-plugin.mjs"],
    },
    "packages/hooks/src/generated/operations.ts": {
      documents: "packages/hooks/src/operations/*.graphql",
      preset,
      presetConfig: { runtime: "../runtime/index.ts" },
    },
    "packages/hooks/test/generated/pulse.ts": {
      documents: "packages/hooks/test/operations/*.graphql",
      preset,
      presetConfig: { runtime: "../../src/index.ts" },
    },
  },
};

export default config;
