import type { Types } from "@graphql-codegen/plugin-helpers";
import * as hooksPlugin from "./hooks-plugin.ts";

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
export const preset: Types.OutputPreset<PresetConfig> = {
  buildGeneratesSection: async ({
    baseOutputDir,
    presetConfig: { runtime = "@segmeter/hooks" },
    plugins,
    pluginMap,
    config,
    ...options
  }) => [
    {
      ...options,
      filename: baseOutputDir,
      config: { ...config, runtime },
      plugins: [...plugins, { hooksPlugin: {} }],
      pluginMap: { ...pluginMap, hooksPlugin },
    },
  ],
};
