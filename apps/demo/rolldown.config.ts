import { defineConfig } from "rolldown";

/** The workspace's own sources go into the bundle; packages from the registry stay beside it. */
export default defineConfig({
  input: { main: "src/main.ts", cluster: "src/cluster.ts" },
  platform: "node",
  external: /^(?!@segmeter\/|[./]).+/,
  output: { dir: "dist", format: "esm", sourcemap: true, cleanDir: true },
});
