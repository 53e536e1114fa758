import { z } from "zod";

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const RETENTION_HOURS_MIN = 24;
/** Ten years. */
const RETENTION_HOURS_MAX = 24 * 366 * 10;

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** Infinity: everything is kept. */
  readonly retentionHours: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

const whole = (from: number, to: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> =>
  z.string().transform((text, context) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= from && value <= to) return value;
    context.addIssue(`expected a whole number, ${from} to ${to}, got ${JSON.stringify(text)}`);
    return z.NEVER;
  });

const retentionHours = z.union([z.literal("all").transform(() => Infinity), whole(RETENTION_HOURS_MIN, RETENTION_HOURS_MAX)], {
  error: ({ input }) =>
    `expected a whole number of hours, ${RETENTION_HOURS_MIN} to ${RETENTION_HOURS_MAX}, or "all", got ${JSON.stringify(input)}`,
});

const ENVIRONMENT = z.object({
  PORT: whole(0, 65_535).prefault("4000"),
  HOST: z.string().prefault("127.0.0.1"),
  DATA_DIR: z.string().prefault("data"),
  RETENTION_HOURS: retentionHours.prefault("72"),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: ({ input }) => `expected one of ${LOG_LEVELS.join(", ")}, got ${JSON.stringify(input)}` })
    .prefault("info"),
});

/** A wrong environment variable; the message names each one, what was expected and what came. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the configuration from the environment; an empty variable counts as one that is not set.
 *
 * @throws ConfigError
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = ENVIRONMENT.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
  const { PORT, HOST, DATA_DIR, RETENTION_HOURS, LOG_LEVEL } = parsed.data;
  return { port: PORT, host: HOST, dataDir: DATA_DIR, retentionHours: RETENTION_HOURS, logLevel: LOG_LEVEL };
}
