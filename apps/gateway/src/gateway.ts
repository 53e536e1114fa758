import { join } from "node:path";
import type { Server as TlsServer } from "node:tls";
import type { Limits } from "@segmeter/engine";
import { openSqliteLog } from "@segmeter/event-log/sqlite";
import type { JetStreamLog } from "@segmeter/event-log/jetstream";
import { pino, type Logger } from "pino";
import { Access } from "./access/access.ts";
import type { Config } from "./config.ts";
import { DASHBOARD_FOLDER } from "./http/dashboard.ts";
import { TrustedDocuments } from "./graphql/trusted-documents.ts";
import type { Readiness } from "./http/health.ts";
import { createServer } from "./http/server.ts";
import { followTlsFiles, readTlsFiles } from "./http/tls.ts";
import { ImageKeeper } from "./image/image-keeper.ts";
import { begin, restoreEngine } from "./image/restored-engine.ts";
import { Intake } from "./intake.ts";
import { openLivePerson } from "./liveperson/liveperson.ts";
import { Repeating } from "./repeating.ts";
import { replay } from "./replay.ts";
import { keptSinceMs, Retention } from "./retention.ts";
import { EVERY_ACCOUNT } from "./share.ts";
import type { StreamLogOptions } from "./stream-log.ts";
import { readingsOfFolder } from "./telemetry/data-folder.ts";
import { Instruments } from "./telemetry/instruments.ts";
import { readingsOf, readingsOfStream } from "./telemetry/readings.ts";
import { nameRequests, trust } from "./telemetry/request-id.ts";
import type { Tracing, TracingOptions } from "./telemetry/tracing.ts";

/** Connections that the system holds until they are taken: many come at once when a gateway has started again. */
const BACKLOG = 4_096;
const PRUNE_EVERY_MS = 10 * 60_000;
const IMAGE_FILE = "engine.image";
const LOOK_FOR_IMAGE_EVERY_MS = 60_000;
/** Fewer are read as fast as an image of them. */
const IMAGE_EVENTS_MIN = 2_000;
/** A stop that has lasted so long is not made longer by an image. */
const LAST_IMAGE_MS_MAX = 7_000;

export interface GatewayOptions {
  readonly config: Config;
  readonly now?: () => number;
  /** Where the built wallboard lies, if it does. */
  readonly dashboardFolder?: string;
  /** The engine's image is written at the end if so many events have come since the one before. */
  readonly imageEventsMin?: number;
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
  imageEventsMin = IMAGE_EVENTS_MIN,
  onBroken,
}: GatewayOptions): Promise<Gateway> {
  const logger = pino({ level: config.logLevel });
  const tls = config.tls && (await readTlsFiles(config.tls));
  const trustedDocuments = config.trustedDocuments.length === 0 ? null : await TrustedDocuments.read(config.trustedDocuments);
  const breakDown = (message: string) => (error: unknown) => {
    logger.fatal({ err: error }, message);
    onBroken?.(error);
  };
  const onLost = breakDown("the event log is out of reach; restart to open it again");
  const { dataDir, retentionHours } = config;
  const onPeriod = async (startMs: number): Promise<void> => void (await retention.pruneAt(startMs));
  const imagePath = join(dataDir, IMAGE_FILE);
  // While the log is checked, on its own thread.
  const restoring = restoreEngine(imagePath);
  const stream = config.cluster && (await openStream({ config: config.cluster, dataDir, retentionHours, logger, onPeriod, onLost }));
  const log = stream ?? (await openSqliteLog({ folder: dataDir, onLost }));
  const keptAtStartMs = keptSinceMs(retentionHours, now());
  const { engine, mark, changes } = await orClose(begin(await restoring, imagePath, log, keptAtStartMs, logger), log);
  const instruments = new Instruments();
  const isTrusted = trust(config.network.trustedProxies);
  const tracing = await orClose(openTracing(config.tracing, logger, isTrusted), log);
  const intake = new Intake({
    log,
    engine,
    onBroken: breakDown("the engine refused what the log has taken; restart to rebuild it from the log"),
    onTurn: (turn) => {
      instruments.onTurn(turn);
      tracing?.onTurn(turn);
    },
  });
  const retention = new Retention({ log, engine, intake, retentionHours, now });
  const readiness: Readiness = { state: "starting", doing: "the event log is being read", progress: 0 };
  const limits = (): Limits => {
    const nowMs = now();
    return { nowMs, keptSinceMs: retention.keptSinceMs(nowMs) };
  };

  instruments.addReadings([
    ...readingsOf(engine, intake, readiness),
    ...(stream ? readingsOfStream(stream) : []),
    ...(await readingsOfFolder(dataDir)),
  ]);

  const { access: accessConfig, network, host, introspection } = config;
  const access = await orClose(Access.open({ config: accessConfig, dataDir, host, logger, now }), log);
  const liveperson = await orClose(openLivePerson({ config: config.liveperson, dataDir, retentionHours, now, logger }), access, log);
  const app = await createServer({
    liveperson,
    engine,
    intake,
    log,
    stream,
    share: config.cluster?.share ?? EVERY_ACCOUNT,
    dataDir,
    introspection,
    trustedDocuments,
    readiness,
    limits,
    logger,
    access,
    network,
    tls,
    dashboardFolder,
    telemetry: { instruments, tracing, nameRequest: nameRequests(isTrusted) },
  });
  app.addHook("onClose", async () => access.close());
  app.addHook("onClose", () => liveperson.close());
  if (config.tls && tls) {
    const following = await followTlsFiles(config.tls, tls, app.server as object as TlsServer, logger);
    app.addHook("onClose", async () => following.close());
  }
  // Fastify would open a second server for what else this name stands for, without the bounds of the first.
  const address = host === "localhost" ? "127.0.0.1" : host;
  const url = await orClose(app.listen({ port: config.port, host: address, backlog: BACKLOG }), app, log);
  const prune = async (pruningStops: AbortSignal): Promise<void> => {
    const removedCount = await retention.prune(pruningStops);
    if (removedCount > 0) logger.info({ conversations: removedCount }, "pruned");
  };
  // In a cluster conversations go when the stream says so, so that they go everywhere between the same two events.
  const forget = async (): Promise<void> => void retention.forget();
  const pruning = new Repeating(PRUNE_EVERY_MS, logger, "pruning", stream === null ? prune : forget);
  const images = new ImageKeeper({ path: imagePath, log, engine, intake, logger, mark });
  const imaging = new Repeating(LOOK_FOR_IMAGE_EVERY_MS, logger, "writing the engine's image", (stopsNow) => images.writeIfDue(stopsNow));
  let isEngineWhole = false;
  const stopping = new AbortController();
  const ready = start();
  // Whoever waits for it learns of a failure; nobody has to.
  ready.catch(() => undefined);

  return {
    url,
    ready,
    close: async () => {
      const noImage = AbortSignal.timeout(LAST_IMAGE_MS_MAX);
      readiness.state = "stopping";
      stopping.abort();
      await pruning.stop();
      await ready.catch(() => undefined);
      await app.close();
      await intake.drain();
      await imaging.stop();
      if (isEngineWhole) await writeLastImage(noImage);
      await log.close();
      await tracing?.close();
      logger.info("stopped");
    },
  };

  async function start(): Promise<void> {
    const beganMs = performance.now();
    await replay({ log, engine, changes, keptSinceMs: retention.keptSinceMs(now()), readiness });
    if (stream) await catchUp(stream, intake, readiness, stopping.signal);
    if (readiness.state === "stopping") return;
    Object.assign(readiness, { state: "ready", progress: 1 });
    const { eventCount: events, conversationCount: conversations } = await log.size();
    const readFrom = changes === null ? "log" : "image";
    logger.info({ events, conversations, readFrom, durationMs: Math.round(performance.now() - beganMs) }, "ready");
    isEngineWhole = true;
    pruning.start();
    imaging.start();
  }

  async function writeLastImage(noImage: AbortSignal): Promise<void> {
    try {
      await images.writeAfter(imageEventsMin, noImage);
    } catch (error) {
      logger.error({ err: error }, "the engine's image could not be written; the next start reads more of the log");
    }
  }
}

/** Only a node of a cluster needs what it is made of. */
async function openStream(options: StreamLogOptions): Promise<JetStreamLog> {
  const { openStreamLog } = await import("./stream-log.ts");
  return openStreamLog(options);
}

/** What it needs is not read where no traces are asked for. */
async function openTracing(config: Config["tracing"], logger: Logger, isTrusted: TracingOptions["isTrusted"]): Promise<Tracing | null> {
  if (config === null) return null;
  const { Tracing } = await import("./telemetry/tracing.ts");
  return new Tracing({ ...config, logger, isTrusted });
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

const CATCH_UP_LOOK_MS = 100;

/** Takes everything that the stream holds now, and follows it from then on. */
async function catchUp(stream: JetStreamLog, intake: Intake, readiness: Readiness, stopping: AbortSignal): Promise<void> {
  const startPosition = stream.position;
  Object.assign(readiness, { doing: "this node is catching up with the stream", progress: 0 });
  const looking = setInterval(() => {
    const { streamPosition } = stream.state;
    readiness.progress = (stream.position - startPosition) / Math.max(streamPosition - startPosition, 1);
  }, CATCH_UP_LOOK_MS);
  try {
    await stream.catchUp(stopping);
    // What is stored is in the answers a moment later.
    const { position } = stream;
    while (!stopping.aborted && !(await intake.reaches(position, CATCH_UP_LOOK_MS)));
  } finally {
    clearInterval(looking);
  }
}
