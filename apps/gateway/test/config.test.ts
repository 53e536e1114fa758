import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClusterConfig } from "../src/config.ts";
import { ConfigError, readConfig, type Config } from "../src/index.ts";
import { EVERY_ACCOUNT } from "../src/share.ts";
import { runGateway } from "./gateway-process.ts";
import { createTestFolder, startTestGateway } from "./test-gateway.ts";

type Environment = Readonly<Record<string, string>>;

const DEFAULTS: Config = {
  port: 4000,
  host: "127.0.0.1",
  dataDir: "data",
  retentionHours: 72,
  logLevel: "info",
  engineThreads: null,
  access: { mode: "auto", tokens: null, requestsPerSecond: 100 },
  tls: null,
  network: { trustedProxies: [], corsOrigins: [] },
  introspection: true,
  trustedDocuments: [],
  liveperson: { webhookSecrets: new Map(), publicHost: null, oauthKeysFile: null },
  tracing: null,
  cluster: null,
};

const CLUSTER: ClusterConfig = {
  nats: { urls: ["nats://a"], credsFile: undefined, caFile: undefined, certFile: undefined, keyFile: undefined },
  streamName: "segmeter",
  replicas: 3,
  share: EVERY_ACCOUNT,
};

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
    [{ ENGINE_THREADS: "0" }, { engineThreads: 0 }],
    [{ ENGINE_THREADS: "63" }, { engineThreads: 63 }],
    [{ INTROSPECTION: "off" }, { introspection: false }],
    [
      { LIVEPERSON_WEBHOOK_SECRETS: "a=s,b=t=u=" },
      {
        liveperson: {
          ...DEFAULTS.liveperson,
          webhookSecrets: new Map([
            ["a", "s"],
            ["b", "t=u="],
          ]),
        },
      },
    ],
    [
      { OAUTH_KEYS_FILE: "keys.json" },
      { access: { ...DEFAULTS.access, mode: "required" }, liveperson: { ...DEFAULTS.liveperson, oauthKeysFile: "keys.json" } },
    ],
    [{ PUBLIC_HOST: "metrics.example.com:8443" }, { liveperson: { ...DEFAULTS.liveperson, publicHost: "metrics.example.com:8443" } }],
    [{ NATS_URL: "nats://a:4222,tls://b" }, { cluster: { ...CLUSTER, nats: { ...CLUSTER.nats, urls: ["nats://a:4222", "tls://b"] } } }],
    [
      {
        NATS_URL: "nats://a",
        NATS_STREAM: "other",
        NATS_REPLICAS: "1",
        NATS_CREDS: "c",
        NATS_CA: "ca",
        NATS_CERT: "cert",
        NATS_KEY: "key",
      },
      {
        cluster: {
          ...CLUSTER,
          nats: { urls: ["nats://a"], credsFile: "c", caFile: "ca", certFile: "cert", keyFile: "key" },
          streamName: "other",
          replicas: 1,
        },
      },
    ],
    [{ RATE_LIMIT: "5" }, { access: { ...DEFAULTS.access, requestsPerSecond: 5 } }],
    [{ ACCESS: "open" }, { access: { ...DEFAULTS.access, mode: "open" } }],
    [{ ACCESS: "required" }, { access: { ...DEFAULTS.access, mode: "required" } }],
    ...["https://issuer.test/jwks", "http://127.0.0.1:1/jwks", "http://[::1]/jwks", "/etc/jwks.json"].map(
      (jwks): [Environment, Partial<Config>] => [
        { JWT_JWKS: jwks, JWT_ISSUER: "i", JWT_AUDIENCE: "a", JWT_CLAIM_PREFIX: "p/" },
        { access: { ...DEFAULTS.access, tokens: { jwks, issuer: "i", audience: "a", claimPrefix: "p/" } } },
      ],
    ),
    [{ TLS_CERT: "c", TLS_KEY: "k" }, { tls: { certFile: "c", keyFile: "k" } }],
    [{ TRUSTED_PROXIES: "10.0.0.0/8,::1" }, { network: { trustedProxies: ["10.0.0.0/8", "::1"], corsOrigins: [] } }],
    [
      { CORS_ORIGINS: "https://a.test,http://b.test:81" },
      { network: { trustedProxies: [], corsOrigins: ["https://a.test", "http://b.test:81"] } },
    ],
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
    [{ RATE_LIMIT: "0" }, 'RATE_LIMIT: expected a whole number, 1 to 1000000, got "0"'],
    [{ ACCESS: "none" }, 'ACCESS: expected one of auto, open, required, got "none"'],
    [{ JWT_JWKS: "/jwks" }, "JWT_ISSUER, JWT_AUDIENCE: expected with JWT_JWKS, got nothing"],
    [{ JWT_ISSUER: "i", JWT_AUDIENCE: "a" }, "JWT_JWKS: expected with JWT_ISSUER and JWT_AUDIENCE, got nothing"],
    [{ TLS_KEY: "k" }, "TLS_CERT: expected with TLS_KEY, got nothing"],
    [
      { JWT_JWKS: "http://issuer.test/jwks", JWT_ISSUER: "i", JWT_AUDIENCE: "a" },
      "JWT_JWKS: expected an https URL, or the path of a file; http only on this machine",
    ],
    ...["proxy.test", "10.0.0.0/33", "10.0.0.0/", "10.0.0.1,", "all", "10.0.0.0/8/8"].map((proxies): [Environment, string] => [
      { TRUSTED_PROXIES: proxies },
      `TRUSTED_PROXIES: expected addresses or networks such as 10.0.0.0/8, comma separated, got ${JSON.stringify(proxies.split(",").at(-1))}`,
    ]),
    ...["*", "a.test", "https://a.test/", "https://a.test/x", "null"].map((origin): [Environment, string] => [
      { CORS_ORIGINS: origin },
      `CORS_ORIGINS: expected origins such as https://example.com, comma separated, got ${JSON.stringify(origin)}`,
    ]),
    ...["localhost:4222", "http://a", "nats://u:secret@a,x"].map((urls): [Environment, string] => [
      { NATS_URL: urls },
      `NATS_URL: expected URLs such as nats://host:4222, comma separated; entry ${urls.split(",").length} is none`,
    ]),
    [{ NATS_URL: "nats://a", NATS_KEY: "k" }, "NATS_CERT: expected with NATS_KEY, got nothing"],
    [{ NATS_URL: "nats://a", NATS_STREAM: "a.b" }, "NATS_STREAM: expected 1 to 32 letters, digits, _ or -"],
    [{ ACCOUNTS: "a" }, "NATS_URL: expected with ACCOUNTS, got nothing"],
    ...["0/3", "4/3", "1/0", "a,,b", "a b", "1/1001"].map((held): [Environment, string] => [
      { NATS_URL: "nats://a", ACCOUNTS: held },
      `ACCOUNTS: expected accounts, comma separated, or a share such as 1/3, got ${JSON.stringify(held)}`,
    ]),
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
    expect(await run({ HOST: "192.0.2.1", ACCESS: "open" })).toBe("HOST, PORT: listen EADDRNOTAVAIL: address not available 192.0.2.1");
  });

  test("an address that others reach, and no credentials", async () => {
    expect(await run({ HOST: "0.0.0.0" })).toBe(
      'HOST: "0.0.0.0" is no loopback address, and there are no credentials; create a key with "segmeter keys create", set JWT_JWKS, or say ACCESS=open',
    );
  });

  test("a certificate that cannot be read, or is none", async () => {
    const path = join(folder.path, "certificate");
    expect(await run({ TLS_CERT: path, TLS_KEY: path })).toBe(`TLS_CERT, TLS_KEY: ENOENT: no such file or directory, open '${path}'`);
    await writeFile(path, "no certificate");
    expect(await run({ TLS_CERT: path, TLS_KEY: path })).toMatch(/^TLS_CERT, TLS_KEY: .*PEM/);
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
