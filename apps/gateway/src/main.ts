import { StorageError } from "@segmeter/event-log";
import { AccessError } from "./access/access.ts";
import { ConfigError, readConfig } from "./config.ts";
import { startGateway } from "./gateway.ts";

/** How long a stopping gateway waits for what is under way. */
const STOP_MS_MAX = 10_000;

try {
  const gateway = await startGateway({ config: readConfig(process.env), onBroken: () => process.exit(1) });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop(gateway.close));
  await gateway.ready;
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof AccessError || error instanceof StorageError || isListenError(error))) throw error;
  process.stderr.write(`segmeter: ${isListenError(error) ? "HOST, PORT: " : ""}${error.message}\n`);
  process.exit(1);
}

async function stop(close: () => Promise<void>): Promise<void> {
  setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
  await close();
  process.exit(0);
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && (error.syscall === "listen" || error.syscall === "getaddrinfo");
}
