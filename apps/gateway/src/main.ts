import { defaultHelperCount, startHelpers } from "@segmeter/engine-threads";
import { StorageError } from "@segmeter/event-log";
import { pino } from "pino";
import { AccessError } from "./access/access.ts";
import { ConfigError, readConfig, type Config } from "./config.ts";
import { startGateway } from "./gateway.ts";

/** How long a stopping gateway waits for what is under way. */
const STOP_MS_MAX = 10_000;

try {
  const config = readConfig(process.env);
  helpEngine(config);
  const gateway = await startGateway({ config, onBroken: () => process.exit(1) });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop(gateway.close));
  await gateway.ready;
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof AccessError || error instanceof StorageError || isListenError(error))) throw error;
  process.stderr.write(`segmeter: ${isListenError(error) ? "HOST, PORT: " : ""}${error.message}\n`);
  process.exit(1);
}

/** The threads end with the process. */
function helpEngine({ engineThreads, logLevel }: Config): void {
  const helperCount = engineThreads ?? defaultHelperCount();
  if (helperCount === 0) return;
  const logger = pino({ level: logLevel });
  startHelpers({ helperCount, onLost: (error) => logger.warn({ err: error }, "large answers are computed by one thread from now on") });
}

async function stop(close: () => Promise<void>): Promise<void> {
  setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
  await close();
  process.exit(0);
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && (error.syscall === "listen" || error.syscall === "getaddrinfo");
}
