import { defineConfig } from "rolldown";

/** The workspace's own sources go into the bundle; packages from the registry stay beside it. */
export default defineConfig({
  // The thread of the log is started by its name, beside whatever starts it.
  input: { main: "src/main.ts", cli: "src/cli.ts", "log-thread": "@segmeter/event-log/sqlite/log-thread" },
  platform: "node",
  external: /^(?!@segmeter\/|[./]).+/,
  output: { dir: "dist", format: "esm", sourcemap: true, cleanDir: true },
});
