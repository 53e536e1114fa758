import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, readConfig, type Config } from "../src/index.ts";
import { runGateway } from "./gateway-process.ts";
import { createTestFolder, startTestGateway } from "./test-gateway.ts";

type Environment = Readonly<Record<string, string>>;

const DEFAULTS: Config = { port: 4000, host: "127.0.0.1", dataDir: "data", retentionHours: 72, logLevel: "info" };

describe("the configuration", () => {
  const TAKEN: readonly (readonly [Environment, Partial<Config>])[] = [
    [{}, {}],
    [{ PORT: "", HOST: "", DATA_DIR: "", RETENTION_HOURS: "", LOG_LEVEL: "" }, {}],
    [{ PORT: "0" }, { port: 0 }],
    [{ PORT: "65535" }, { port: 65_535 }],
    [{ HOST: "::1" }, { host: "::1" }],
    [{ DATA_DIR: "/a b/ü" }, { dataDir: "/a b/ü" }],
    [{ RETENTION_HOURS: "24" }, { retentionHours: 24 }],
    [{ RETENTION_HOURS: "87840" }, { retentionHours: 87_840 }],
    [{ RETENTION_HOURS: "all" }, { retentionHours: Infinity }],
    ...(["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const).map((level): [Environment, Partial<Config>] => [
      { LOG_LEVEL: level },
      { logLevel: level },
    ]),
    [{ PATH: "/bin", port: "1", PORTS: "x" }, {}],
  ];
  for (const [environment, config] of TAKEN) {
    test(`takes ${JSON.stringify(environment)}`, () => expect(readConfig(environment)).toEqual({ ...DEFAULTS, ...config }));
  }

  const NO_PORT = "PORT: expected a whole number, 0 to 65535, got ";
  const NO_RETENTION = 'RETENTION_HOURS: expected a whole number of hours, 24 to 87840, or "all", got ';
  const NO_LEVEL = "LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent, got ";
  const REFUSED: readonly (readonly [Environment, string])[] = [
    ...["65536", "-1", "80.5", "4e3", "0x50", " 80", "eighty", "٨٠"].map((port): [Environment, string] => [
      { PORT: port },
      NO_PORT + JSON.stringify(port),
    ]),
    ...["23", "0", "-72", "87841", "ALL", "72h", "Infinity"].map((hours): [Environment, string] => [
      { RETENTION_HOURS: hours },
      NO_RETENTION + JSON.stringify(hours),
    ]),
    ...["INFO", "loud", "toString"].map((level): [Environment, string] => [{ LOG_LEVEL: level }, NO_LEVEL + JSON.stringify(level)]),
    [{ PORT: "x", RETENTION_HOURS: "x", LOG_LEVEL: "x" }, `${NO_PORT}"x"; ${NO_RETENTION}"x"; ${NO_LEVEL}"x"`],
  ];
  for (const [environment, message] of REFUSED) {
    test(`refuses ${JSON.stringify(environment)}`, () => expect(() => readConfig(environment)).toThrow(new ConfigError(message)));
  }
});

describe("a gateway that cannot start says why in one line, and ends with status 1:", () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  beforeAll(async () => (folder = await createTestFolder()));
  afterAll(() => folder.remove());

  test("a wrong variable", async () => {
    expect(await run({ PORT: "x" })).toBe('PORT: expected a whole number, 0 to 65535, got "x"');
  });

  test("two of them", async () => {
    expect(await run({ RETENTION_HOURS: "1", LOG_LEVEL: "loud" })).toMatch(
      /^RETENTION_HOURS: expected .*, got "1"; LOG_LEVEL: expected .*, got "loud"$/,
    );
  });

  test("a port in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    expect(await run({ PORT: String(port) })).toBe(`HOST, PORT: listen EADDRINUSE: address already in use 127.0.0.1:${port}`);
    other.close();
  });

  test("a host that is not this machine's", async () => {
    expect(await run({ HOST: "192.0.2.1" })).toBe("HOST, PORT: listen EADDRNOTAVAIL: address not available 192.0.2.1");
  });

  test("a file in place of the data folder, or of one above it", async () => {
    const path = join(folder.path, "file");
    await writeFile(path, "");
    for (const DATA_DIR of [path, join(path, "below")])
      expect(await run({ DATA_DIR })).toContain(`${DATA_DIR}/events.sqlite could not be read or written`);
  });

  test("a data folder that another gateway uses", async () => {
    const dataDir = join(folder.path, "used");
    const gateway = await startTestGateway({ dataDir });
    expect(await run({ DATA_DIR: dataDir })).toContain(`${dataDir}/events.sqlite is in use: another process has it open`);
    expect((await gateway.get("/readyz")).status).toBe(200);
    await gateway.close();
  });

  test("something else in place of the log, which it leaves as it is", async () => {
    const dataDir = join(folder.path, "other");
    await mkdir(dataDir);
    await writeFile(join(dataDir, "events.sqlite"), "no log at all".repeat(100));
    expect(await run({ DATA_DIR: dataDir })).toContain(`${dataDir}/events.sqlite is not an event log`);
  });

  async function run(environment: Environment): Promise<string> {
    const { exitCode, stderr } = await runGateway({ DATA_DIR: join(folder.path, "data"), LOG_LEVEL: "silent", ...environment });
    expect(exitCode).toBe(1);
    const [, message] = /^segmeter: (.*)\n$/.exec(stderr) ?? [];
    expect(message, stderr).toBeDefined();
    return message!;
  }
});
