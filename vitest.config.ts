import { defineConfig } from "vitest/config";

export default defineConfig({
  // The file that Node takes: otherwise the gateway and the packages it uses get a copy of graphql each, which refuse one another.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["{apps,packages,tooling,bench}/**/*.test.{ts,tsx}"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    // The threads and processes that tests start need not strip the same sources of their types over and over.
    env: { NODE_COMPILE_CACHE: new URL("node_modules/.cache/node", import.meta.url).pathname },
    // Each spawns gateways of its own; two cores are all there may be.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // What is waited for comes at its own pace; only what never comes takes so long.
    expect: { poll: { timeout: 20_000 } },
    reporters: ["default", "./tooling/count-reporter.ts"],
    onConsoleLog: failOnConsole,
  },
});

/** Stray output hides what matters; whoever needs to print says so in the code under test. */
function failOnConsole(log: string): void {
  throw new Error(`a test printed to the console: ${log}`);
}
