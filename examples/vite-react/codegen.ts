import type { CodegenConfig } from "@graphql-codegen/cli";
import { preset } from "@segmeter/hooks/codegen";

const config: CodegenConfig = {
  schema: "node_modules/@segmeter/schema/schema.graphql",
  generates: {
    "src/generated/segmeter.ts": { documents: "src/operations/*.graphql", preset },
  },
};

export default config;
