import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { findNatsServer, NATS_MISSING, NatsServers } from "@segmeter/nats-servers";
import { afterAll, beforeAll, describe } from "vitest";
import { JetStreamLog } from "../src/jetstream/index.ts";
import { describeEventLog } from "./event-log-suite.ts";

const isMissing = findNatsServer() === null;

describe.skipIf(isMissing)(`with one nats-server${isMissing ? `: ${NATS_MISSING}` : ""}`, () => {
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

  describeEventLog("the log on JetStream", async (path) => {
    const log = await JetStreamLog.open({
      folder: path,
      nats: { urls: servers.urls },
      stream: { name: basename(path), replicas: 1, keptMs: Infinity },
      periodMs: 600_000,
      share: { text: "all", holds: () => true },
      onTrouble: (error, message) => {
        throw new Error(message, { cause: error });
      },
      onLost: (error) => {
        throw error;
      },
    });
    await log.catchUp();
    return log;
  });
});
