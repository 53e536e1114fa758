import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer, NATS_MISSING, NatsServers } from "@segmeter/nats-servers";
import { afterAll, beforeAll, describe } from "vitest";

const isMissing = findNatsServer() === null;

/** Tests that share one nats-server; where there is none they say so, and count as skipped. */
export function describeWithNats(name: string, tests: (urls: () => string[]) => void): void {
  describe.skipIf(isMissing)(`${name}${isMissing ? `: ${NATS_MISSING}` : ""}`, () => {
    let folder: string;
    let servers: NatsServers;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "segmeter-nats-"));
      servers = await NatsServers.start({ count: 1, folder });
    });
    afterAll(async () => {
      await servers.close();
      await rm(folder, { recursive: true, force: true });
    });
    tests(() => servers.urls);
  });
}
