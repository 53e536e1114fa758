import { afterAll, beforeAll, expect, test } from "vitest";
import { spawnGateway, type GatewayProcess } from "../gateway-process.ts";
import { createAsker, createTestFolder } from "../test-gateway.ts";
import { Fuzzer, REQUESTS_A_ROUND } from "./fuzzer.ts";

const isLong = process.env["LONG"] === "1";
const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? (isLong ? 100_000 : 300));
const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
const WORKERS = 4;
const STALL_MS_MAX = 100;
const TOLD_EVERY_MS = 10_000;

let folder: Awaited<ReturnType<typeof createTestFolder>>;
let gateway: GatewayProcess;
let fuzzer: Fuzzer;

beforeAll(async () => {
  folder = await createTestFolder();
  gateway = await spawnGateway({ DATA_DIR: folder.path, RETENTION_HOURS: "all", LOG_LEVEL: "info" });
  fuzzer = new Fuzzer(gateway.url, createAsker(gateway.url, {}));
  // Code that has not run yet is slower than it will ever be again.
  for (const door of ["ingest", "rest", "graphql"] as const) await fuzzer.round(door, 0);
  await gateway.stalls();
});

afterAll(async () => {
  fuzzer.close();
  await gateway.kill();
  await folder.remove();
});

for (const door of ["ingest", "rest", "graphql"] as const) {
  test(
    `${REQUESTS} nearly right requests to ${door} from seed ${SEED}: no 5xx, no hang, no stall, and the reference's numbers`,
    { timeout: isLong ? 3 * 3_600_000 : 60_000 },
    async () => {
      let [sent, next, toldAt] = [0, SEED, performance.now()];
      const worker = async (): Promise<void> => {
        while (sent < REQUESTS) {
          const seed = next++;
          // Counted before others go on.
          sent += REQUESTS_A_ROUND;
          await fuzzer.round(door, seed);
          const { workedMs, wallMs } = await gateway.stalls();
          if (workedMs > STALL_MS_MAX) throw new Error(`about seed ${seed}: the event loop was held up for ${workedMs} ms`);
          worst = { workedMs: Math.max(worst.workedMs, workedMs), wallMs: Math.max(worst.wallMs, wallMs) };
          if (isLong && performance.now() - toldAt > TOLD_EVERY_MS) {
            toldAt = performance.now();
            tell(`${door}: ${sent} of ${REQUESTS}, ${JSON.stringify(worst)}`);
          }
        }
      };
      let worst = { workedMs: 0, wallMs: 0 };
      await Promise.all(Array.from({ length: WORKERS }, worker));
      expect(gateway.child.exitCode).toBeNull();
      expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
      if (isLong)
        tell(
          `${door}: ${sent} requests, ${JSON.stringify([...fuzzer.counts.statuses])}, ${JSON.stringify({ ...fuzzer.counts, statuses: undefined, worst })}`,
        );
    },
  );
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
