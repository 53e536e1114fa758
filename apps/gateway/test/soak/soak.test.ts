import { expect, test } from "vitest";
import { isWhole, toText } from "./report.ts";
import { soak } from "./soak.ts";

const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));

test.runIf(process.platform === "linux")(
  `a mixed load through two kills loses nothing, takes nothing twice, and gives the reference's numbers, from seed ${SEED}`,
  { timeout: 120_000 },
  async () => {
    const report = await soak({
      seed: SEED,
      capacityMs: 1_000,
      durationMs: 5_000,
      killCount: 2,
      subscriptionCount: 8,
      tell: () => undefined,
    });
    expect(toText(report)).toMatch(/\*\*lost\*\* \| 0 \|\n\| \*\*double\*\* \| 0 \|/);
    expect([isWhole(report), report.load.recoveriesMs.length, report.log.examples]).toEqual([true, 2, []]);
    const { ingest, rest, graphql, pushed } = report.load;
    expect([ingest.answered, rest.answered, graphql.answered, pushed.answeredCount].every((count) => count > 0)).toBe(true);
  },
);
