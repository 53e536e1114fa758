import { basename } from "node:path";
import { JetStreamLog } from "../src/jetstream/index.ts";
import { describeEventLog } from "./event-log-suite.ts";
import { describeWithNats } from "./nats.ts";

describeWithNats("with one nats-server", (urls) => {
  describeEventLog("the log on JetStream", async (path) => {
    const log = await JetStreamLog.open({
      folder: path,
      nats: { urls: urls() },
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
