import { setTimeout as delay } from "node:timers/promises";
import { findNatsServer, NATS_MISSING } from "@segmeter/nats-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Service } from "./cluster-load.ts";
import { TestCluster } from "./cluster.ts";
import { canMakeNamespaces, Namespace } from "./namespace.ts";

const isMissing = findNatsServer() === null;
const isLong = process.env["LONG"] === "1";
const ROUNDS = isLong ? 10 : 1;
const BEFORE_MS = isLong ? 2_000 : 300;
const AFTER_MS = isLong ? 15_000 : 1_000;

describe.skipIf(isMissing)(`three gateways on three nats-servers, under load${isMissing ? `: ${NATS_MISSING}` : ""}`, () => {
  const hasNamespaces = canMakeNamespaces();
  let namespace: Namespace | null = null;
  let cluster: TestCluster;

  beforeAll(async () => {
    namespace = hasNamespaces ? await Namespace.create() : null;
    cluster = await TestCluster.start(
      namespace === null ? {} : { hosts: [namespace.outside, namespace.outside, namespace.inside], through: [[], [], namespace.command] },
    );
  }, 60_000);
  afterAll(async () => {
    await cluster?.close();
    await namespace?.remove();
  });

  for (let round = 1; round <= ROUNDS; round++) {
    const suffix = ROUNDS === 1 ? "" : `, round ${round}`;
    const survives = (name: string, fail: () => Promise<() => Promise<void>>): void => {
      test(
        `every acknowledged event counts once on every node, and all answer alike, after ${name}${suffix}`,
        { timeout: 120_000 },
        async () => {
          let heal: (() => Promise<void>) | null = null;
          const service = await cluster.load.during(cluster.urls, cluster.question, async () => {
            await delay(BEFORE_MS);
            heal = await fail();
            await delay(AFTER_MS);
          });
          tell(name, service);
          await heal!();
          await cluster.expectWhole();
          if (isLong) await cluster.expectContract(round % 3);
        },
      );
    };

    survives("the stream's leader is killed", async () => {
      const { leader } = await cluster.leaderAndFollower();
      await cluster.servers.kill(leader);
      return () => cluster.servers.startAgain(leader);
    });

    survives("one of its followers is killed", async () => {
      const { follower } = await cluster.leaderAndFollower();
      await cluster.servers.kill(follower);
      return () => cluster.servers.startAgain(follower);
    });

    survives("a gateway is killed", async () => {
      await cluster.killGateway(0);
      return () => cluster.startGateway(0);
    });

    survives("two gateways are killed", async () => {
      await Promise.all([cluster.killGateway(1), cluster.killGateway(2)]);
      return async () => void (await Promise.all([cluster.startGateway(1), cluster.startGateway(2)]));
    });

    describe.skipIf(!hasNamespaces)(hasNamespaces ? "by its network" : "by its network: this machine makes no network namespaces", () => {
      survives("one server is cut off", async () => {
        namespace!.cut();
        return async () => namespace!.mend();
      });
    });
  }

  test("the contract's cases pass on every node", { timeout: 120_000 }, async () => {
    for (const index of cluster.urls.keys()) await cluster.expectContract(index);
  });
});

/** How long there was no service is shown, and never judged. */
function tell(name: string, { writesMissedMs, readsMissedMs }: Service): void {
  expect(readsMissedMs).toBeGreaterThan(0);
  if (isLong)
    process.stderr.write(
      `${name}: nothing acknowledged for ${Math.round(writesMissedMs)} ms, nothing answered for ${Math.round(readsMissedMs)} ms\n`,
    );
}
