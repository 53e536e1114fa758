import { setImmediate } from "node:timers/promises";
import { Engine, type Limits } from "@segmeter/engine";
import { openSqliteLog } from "@segmeter/event-log/sqlite";
import type { EventLog } from "@segmeter/event-log";
import { pino, type Logger } from "pino";
import { Access } from "./access/access.ts";
import type { Config } from "./config.ts";
import { DASHBOARD_FOLDER } from "./http/dashboard.ts";
import type { Readiness } from "./http/health.ts";
import { createServer } from "./http/server.ts";
import { readTlsFiles } from "./http/tls.ts";
import { Intake } from "./intake.ts";
import { openLivePerson } from "./liveperson/liveperson.ts";
import { Retention } from "./retention.ts";

const PRUNE_EVERY_MS = 10 * 60_000;

export interface GatewayOptions {
  readonly config: Config;
  readonly now?: () => number;
  /** Where the built wallboard lies, if it does. */
  readonly dashboardFolder?: string;
  /** Told when the gateway can no longer be trusted and should be started again. */
  readonly onBroken?: (error: unknown) => void;
}

export interface Gateway {
  /** Where it listens: `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Settles when the whole log is in the engine and every door is open. */
  readonly ready: Promise<void>;
  /** Lets what is under way finish, then closes the log. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the log, listens, and reads the log into the engine; until that is done only the health paths answer.
 *
 * @throws StorageError if the log cannot be opened; ConfigError or AccessError if it could not be told who may ask
 */
export async function startGateway({
  config,
  now = Date.now,
  dashboardFolder = DASHBOARD_FOLDER,
  onBroken,
}: GatewayOptions): Promise<Gateway> {
  const logger = pino({ level: config.logLevel });
  const tls = config.tls && (await readTlsFiles(config.tls));
  const breakDown = (message: string) => (error: unknown) => {
    logger.fatal({ err: error }, message);
    onBroken?.(error);
  };
  const log = await openSqliteLog({
    folder: config.dataDir,
    onLost: breakDown("the event log is out of reach; restart to open it again"),
  });
  const engine = new Engine();
  const intake = new Intake({
    log,
    engine,
    onBroken: breakDown("the engine refused what the log has taken; restart to rebuild it from the log"),
  });
  const retention = new Retention({ log, engine, intake, retentionHours: config.retentionHours, now });
  const readiness: Readiness = { state: "starting", progress: 0 };
  const limits = (): Limits => {
    const nowMs = now();
    return { nowMs, keptSinceMs: retention.keptSinceMs(nowMs) };
  };

  const { access: accessConfig, network, dataDir, host, introspection } = config;
  const access = await orClose(Access.open({ config: accessConfig, dataDir, host, logger, now }), log);
  const liveperson = await orClose(
    openLivePerson({ config: config.liveperson, dataDir, retentionHours: config.retentionHours, now, logger }),
    access,
    log,
  );
  const app = await createServer({
    liveperson,
    engine,
    intake,
    log,
    dataDir,
    introspection,
    readiness,
    limits,
    logger,
    access,
    network,
    tls,
    dashboardFolder,
  });
  app.addHook("onClose", async () => access.close());
  app.addHook("onClose", () => liveperson.close());
  const url = await orClose(app.listen({ port: config.port, host }), app, log);
  const pruning = schedulePruning(retention, logger);
  const ready = replay(log, engine, retention.keptSinceMs(now()), readiness, logger).then(() => pruning.start());
  // Whoever waits for it learns of a failure; nobody has to.
  ready.catch(() => undefined);

  return {
    url,
    ready,
    close: async () => {
      readiness.state = "stopping";
      await pruning.stop();
      await ready.catch(() => undefined);
      await app.close();
      await intake.drain();
      await log.close();
      logger.info("stopped");
    },
  };
}

/** Whatever was opened before something that fails is closed again. */
async function orClose<Result>(work: Promise<Result>, ...opened: readonly { close: () => unknown }[]): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    for (const each of opened) await each.close();
    throw error;
  }
}

/** Folds everything that the log holds, while the log reads on. */
async function replay(log: EventLog, engine: Engine, keptSinceMs: number, readiness: Readiness, logger: Logger): Promise<void> {
  const begin = performance.now();
  const { eventCount, conversationCount } = await log.size();
  let readCount = 0;
  engine.forget(keptSinceMs);
  for await (const histories of log.readAll()) {
    if (readiness.state === "stopping") return;
    engine.load(histories);
    for (const { events } of histories) readCount += events.length;
    readiness.progress = readCount / Math.max(eventCount, readCount, 1);
    // Health answers in between.
    await setImmediate();
  }
  for (const _ of engine.finishLoading()) await setImmediate();
  if (readiness.state === "stopping") return;
  readiness.progress = 1;
  readiness.state = "ready";
  logger.info({ events: readCount, conversations: conversationCount, durationMs: Math.round(performance.now() - begin) }, "ready");
}

/** Prunes at once and then every ten minutes, never twice at the same time. */
function schedulePruning(retention: Retention, logger: Logger): { start: () => void; stop: () => Promise<void> } {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      const removedCount = await retention.prune(stopping.signal);
      if (removedCount > 0) logger.info({ conversations: removedCount }, "pruned");
    } catch (error) {
      logger.error({ err: error }, "pruning failed; it is tried again");
    }
    if (!stopping.signal.aborted) timer = setTimeout(start, PRUNE_EVERY_MS);
  };
  const start = (): void => {
    if (!stopping.signal.aborted) running = run();
  };
  return {
    start,
    stop: () => {
      stopping.abort();
      clearTimeout(timer);
      return running;
    },
  };
}
