import type { CodegenConfig } from "@graphql-codegen/cli";
import * as hooksPlugin from "./hooks-plugin.ts";

type OutputPreset = Exclude<Extract<CodegenConfig["generates"][string], { preset?: unknown }>["preset"], string | undefined>;

export interface PresetConfig {
  /** Where the generated module imports what it is built on from; `@segmeter/hooks` unless said otherwise. */
  readonly runtime?: string;
}

/**
 * Generates a module of typed hooks from operations in `.graphql` files.
 *
 * ```ts
 * const config: CodegenConfig = {
 *   schema: "node_modules/@segmeter/schema/schema.graphql",
 *   generates: { "src/generated/segmeter.ts": { documents: "src/operations/*.graphql", preset } },
 * };
 * ```
 */
export const preset: OutputPreset = {
  buildGeneratesSection: async ({ baseOutputDir, presetConfig, plugins, pluginMap, config, documents, ...options }) => [
    {
      ...options,
      // As the disk gives them they come in any order.
      documents: documents.toSorted((a, b) => ((a.location ?? "") < (b.location ?? "") ? -1 : 1)),
      filename: baseOutputDir,
      config: { ...config, runtime: (presetConfig as PresetConfig).runtime ?? "@segmeter/hooks" },
      plugins: [...plugins, { hooksPlugin: {} }],
      pluginMap: { ...pluginMap, hooksPlugin },
    },
  ],
};
