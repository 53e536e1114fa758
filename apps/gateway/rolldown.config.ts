import { defineConfig } from "rolldown";

/** The workspace's own sources go into the bundle; packages from the registry stay beside it. */
export default defineConfig({
  // Threads are started by their names, beside whatever starts them.
  input: {
    main: "src/main.ts",
    cli: "src/cli.ts",
    "log-thread": "@segmeter/event-log/sqlite/log-thread",
    "helper-thread": "@segmeter/engine-threads/helper-thread",
  },
  platform: "node",
  external: /^(?!@segmeter\/|[./]).+/,
  output: { dir: "dist", format: "esm", sourcemap: true, cleanDir: true },
});
