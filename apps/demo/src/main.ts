import { fileURLToPath } from "node:url";
import { createTraffic } from "@segmeter/testkit/traffic";
import { greeting } from "./greeting.ts";
import { startGatewayProcess } from "./gateway-process.ts";
import { isDemoFolder } from "./demo-folder.ts";
import { feed, FeedRefused } from "./feed.ts";

/** Any number gives traffic of its own; the same one gives the same traffic, so a restart adds what is missing and doubles nothing. */
const SEED = 20_261_122;
const ACCOUNT = "demo";

const dataDir = process.env["DATA_DIR"] || "data";
const isDemo = await isDemoFolder(dataDir);
const gateway = await startGatewayProcess(fileURLToPath(import.meta.resolve("../../gateway/dist/main.js")), {
  ...process.env,
  DATA_DIR: dataDir,
  LOG_LEVEL: process.env["LOG_LEVEL"] || "warn",
});
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopping.abort();
    gateway.stop(signal);
  });
}

if (isDemo) {
  const traffic = createTraffic({ seed: SEED });
  await feed({
    urls: [gateway.url],
    accountId: ACCOUNT,
    traffic,
    signal: stopping.signal,
    token: process.env["SEGMETER_TOKEN"] || undefined,
    onFilled: (eventCount) => process.stdout.write(greeting(gateway.url, ACCOUNT, eventCount)),
  }).catch((error: unknown) => {
    if (!(error instanceof FeedRefused)) throw error;
    process.stderr.write(
      `The gateway takes no demo traffic (${error.message}): set SEGMETER_TOKEN to a key of scope ingest for the account ${ACCOUNT}.\n`,
    );
  });
} else {
  process.stdout.write(
    `Segmeter answers on ${gateway.url}. The folder "${dataDir}" holds data that is not the demo's, so no demo traffic is added.\n`,
  );
}
process.exitCode = await gateway.exited;
